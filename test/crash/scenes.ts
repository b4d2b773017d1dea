/**
 * What is played on the gateway while it dies: letters out, letters in, letters that stay, letters that come back. Each scene says what
 * must be where at the end, and each of it once; plays in rounds, so that what happens once a call happens again.
 */
import type { Isp, IspOptions } from '../journey/isp.ts'
import { boxTables, type Hub, imapTable, masqueradeTable, smarthostTable } from '../journey/hub.ts'
import { arrivedAt, type Sample, sample } from '../journey/letters.ts'
import type { Gateway } from './gateway.ts'
import type { Lmtpd } from './lmtpd.ts'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Stage = { readonly hub: Hub; readonly isp: Isp; readonly lmtpd: Lmtpd; readonly gateway: Gateway }

export type Scene = {
  readonly isp: IspOptions
  /** Settings; no smarthost and no boxes unless the scene is about them, so that each instant is said by one file alone. */
  readonly tables: (isp: Isp, lmtpd: Lmtpd) => string
  readonly aliases?: string
  play(stage: Stage): Promise<void>
  /** `linda@far.example letter` or `eddy letter` → the letter's body; undefined where only the name counts. */
  readonly wanted: ReadonlyMap<string, string | undefined>
  /** What has arrived, in the same words. */
  found(stage: Stage): readonly Found[]
}

export type Found = { readonly key: string; readonly body: string }

const rounds = [1, 2, 3]
const far = (name: string): string => `${name}@far.example`
const near = (name: string): string => `${name}@shire.lan`

/** More than a record of the spool holds (64 KB), and more than one chunk of the smarthost's window. */
const large = 100_000

const outgoing = rounds.map((round) => [
  sample(`short-${round}`, { to: [far('linda')] }),
  sample(`long-${round}`, { to: [far('bob')], size: round === 2 ? large : 13_000 }),
  sample(`many-${round}`, { to: [far('linda'), far('bob'), near('eddy')], size: 3000 }),
])

const leaving: Omit<Scene, 'isp' | 'tables'> = {
  async play({ gateway }) {
    for (const letters of outgoing) {
      for (const letter of letters) await gateway.submit(letter)
      await gateway.call(() => true)
    }
  },
  wanted: wantedOf(outgoing.flat()),
  found: (stage) => [...atSmarthost(stage), ...inMboxes(stage)],
}

const multidrop = (name: string): string => `${name}@shofar.isp.example`

const incoming = rounds.map((round) => ({
  work: [
    sample(`work-${round}`, { from: far('boss'), to: ['eddy.younger@isp.example'] }),
    sample(`report-${round}`, { from: far('boss'), to: ['eddy.younger@isp.example'], size: round === 2 ? large : 20_000 }),
  ],
  shofar: [
    sample(`nelug-${round}`, { from: far('list'), to: [multidrop('nelug')] }),
    sample(`keith-${round}`, { from: far('list'), to: [multidrop('keith')], size: 6000 }),
    sample(`both-${round}`, { from: far('list'), to: [multidrop('keith'), multidrop('root')], size: 1500 }),
  ],
}))

const arriving: Scene = {
  isp: {},
  tables: ({ near }) => boxTables(near.pop3),
  async play({ gateway, isp }) {
    for (const { work, shofar } of incoming) {
      for (const { octets } of work) isp.pop3.put('eddyy', octets)
      // The list's letter lies there twice.
      for (const { octets } of [...shofar, ...shofar.slice(0, 1)]) isp.pop3.put('shofar', octets)
      await gateway.call(() => isp.pop3.box('eddyy').length + isp.pop3.box('shofar').length === 0)
    }
  },
  wanted: new Map(
    incoming.flatMap(({ work, shofar: [nelug, keith, both] }) => [
      ...work.map((letter) => wants('eddy', letter)),
      ...(nelug && keith && both ? [wants('eddy', nelug), wants('keith', keith), wants('keith', both), wants('root', both)] : []),
    ]),
  ),
  found: inMboxes,
}

const arrivingByImap: Scene = {
  isp: {},
  tables: ({ near }) => imapTable(near.imap),
  async play({ gateway, isp: { imap } }) {
    for (const [round, { work }] of incoming.entries()) {
      for (const [nth, { octets }] of work.entries())
        imap.letters.push({ uid: 10 * round + nth + 1, octets: Buffer.from(octets), flags: new Set() })
      await gateway.call(() => imap.letters.length === 0)
    }
  },
  wanted: new Map(incoming.flatMap(({ work }) => work.map((letter) => wants('eddy', letter)))),
  found: inMboxes,
}

const inside = rounds.map((round) => [
  sample(`note-${round}`, { to: [near('eddy')] }),
  sample(`minutes-${round}`, { to: [near('eddy'), near('keith'), near('root')], size: round === 2 ? large : 9000 }),
])

const staying: Omit<Scene, 'tables' | 'found'> = {
  isp: {},
  async play({ gateway }) {
    for (const letters of inside) {
      for (const letter of letters) await gateway.submit(letter)
      await gateway.rest()
    }
  },
  wanted: wantedOf(inside.flat()),
}

const refused = rounds.flatMap((round) => [
  sample(`lost-${round}`, { to: [far('gone')] }),
  sample(`bounce-${round}`, { from: '', to: [far('gone')] }),
])

/** Postmaster lives outside and is gone, too: the last notice of all can only be given up. */
const returning: Scene = {
  isp: { answer: (command) => (command.startsWith('RCPT TO:<gone@') ? '550 5.1.1 Gone' : undefined) },
  tables: ({ near }) => smarthostTable(near.smarthost) + masqueradeTable,
  aliases: 'postmaster: gone@far.example\n',
  async play({ gateway }) {
    for (const letter of refused) {
      await gateway.submit(letter)
      await gateway.call(() => true)
    }
  },
  wanted: new Map(rounds.map((round) => [`eddy notice of lost-${round}`, undefined])),
  found: (stage) => [...atSmarthost(stage), ...inMboxes(stage)],
}

export type SceneName =
  | 'outward'
  | 'outward in chunks'
  | 'inward'
  | 'inward by IMAP'
  | 'on the LAN'
  | 'into maildirs'
  | 'by LMTP'
  | 'bounced'

export const scenes: Readonly<Record<SceneName, Scene>> = {
  outward: {
    ...leaving,
    isp: { smarthost: 'data' },
    tables: ({ near }) => smarthostTable(near.smarthost, { login: true }) + masqueradeTable,
  },
  'outward in chunks': {
    ...leaving,
    isp: { smarthost: 'chunks' },
    tables: ({ near }) => smarthostTable(near.smarthost) + masqueradeTable,
  },
  inward: arriving,
  'inward by IMAP': arrivingByImap,
  'on the LAN': { ...staying, tables: () => '', found: inMboxes },
  'into maildirs': { ...staying, tables: () => '\n[deliver]\nformat = "maildir"\n', found: inMaildirs },
  'by LMTP': {
    ...staying,
    tables: (_isp, { port }) => `\n[deliver]\nformat = "lmtp"\nlmtp = "127.0.0.1:${port}"\n`,
    found: ({ lmtpd }) => lmtpd.letters.map(({ to, octets }) => foundAt(to, octets)),
  },
  bounced: returning,
}

export function wantedOf(letters: readonly Sample[]): ReadonlyMap<string, string> {
  return new Map(letters.flatMap((letter) => letter.to.map((to) => wants(to.endsWith('@shire.lan') ? to.replace(/@.*/, '') : to, letter))))
}

function wants(place: string, { name, octets }: Sample): [string, string] {
  return [`${place} ${name}`, arrivedAt(place, octets).body]
}

export function atSmarthost({ isp }: Stage): readonly Found[] {
  return isp.taken().map(({ to, name, body }) => ({ key: `${to} ${name}`, body }))
}

export function inMboxes({ hub }: Stage): readonly Found[] {
  return hub.files('mail').flatMap((user) => hub.mbox(user).map(({ octets }) => foundAt(user, octets)))
}

function inMaildirs({ hub }: Stage): readonly Found[] {
  return hub.files('home').flatMap((user) => {
    const folder = join(hub.folder, 'home', user, 'Maildir', 'new')
    return readdirSync(folder).map((file) =>
      foundAt(user, Buffer.from(readFileSync(join(folder, file), 'latin1').replace(/\r?\n/g, '\r\n'), 'latin1')),
    )
  })
}

/** A notice has no name of its own; it carries the letter that it is about. */
function foundAt(place: string, octets: Buffer): Found {
  const { name, body } = arrivedAt(place, octets)
  return { key: `${place} ${name || `notice of ${/^X-Letter: (\S+)/m.exec(body)?.[1] ?? 'nothing'}`}`, body }
}
