/**
 * On the box: how fast dialpost takes letters from the LAN beside its peers, each only queueing, and puts them into one mbox; what a
 * letter costs processors and flash. All on one ext4 of its own, in rounds one after another, so that what disturbs the machine
 * disturbs all alike; figures are medians, ratios are taken within a round. As root, after npm run build and scripts/peers:
 *
 *   scripts/bench box [--json FILE] [--rounds 3] [--letters 2000] [--only 'Postfix, hold|dialpost'] [--backlog 10000] [--parts queue,deliver,backlog]
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { missing } from '../../peer/room.ts'
import { mount, type Volume, whyNoVolume } from '../volume.ts'
import { type Contender, makeGround, type Server } from './contender.ts'
import { backlog, type Backlog } from './backlog.ts'
import { dialpost } from './dialpost.ts'
import { deliver, queue, type Figures } from './measure.ts'
import * as exim from './exim.ts'
import * as opensmtpd from './opensmtpd.ts'
import * as postfix from './postfix.ts'
import * as sendmail from './sendmail.ts'
import { printBacklog, printDelivering, printQueueing, type Row } from './table.ts'

const { values: options } = parseArgs({
  options: {
    json: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    letters: { type: 'string', default: '2000' },
    only: { type: 'string', default: '' },
    backlog: { type: 'string', default: '10000' },
    parts: { type: 'string', default: 'queue,deliver,backlog' },
  },
})
const letters = Number(options.letters)
const parts = new Set(options.parts.split(','))
const wanted = ({ name }: Contender): boolean => new RegExp(options.only).test(name)
const queueing = [postfix.hold, dialpost, postfix.deferring, exim.queueing, sendmail.queueing, opensmtpd.queueing].filter(
  (one) => parts.has('queue') && wanted(one),
)
const delivering = [postfix.local, dialpost, exim.delivering, sendmail.delivering, opensmtpd.delivering].filter(
  (one) => parts.has('deliver') && wanted(one),
)

/** A letter of 4 KB, an attachment's base64: it packs by a quarter, where smtp-source's own packs to nothing. */
function attachment(): string {
  const body = randomBytes(3072).toString('base64').replace(/.{76}/g, '$&\n')
  return `From: <frodo@far.example>\nTo: <sam@far.example>\nSubject: a picture\n\n${body}\n`
}

/** Of an empty queue and of a full one, in turns. */
async function backlogs(scratch: string): Promise<readonly Backlog[]> {
  const volume = mount(scratch, { name: 'backlog', block: 4096, options: 'rw', megabytes: 256 })
  const rows: Backlog[] = []
  try {
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const letters of [0, Number(options.backlog)])
        rows.push(await backlog(await makeGround(volume.path, scratch, `backlog-${round}-${letters}`), letters))
    }
    return rows
  } finally {
    volume.unmount()
  }
}

type Work = (server: Server, volume: Volume, letters: number) => Promise<Figures>

/** One life of one server, from an empty spool on. */
async function life(contender: Contender, works: Readonly<Record<string, Work>>, volume: Volume, scratch: string): Promise<Row> {
  const ground = await makeGround(volume.path, scratch, `${contender.name.replaceAll(/\W+/g, '-')}-${randomBytes(3).toString('hex')}`)
  const server = await contender.start(ground)
  try {
    const figures: Record<string, Figures> = {}
    const share = Math.max(40, Math.round(letters * (contender.share ?? 1)))
    for (const [name, work] of Object.entries(works)) figures[name] = await work(server, volume, share)
    return { name: contender.name, durable: contender.durable, figures }
  } catch (cause) {
    throw new Error(`${contender.name}: ${String(cause)}\n${server.log().slice(-3000)}`, { cause })
  } finally {
    await server.stop()
    server.meter.close()
    for (const path of Object.values(ground)) rmSync(path, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function measureAll(scratch: string): Promise<{ queueing: Row[][]; delivering: Row[][] }> {
  const volume = mount(scratch, { name: 'box', block: 4096, options: 'rw', megabytes: 1024 })
  const letter = join(scratch, 'attachment')
  writeFileSync(letter, attachment())
  const works = {
    each: (server: Server, volume: Volume, letters: number) => queue(server, volume, { letters, whom: 'sam', kept: false }),
    kept: (server: Server, volume: Volume, letters: number) => queue(server, volume, { letters, whom: 'tom', kept: true }),
    attachment: (server: Server, volume: Volume, letters: number) => queue(server, volume, { letters, whom: 'ted', kept: true, letter }),
  }
  const found: { queueing: Row[][]; delivering: Row[][] } = { queueing: [], delivering: [] }
  try {
    for (let round = 0; round < Number(options.rounds); round++) {
      const rows: Row[] = []
      for (const contender of queueing) rows.push(await life(contender, works, volume, scratch))
      found.queueing.push(rows)
      const delivered: Row[] = []
      for (const contender of delivering) {
        const mbox = { mbox: (server: Server, volume: Volume, letters: number) => deliver(server, volume, letters) }
        delivered.push(await life(contender, mbox, volume, scratch))
      }
      found.delivering.push(delivered)
    }
    return found
  } finally {
    volume.unmount()
  }
}

const needed = parts.has('queue') || parts.has('deliver') ? missing('postfix', 'exim', 'sendmail', 'opensmtpd') : missing('postfix')
const skipped = whyNoVolume(1500) ?? (needed || undefined)
if (skipped === undefined) {
  const scratch = mkdtempSync(join(tmpdir(), 'dialpost-box-'))
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 }))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  const found = await measureAll(scratch)
  if (queueing.length > 0) printQueueing(found.queueing)
  if (delivering.length > 0) printDelivering(found.delivering)
  const waiting = parts.has('backlog') ? await backlogs(scratch) : []
  printBacklog(waiting)
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ ...found, backlog: waiting }, null, 2)}\n`)
} else {
  console.log(`SKIPPED box: ${skipped}`)
}
process.exit()
