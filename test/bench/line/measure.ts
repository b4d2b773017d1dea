/** One measurement: a line, an ISP, a program at the near end; what it cost, and whether everything arrived whole. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CorpusName, type Letter, corpus, octetsOf } from './corpus.ts'
import type { LineOptions, Report } from './emulator.ts'
import { type FarOptions, type Isp, inwardSeed, outwardSeed } from './far.ts'
import type { DriverName, NearOptions } from './near.ts'
import { type EndSettings, type Line, openLine } from './telephone.ts'

export type Measurement = {
  readonly drivers: readonly DriverName[]
  readonly corpus: CorpusName
  /** Of the corpus; 1 is all of it. */
  readonly share?: number
  readonly out: boolean
  readonly in: boolean
  readonly line: LineOptions
  readonly protocol?: 'pop3' | 'imap'
  readonly tls?: boolean
  /** What the smarthost does not offer. */
  readonly without?: readonly string[]
  readonly near?: EndSettings
  /** Tables for dialpost's settings. */
  readonly settings?: string
}

export type Result = {
  /** Seconds on line, and as a multiple of the time that the payload of the slower direction needs at line rate. */
  readonly seconds: number
  readonly ratio: number
  readonly report: Report
  /** What was wrong with what arrived; empty when it is complete and identical. */
  readonly faults: readonly string[]
}

export async function measure(wanted: Measurement): Promise<Result> {
  const { share = 1 } = wanted
  const sent = wanted.out ? corpus(wanted.corpus, outwardSeed, share) : []
  const waiting = wanted.in ? corpus(wanted.corpus, inwardSeed, share) : []
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-letters-'))
  for (const name of ['out', 'in']) mkdirSync(join(folder, name))
  const line = await openLine(wanted.line, wanted.near)
  const children: ChildProcess[] = []
  try {
    const report = await call(wanted, line, { sent, waiting, folder, children })
    const seconds = report.elapsed / 1000
    const floors = [
      { letters: sent, rate: wanted.line.up.bitsPerSecond },
      { letters: waiting, rate: wanted.line.down.bitsPerSecond },
    ].map(({ letters, rate }) => (octetsOf(letters) * 8) / rate)
    const faults = [...differences('out', sent, join(folder, 'out')), ...differences('in', waiting, join(folder, 'in'))]
    return { seconds, ratio: seconds / Math.max(...floors), report, faults }
  } finally {
    await Promise.all(children.map(stop))
    await line.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

type Stage = {
  readonly sent: readonly Letter[]
  readonly waiting: readonly Letter[]
  readonly folder: string
  readonly children: ChildProcess[]
}

async function call(wanted: Measurement, line: Line, { sent, waiting, folder, children }: Stage): Promise<Report> {
  const { share = 1, protocol = 'pop3', tls = false, without = [], settings = '' } = wanted
  const farOptions: FarOptions = {
    box: wanted.in ? { corpus: wanted.corpus, share } : undefined,
    without: tls ? without : [...without, 'starttls'],
  }
  const far = start('far', line.far.enter, farOptions)
  children.push(far)
  const isp = (await told(far)) as Isp
  const nearOptions: NearOptions = {
    drivers: wanted.drivers,
    out: wanted.out ? { corpus: wanted.corpus, share } : undefined,
    waiting: waiting.length,
    protocol,
    tls,
    settings,
    isp,
    collected: join(folder, 'in'),
  }
  const near = start('near', line.near.enter, nearOptions)
  children.push(near)
  await told(near)
  line.begin()
  near.send('run')
  await told(near)
  const report = await line.report()
  far.send({ received: sent.length, folder: join(folder, 'out') })
  const { left } = (await told(far)) as { left: number }
  if (left > 0 && wanted.in) throw new Error(`${left} letters are still in the box`)
  return report
}

function start(name: string, enter: Line['near']['enter'], options: unknown): ChildProcess {
  const words = enter([process.execPath, join(import.meta.dirname, `${name}.ts`), JSON.stringify(options)])
  const env = { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' }
  return spawn('nice', ['-n', '-10', ...words], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env })
}

async function told(child: ChildProcess): Promise<unknown> {
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${child.spawnargs.at(-2)} ended with ${code}`)
  })
  const [message] = (await Promise.race([once(child, 'message'), failed])) as [unknown]
  failed.catch(() => {})
  return message
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  if (child.connected) child.disconnect()
  await gone
}

/** Every letter must have arrived once, with nothing changed but fields put on top. */
export function differences(way: string, letters: readonly Letter[], folder: string): readonly string[] {
  const arrived = readdirSync(folder).map((name) => readFileSync(join(folder, name)).toString('latin1').trimEnd())
  return letters.flatMap(({ id, octets }) => {
    const copies = arrived.filter((text) => text.includes(`<${id}@`))
    if (copies.length !== 1) return [`${way}: ${id} arrived ${copies.length} times`]
    return copies[0]?.endsWith(octets.toString('latin1').trimEnd()) === true ? [] : [`${way}: ${id} was changed`]
  })
}
