/**
 * Memory of the built executable, from /proc/PID/smaps_rollup: at rest, while 20 MB letters come in from LAN clients as fast as they
 * are read, while they leave by SMTP, while others are collected by POP3 into an mbox, all of that at once, and at rest again.
 * The peaks of samples taken every 20 ms, what went through in a second meanwhile, and what processor time it took the executable.
 *
 *   node test/bench/memory.ts [--letters N] [--quiet SECONDS] [--json FILE]        after npm run build
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { pretendPop3 } from '../../src/demo/pop3d.ts'
import { end, makeHub, until } from './hub.ts'
import { letterOf, send, startSink } from './traffic.ts'

/** Octets; `rate` is in octets a second, `processor` in milliseconds a million octets. */
type Memory = { readonly pss: number; readonly anonymous: number; readonly rate?: number; readonly processor?: number }

const { values } = parseArgs({
  options: { json: { type: 'string' }, letters: { type: 'string', default: '4' }, quiet: { type: 'string', default: '60' } },
})
const letters = Number(values.letters)
const octets = 20_000_000
const outward = 'linda@far.example'
const inward = 'root@shire.lan'
/** So long without mail is what `at rest` means. */
const quiet = 1000 * Number(values.quiet)

const sink = await startSink()
const pop3 = await pretendPop3(new Map([['u', 'p']]))
const hub = await makeHub({ smarthost: sink.port, pop3: pop3.port })
const big = letterOf(octets, 'big')
const child = await hub.serve()
try {
  await delay(quiet)
  const rows: [string, Memory][] = [['at rest', now()]]
  rows.push([
    '20 MB letters in from two LAN clients',
    await peak(2 * letters, both(send(hub.port, outward, several()), send(hub.port, outward, several()))),
  ])
  rows.push([
    'out by SMTP',
    await peak(
      2 * letters,
      outOf(2 * letters, () => hub.tell('up ppp0')),
    ),
  ])
  hub.tell('down ppp0')
  put()
  rows.push([
    'in by POP3, into an mbox',
    await peak(
      letters,
      delivered(letters, () => hub.tell('up ppp0')),
    ),
  ])
  hub.tell('down ppp0')
  put()
  rows.push(['all at once', await peak(5 * letters, everything())])
  hub.tell('down ppp0')
  await delay(quiet)
  rows.push(['at rest again', now()])
  for (const [what, { pss, anonymous, rate, processor }] of rows) {
    const speed = rate === undefined || processor === undefined ? '' : `   ${mb(rate)} MB/s   ${processor.toFixed(1)} ms/MB`
    process.stdout.write(`${what.padEnd(40)} anonymous ${mb(anonymous)} MB   PSS ${mb(pss)} MB${speed}\n`)
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(Object.fromEntries(rows), undefined, 2)}\n`)
} finally {
  await end(child)
  sink.close()
  await pop3.close()
  hub.remove()
}

function several(): readonly Buffer[] {
  return Array.from({ length: letters }, () => big)
}

function put(): void {
  for (const letter of several()) pop3.put('u', letter)
}

async function both(...work: readonly Promise<unknown>[]): Promise<void> {
  await Promise.all(work)
}

async function outOf(count: number, begin: () => void): Promise<void> {
  const before = sink.received()
  begin()
  await until(() => sink.received() - before >= count * big.length)
}

/** Into the mbox; line ends are one octet there. */
async function delivered(count: number, begin: () => void): Promise<void> {
  const before = hub.mbox('root')
  begin()
  await until(() => hub.mbox('root') - before >= count * big.length * 0.98)
  await until(() => pop3.box('u').length === 0)
}

/** Two clients bring letters for outside and for here, while the ISP's box is emptied: each of them goes on at once. */
function everything(): Promise<void> {
  const out = outOf(letters, () => hub.tell('up ppp0'))
  const into = delivered(2 * letters, () => undefined)
  return both(out, into, send(hub.port, outward, several()), send(hub.port, inward, several()))
}

/** The greatest of both while the work lasts, and `count` letters through its time. */
async function peak(count: number, work: Promise<unknown>): Promise<Memory> {
  const [began, busy] = [performance.now(), processorTime()]
  let greatest = now()
  for (;;) {
    const { pss, anonymous } = now()
    greatest = { pss: Math.max(greatest.pss, pss), anonymous: Math.max(greatest.anonymous, anonymous) }
    if ((await Promise.race([work.then(() => 'done'), delay(20)])) === 'done') break
  }
  const passed = count * big.length
  return { ...greatest, rate: passed / ((performance.now() - began) / 1000), processor: (processorTime() - busy) / (passed / 1e6) }
}

function now(): Memory {
  const text = readFileSync(`/proc/${child.pid}/smaps_rollup`, 'utf8')
  const value = (name: string): number => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1])
  return { pss: value('Pss'), anonymous: value('Anonymous') }
}

/** Milliseconds in user and system mode so far (proc(5): clock ticks of a hundredth of a second). */
function processorTime(): number {
  const [, rest = ''] = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')
  const fields = rest.split(' ')
  return 10 * (Number(fields[11]) + Number(fields[12]))
}

function mb(amount: number): string {
  return (amount / 1e6).toFixed(1).padStart(6)
}
