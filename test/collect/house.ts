/** The queue's side of collecting, in memory: what was kept, the ledger, who was served. `before` may fail or hang any step, as a full flash or a killed process does. */
import { events, type Line } from '../../src/log/events.ts'
import type { Account, DrainParts, Progress } from '../../src/collect/session.ts'
import type { FakeMaildrop } from '../fake/maildrop.ts'
import { formatAddress } from '../../src/mail/address.ts'
import type { Copy } from '../../src/mail/message.ts'
import type { Draft, Intake } from '../../src/queue/intake.ts'
import type { Ledger, LedgerEntry } from '../../src/queue/ledger.ts'
import { fingerprint } from '../../src/route/fingerprint.ts'
import { recipientsOf } from '../../src/route/multidrop.ts'
import type { Router } from '../../src/route/route.ts'
import { senderOf } from '../../src/route/sender-of.ts'
import { halves } from '../../src/collect/halves.ts'
import { turns } from '../../src/collect/turns.ts'
import { fakeClock, type FakeClock } from '../fake/clock.ts'

export type Letter = { readonly draft: Draft; readonly octets: Buffer }

export interface House {
  readonly letters: Letter[]
  readonly rows: Map<string, LedgerEntry>
  readonly lines: Line[]
  readonly clock: FakeClock
  readonly told: Progress[]
  /** Letters begun and neither kept nor discarded. */
  readonly open: () => number
  parts(box: FakeMaildrop): DrainParts
}

export type HouseOptions = {
  /** `open`, `write`, `keep`, `kept` (on the disk, not yet said), `mark`, `forget`; what it throws the step throws. */
  readonly before?: (what: string) => void | Promise<void>
  readonly router?: Router
  /** No letter is taken for a copy of another: the ledger alone must prevent doubles. */
  readonly blind?: boolean
  readonly clockKnown?: () => boolean
}

export const work: Account = {
  name: 'work',
  host: 'pop.isp.example',
  keep: false,
  maxMessage: undefined,
  drop: { kind: 'single', to: { local: 'eddy', domain: '' } },
}

export const family: Account = {
  ...work,
  name: 'shofar',
  drop: {
    kind: 'multi',
    recipientsOf: (header) =>
      recipientsOf(header, {
        host: 'pop.isp.example',
        domains: ['shofar.isp.example'],
        envelope_header: 'X-Envelope-To',
        envelope_skip: 0,
        users: new Map([
          ['eddy', 'eddy'],
          ['keith', 'keith'],
          ['list', 'eddy'],
        ]),
        postmaster: 'root',
      }),
  },
}

export function house({ before = () => {}, router = plainRouter, blind = false, clockKnown = () => true }: HouseOptions = {}): House {
  const letters: Letter[] = []
  const rows = new Map<string, LedgerEntry>()
  const served = new Map<string, readonly string[]>()
  const lines: Line[] = []
  const told: Progress[] = []
  const clock = fakeClock()
  const begun = new Set<string>()
  const kept = halves()
  let next = 0

  const intake = (): Intake => {
    void before('open')
    const id = (next += 1).toString(16).toUpperCase()
    const pieces: Uint8Array[] = []
    let open = true
    begun.add(id)
    return {
      id,
      async write(octets) {
        await before('write')
        if (open) pieces.push(Uint8Array.from(octets))
      },
      async keep(draft) {
        await before('keep')
        if (!open) throw new Error('It was discarded')
        open = false
        begun.delete(id)
        letters.push({ draft, octets: Buffer.concat(pieces) })
        if (draft.ledger && draft.origin.door === 'collect') {
          rows.set(draft.origin.uidl, { state: draft.ledger.state, message: id })
          if (draft.ledger.fingerprint) served.set(draft.ledger.fingerprint, draft.ledger.served ?? [])
        }
        await before('kept')
      },
      discard() {
        open = false
        begun.delete(id)
      },
    }
  }
  const ledger: Ledger = {
    entries: () => new Map(rows),
    async mark(_account, uidls, state) {
      await before('mark')
      for (const uidl of uidls) rows.set(uidl, { state })
    },
    forget(_account, uidls) {
      void before('forget')
      for (const uidl of uidls) rows.delete(uidl)
    },
    served: (mark) => served.get(mark) ?? [],
  }
  return {
    letters,
    rows,
    lines,
    clock,
    told,
    open: () => begun.size,
    parts: (box) => ({
      maildrop: box.open,
      wasCut: false,
      settled: undefined,
      ledger,
      open: intake,
      router,
      senderOf,
      fingerprint: blind ? () => undefined : fingerprint,
      turns: turns(),
      halves: kept,
      windows: new Set(),
      arrivals: { since: 0, off: {} },
      running: (elapsed) => elapsed,
      clock,
      clockKnown,
      log: events((line) => lines.push(line)),
      hostname: 'moriah.shire.lan',
      postmaster: 'root',
      readable: async (header) => ({ from: 'somebody', to: 'eddy', subject: `${header.length} octets of header`, date: '' }),
      rate: () => 4000,
      progress: (progress) => told.push(progress),
    }),
  }
}

const known = ['eddy', 'keith', 'root', 'postmaster']

/** Everybody in `known` has a mailbox, other names are refused, other domains go to the smarthost. */
export const plainRouter: Router = {
  isLocal: (domain) => domain === '',
  async route({ address }, from) {
    const copy = (to: Copy['to']): Copy => ({ from, recipient: address, to })
    if (address.domain !== '') return { kind: 'copies', copies: [copy({ courier: 'smarthost' })], rules: [] }
    if (!known.includes(address.local))
      return { kind: 'refused', reply: { code: 550, enhanced: '5.1.1', text: `<${formatAddress(address)}>... User unknown` }, rules: [] }
    return {
      kind: 'copies',
      copies: [copy({ courier: 'mailbox', user: address.local === 'postmaster' ? 'root' : address.local })],
      rules: [],
    }
  },
}

/** A letter with CRLF line ends; `name` makes it unlike the others. */
export function letter(name: string, { size = 100, header = '' }: { size?: number; header?: string } = {}): Buffer {
  const head = `Received: from a by b; Sat, 3 Jun 2000 20:58:31 +0100\nMessage-ID: <${name}@far.example>\nFrom: bob@far.example\nTo: eddy@shire.lan\nSubject: ${name}\n${header}\n`
  const body = `Body of ${name}\n${'.dotted line\n'.repeat(Math.max(0, Math.floor(size / 13)))}`
  return Buffer.from((head + body).replaceAll('\n', '\r\n'), 'latin1')
}

/** The letter as it came: without the lines that collecting adds. */
export function asItCame({ octets }: Letter): Buffer {
  const text = octets.toString('latin1').replace(/Received: from pop\.isp[^]*?\r\n(?![ \t])(X-Dialpost-Warning: .*\r\n)*/, '')
  return Buffer.from(text, 'latin1')
}

export function mailboxes({ letters }: House): string[] {
  return letters.flatMap(({ draft }) =>
    draft.copies.map(({ to, recipient }) => `${to.courier === 'mailbox' ? to.user : formatAddress(recipient)}: ${draft.subject}`),
  )
}
