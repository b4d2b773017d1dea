/**
 * What the queue costs the flash: KB written and flushes a letter, counted by the kernel on an ext4 of its own on a loop device,
 * file system journal included. `node test/bench/flash.ts [--json FILE] [--slow]`; as root. Exits 1 if a target is missed.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Clock } from '../../src/clock.ts'
import { events } from '../../src/log/events.ts'
import { outcomeOf } from '../../src/mail/outcome.ts'
import { reply } from '../../src/mail/reply.ts'
import { openDisk } from '../../src/queue/disk.ts'
import { openQueue, type Queue } from '../../src/queue/queue.ts'
import { fourHoursFiveDays } from '../../src/queue/retry.ts'
import { openSegments } from '../../src/queue/segments.ts'
import { openStore } from '../../src/queue/spool.ts'
import { openCatalogue } from '../../src/queue/sqlite.ts'
import { type Figures, mount, type Volume, type VolumeOptions, whyNoVolume } from './volume.ts'

type Content = (length: number) => Buffer
type Row = Figures & {
  readonly volume: string
  readonly what: string
  readonly content: string
  readonly target?: Figures
  readonly met?: boolean
}

const { values: options } = parseArgs({ options: { json: { type: 'string' }, slow: { type: 'boolean', default: false } } })
const accepted = outcomeOf(reply(250, '2.0.0', 'Ok: queued as 4F2A1C'), 'mail.isp.example [192.0.2.1]')
const kilobyte = 1024

/** Nothing can pack it: a letter at its worst. */
const noise: Content = (length) => randomBytes(length)
/** An attachment: base64 of noise under a header. */
const attachment: Content = (length) =>
  Buffer.concat([header(), Buffer.from(randomBytes(length).toString('base64').replace(/.{76}/g, '$&\r\n'))]).subarray(0, length)
/** Prose under a header, as people write it. */
const prose: Content = (length) => Buffer.concat([header(), Buffer.from(sentences(length))]).subarray(0, length)

const words = readFileSync(join(import.meta.dirname, '../../src/queue/store.ts'), 'latin1').match(/[a-z]+/gi) ?? []

function sentences(length: number): string {
  let text = ''
  while (text.length < length) {
    const line = Array.from({ length: 11 }, () => words[Math.floor(Math.random() * words.length)])
    text += `${line.join(' ')}\r\n`
  }
  return text
}

function header(): Buffer {
  const id = randomBytes(12).toString('hex')
  return Buffer.from(
    `Received: from herring ([192.168.1.7]) by moriah.shire.lan with ESMTP id ${id.slice(0, 4)};\r\n\tSun, 22 Nov 2026 09:30:00 +0000\r\n` +
      `From: Frodo <frodo@shire.lan>\r\nTo: Sam <sam@far.example>\r\nSubject: ${id}\r\nMessage-ID: <${id}@shire.lan>\r\nMIME-Version: 1.0\r\n\r\n`,
  )
}

/** Settlements are flushed at once: no letter shares with another what a second might have brought together. */
const hurried: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: async (until) => void (until - performance.now() > 5000 && (await new Promise(() => undefined))),
}

async function openAt(directory: string): Promise<Queue> {
  const log = events(() => undefined)
  mkdirSync(directory, { recursive: true })
  const catalogue = openCatalogue({ directory, log })
  const segments = openSegments({ disk: openDisk(directory), reserve: kilobyte * kilobyte })
  return openQueue({ store: await openStore({ segments, catalogue, log }), clock: hurried, log, policy: fourHoursFiveDays })
}

async function keep(queue: Queue, content: Buffer): Promise<void> {
  const intake = queue.open()
  for (let at = 0; at < content.length; at += 16384) await intake.write(content.subarray(at, at + 16384))
  const from = { local: 'frodo', domain: 'shire.lan' }
  const copies = [{ from, recipient: { local: 'sam', domain: 'far.example' }, to: { courier: 'smarthost' as const } }]
  const messageId = `<${randomBytes(12).toString('hex')}@shire.lan>`
  await intake.keep({
    from,
    copies,
    parameters: {},
    origin: { door: 'accept', client: 'herring [192.168.1.7]' },
    priority: 'normal',
    messageId,
    subject: 'Second breakfast',
  })
}

/** Carries what waits, `window` letters under one note, as a courier with a pipeline does. */
async function carry(queue: Queue, window: number): Promise<void> {
  const load = queue.load('smarthost')
  for (;;) {
    const letters = Array.from({ length: window }, () => load.next()).filter((letter) => letter !== undefined)
    if (letters.length === 0) return
    const deliveries = letters.flatMap((letter) => letter.deliveries)
    await load.trying(deliveries, 'mail.isp.example 1')
    for (const delivery of deliveries) load.settle(delivery, accepted)
    await sleep(0)
  }
}

/** Fills and empties the queue until the log turns over in its own segments. */
async function warm(queue: Queue): Promise<void> {
  for (let turn = 0; turn < 10; turn++) {
    for (let n = 0; n < 20; n++) await keep(queue, noise(100 * kilobyte))
    await carry(queue, 10)
  }
}

type Work = {
  readonly what: string
  readonly length: number
  readonly letters: number
  readonly group: number
  readonly life: boolean
  readonly cold?: true
  readonly target?: Figures
}

const works: readonly Work[] = [
  { what: '4 KB accepted singly', length: 4096, letters: 300, group: 1, life: false, target: { kilobytes: 8, flushes: 1.5 } },
  { what: '4 KB accepted in tens', length: 4096, letters: 300, group: 10, life: false, target: { kilobytes: 8, flushes: 0.3 } },
  { what: '4 KB whole life singly', length: 4096, letters: 300, group: 1, life: true },
  { what: '4 KB whole life in tens', length: 4096, letters: 300, group: 10, life: true },
  {
    what: '100 KB accepted singly',
    length: 100 * kilobyte,
    letters: 20,
    group: 1,
    life: false,
    target: { kilobytes: 120, flushes: Number.POSITIVE_INFINITY },
  },
  {
    what: '100 KB whole life singly',
    length: 100 * kilobyte,
    letters: 60,
    group: 1,
    life: true,
    target: { kilobytes: 120, flushes: Number.POSITIVE_INFINITY },
  },
  { what: '4 KB accepted, spool made for it', length: 4096, letters: 60, group: 1, life: false, cold: true },
  { what: '100 KB accepted, spool made for it', length: 100 * kilobyte, letters: 20, group: 1, life: false, cold: true },
]

async function play(queue: Queue, { length, letters, group, life }: Work, content: Content): Promise<void> {
  for (let n = 0; n < letters; n += group) {
    await Promise.all(Array.from({ length: group }, () => keep(queue, content(length))))
    if (life) await carry(queue, group)
  }
}

async function measure(volume: Volume, work: Work, name: string, content: Content): Promise<Row> {
  const made = work.cold ? volume.read() : undefined
  const queue = await openAt(join(volume.path, `spool-${work.cold ? randomBytes(3).toString('hex') : 'warm'}`))
  if (!work.cold) await warm(queue)
  const before = made ?? volume.read()
  await play(queue, work, content)
  const after = volume.read()
  await carry(queue, 10)
  await queue.close()
  const kilobytes = (after.kilobytes - before.kilobytes) / work.letters
  const flushes = (after.flushes - before.flushes) / work.letters
  const { target } = work
  return {
    volume: volume.name,
    what: work.what,
    content: name,
    kilobytes,
    flushes,
    ...(target ? { target, met: kilobytes <= target.kilobytes && flushes <= target.flushes } : {}),
  }
}

/** Letters far apart: the journal commits each change of a file's time by itself, unless it is told to wait (mount option `commit`); lazytime does not help. */
async function measureSpaced(volume: Volume): Promise<Row> {
  const queue = await openAt(join(volume.path, 'spool-warm'))
  await warm(queue)
  const letters = 8
  const before = volume.read()
  for (let n = 0; n < letters; n++) {
    await keep(queue, noise(4096))
    await sleep(1500)
  }
  const after = volume.read()
  await queue.close()
  return {
    volume: volume.name,
    what: '4 KB accepted, journal commits between',
    content: 'noise',
    kilobytes: (after.kilobytes - before.kilobytes) / letters,
    flushes: (after.flushes - before.flushes) / letters,
  }
}

function print(rows: readonly Row[]): void {
  const cells = rows.map(({ volume, what, content, kilobytes, flushes, target, met }) => [
    volume,
    what,
    content,
    kilobytes.toFixed(1),
    flushes.toFixed(2),
    target ? `≤ ${target.kilobytes}${Number.isFinite(target.flushes) ? ` / ${target.flushes}` : ''} ${met ? 'met' : 'MISSED'}` : '',
  ])
  const heads = ['volume', 'letters', 'content', 'KB', 'flushes', 'target']
  const widths = heads.map((head, n) => Math.max(head.length, ...cells.map((row) => (row[n] ?? '').length)))
  for (const row of [heads, ...cells])
    console.log(
      row
        .map((cell, n) => (n === 3 || n === 4 ? cell.padStart(widths[n] ?? 0) : cell.padEnd(widths[n] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
}

const contents: readonly [string, Content][] = [
  ['noise', noise],
  ['prose', prose],
  ['attachment', attachment],
]

/** mkfs.ext4 makes 1 KB blocks on a volume of this size, unless told. On 4 KB blocks a letter of 4096 octets and its envelope are two blocks, 8 KB, to begin with. */
const megabytes = 128
const volumes: readonly VolumeOptions[] = [
  { name: 'ext4 1 KB blocks', block: 1024, options: 'rw', megabytes },
  { name: 'ext4 4 KB blocks', block: 4096, options: 'rw', megabytes },
]
const spaced: readonly VolumeOptions[] = [
  { name: 'ext4 1 KB, commit=1', block: 1024, options: 'rw,commit=1', megabytes },
  { name: 'ext4 1 KB, commit=300', block: 1024, options: 'rw,commit=300', megabytes },
]

async function measureAll(scratch: string): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const volume of volumes) {
    const mounted = mount(scratch, volume)
    try {
      for (const [name, content] of contents) {
        for (const work of works) {
          if (work.cold && name !== 'noise') continue
          const row = await measure(mounted, work, name, content)
          const apart = volume.block > 1024 && name === 'noise' && work.length === 4096
          const { target: _, met: __, ...figures } = row
          rows.push(apart ? figures : row)
        }
      }
    } finally {
      mounted.unmount()
    }
  }
  for (const volume of options.slow ? spaced : []) {
    const mounted = mount(scratch, volume)
    try {
      rows.push(await measureSpaced(mounted))
    } finally {
      mounted.unmount()
    }
  }
  return rows
}

const skipped = whyNoVolume(600)
if (skipped === undefined) {
  const scratch = mkdtempSync(join(tmpdir(), 'dialpost-flash-'))
  try {
    const rows = await measureAll(scratch)
    print(rows)
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`)
    process.exitCode = rows.some(({ met }) => met === false) ? 1 : 0
  } finally {
    rmSync(scratch, { recursive: true })
  }
} else {
  console.log(`SKIPPED flash: ${skipped}`)
}
process.exit()
