/** What the conversations in test/dialog/modem cannot say: modem lines, locks, a tty that is none or comes back, chat(8). */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { systemClock } from '../../src/clock.ts'
import { type HayesOptions, hayesModem } from '../../src/link/hayes.ts'
import type { Modem } from '../../src/link/modem.ts'
import { type ModemLines, openWire } from '../../src/link/serial.ts'
import { fakeClock } from '../fake/clock.ts'
import { openPty, type Pty } from '../modem/pty.ts'

const never = new AbortController().signal

type Bench = {
  readonly pty: Pty
  readonly room: string
  readonly said: string[]
  readonly modem: (options?: Partial<HayesOptions>) => Modem
}

/** A modem that answers each command as given, others with OK; without an answer to `ATDT` it is silent there. */
function bench(t: TestContext, answers: Readonly<Record<string, string>> = {}): Bench {
  const room = mkdtempSync(join(tmpdir(), 'dialpost-hayes-'))
  const pty = openPty()
  const said: string[] = []
  let rest = ''
  pty.master.on('data', (text: Buffer) => {
    const lines = (rest + text.toString('latin1')).split('\r')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      said.push(line)
      const answer = answers[line] ?? (line.startsWith('ATD') ? '' : 'OK')
      if (answer !== '') pty.master.write(`\r\n${answer}\r\n`)
    }
  })
  const made: Modem[] = []
  t.after(async () => {
    for (const modem of made) await modem.close()
    await pty.close()
    rmSync(room, { recursive: true })
  })
  return {
    pty,
    room,
    said,
    modem(options = {}) {
      const usual = { tty: pty.path, speed: 115_200, init: [], answerWithin: 20_000, lockFolder: join(room, 'lock'), clock: systemClock }
      const modem = hayesModem({ ...usual, ...options })
      made.push(modem)
      return modem
    },
  }
}

const lockName = (pty: Pty): string => `LCK..${pty.path.replace('/dev/', '').replace('/', '_')}`

/** Lines whose carrier is what the test says, and what was done to DTR. */
function fakeLines(carrier: () => boolean) {
  const ready: boolean[] = []
  const lines: ModemLines = { carrier: async () => carrier(), ready: async (on) => void ready.push(on) }
  return { ready, lines: () => lines }
}

test('DTR goes low and high again to hang up', async (t) => {
  const { modem, said } = bench(t, { ATDT1: 'CONNECT 9600' })
  const { ready, lines } = fakeLines(() => false)
  const one = modem({ lines })
  assert.equal((await one.dial('1', never)).kind, 'connected')
  assert.equal(await one.hangUp(), 'idle')
  assert.deepEqual(ready, [false, true])
  assert.deepEqual(said, ['AT', 'ATI', 'ATDT1', 'AT', 'ATH'])
})

test('a carrier that came with CONNECT and has gone needs no DTR, and no answer', async (t) => {
  const answers: Record<string, string> = { ATDT1: 'CONNECT 9600' }
  const { modem, said } = bench(t, answers)
  let over = false
  const { ready, lines } = fakeLines(() => said.at(-1) === 'ATDT1' && !over)
  const one = modem({ lines, clock: hurried })
  assert.equal((await one.dial('1', never)).kind, 'connected')
  over = true
  for (const command of ['AT', 'ATH', '+++ATH']) answers[command] = ''
  assert.equal(await one.hangUp(), 'idle')
  assert.deepEqual(ready, [])
})

test('a carrier that is always on tells nothing', async (t) => {
  const answers: Record<string, string> = { ATDT1: 'CONNECT 9600' }
  const { modem } = bench(t, answers)
  const { ready, lines } = fakeLines(() => true)
  const one = modem({ lines, clock: hurried })
  assert.equal((await one.dial('1', never)).kind, 'connected')
  for (const command of ['AT', 'ATH', '+++ATH']) answers[command] = ''
  assert.equal(await one.hangUp(), 'mute')
  assert.deepEqual(ready, [false, true])
})

test('a port that is closed as something comes, again and again, harms nobody', async (t) => {
  const { pty } = bench(t)
  for (let at = 0; at < 100; at++) {
    const heard = Promise.withResolvers<void>()
    const wire = await openWire({
      tty: pty.path,
      speed: 115_200,
      heard: () => heard.resolve(),
      lost: (why) => heard.reject(new Error(why)),
    })
    assert.ok('close' in wire)
    pty.master.write('\r\nOK\r\n')
    await heard.promise
    // Now it is about to read again.
    if (at % 2 === 0) await setImmediate()
    else void wire.write('ATH\r')
    await wire.close()
  }
})

test('it is locked while it is talked to, and free for pppd once connected', async (t) => {
  const { modem, room, pty, said } = bench(t, { ATDT1: 'CONNECT 9600' })
  const folder = join(room, 'lock')
  const locked = (): readonly string[] => (existsSync(folder) ? readdirSync(folder) : [])
  let during: readonly string[] = []
  pty.master.on('data', () => (during = locked()))
  const one = modem()
  assert.equal((await one.dial('1', never)).kind, 'connected')
  assert.deepEqual([said.length, during], [3, [lockName(pty)]])
  assert.deepEqual(locked(), [])
})

test('what another program has is left alone', async (t) => {
  const { modem, room, said, pty } = bench(t)
  writeFileSync(join(room, lockName(pty)), `${process.ppid}\n`)
  const dialled = await modem({ lockFolder: room }).dial('1', never)
  assert.ok(dialled.kind === 'failed' && dialled.failure === 'locked')
  assert.match(dialled.words, new RegExp(`used by process ${process.ppid}`))
  assert.deepEqual(said, [])
})

test('a file is no modem', async (t) => {
  const { modem, room } = bench(t)
  writeFileSync(join(room, 'ttyS1'), '')
  const one = modem({ tty: join(room, 'ttyS1') })
  assert.deepEqual(await one.dial('1', never), { kind: 'failed', failure: 'gone', words: `${join(room, 'ttyS1')} is no tty` })
})

test('a modem that is pulled out while it dials is missed at once', async (t) => {
  const { modem, said, pty } = bench(t, { ATDT1: '' })
  const dialling = modem().dial('1', never)
  while (said.at(-1) !== 'ATDT1') await once(pty.master, 'data')
  await pty.close()
  const dialled = await dialling
  assert.ok(dialled.kind === 'failed' && dialled.failure === 'gone')
  assert.match(dialled.words, /has gone in the middle of it, is the modem plugged in\?/)
})

test('given up while it dials, the dial is ended', async (t) => {
  const { modem, said, pty } = bench(t, { '': 'NO CARRIER' })
  const end = new AbortController()
  pty.master.on('data', (octets: Buffer) => octets.includes('ATDT1') && end.abort())
  assert.deepEqual(await modem().dial('1', end.signal), { kind: 'failed', failure: 'aborted', words: 'dialling was given up' })
  assert.deepEqual(said, ['AT', 'ATI', 'ATDT1', ''])
})

test('a modem that is plugged in again is noticed, and nobody waits who does not want to', async (t) => {
  const { modem, room, pty } = bench(t)
  const clock = fakeClock()
  const tty = join(room, 'ttyUSB0')
  const one = modem({ tty, clock })
  let present = false
  const waiting = one.present(never).then(() => (present = true))
  await clock.advance(60_000)
  assert.equal(present, false)
  symlinkSync(pty.path, tty)
  await clock.advance(2000)
  await waiting
  rmSync(tty)
  const end = new AbortController()
  const given = one.present(end.signal)
  end.abort()
  await given
})

const program = join(import.meta.dirname, '../../.cache/peers/guest/usr/sbin/chat')
const skip = !existsSync(program) && 'no chat in .cache/peers; scripts/peers fetches what Debian has'

function chatting(room: string, script: string): Partial<HayesOptions> {
  const path = join(room, 'script')
  writeFileSync(path, script)
  return { chat: { script: path, program } }
}

const script = `# as Debian's provider
ABORT BUSY
ABORT "NO CARRIER"
ABORT 'NO DIALTONE'
REPORT CONNECT
TIMEOUT 2
'' AT
OK ATZ
OK ATDT\\T
CONNECT \\c
`

test('a chat script dials as it always did', { skip }, async (t) => {
  const { modem, room, said } = bench(t, { ATDT0845: 'CONNECT 33600/ARQ/V34' })
  const dialled = await modem(chatting(room, script)).dial('0845', never)
  assert.deepEqual(dialled, { kind: 'connected', carrier: { speed: 33_600, protocol: 'ARQ/V34' } })
  assert.deepEqual(said, ['AT', 'ATZ', 'ATDT0845'])
})

test('what a chat script aborts on is why the dial failed', { skip }, async (t) => {
  for (const [words, failure] of [
    ['BUSY', 'busy'],
    ['NO CARRIER', 'no-carrier'],
    ['NO DIALTONE', 'no-dialtone'],
  ] as const) {
    const { modem, room } = bench(t, { ATDT0845: words })
    assert.deepEqual(await modem(chatting(room, script)).dial('0845', never), { kind: 'failed', failure, words })
  }
})

test('a chat script that waits in vain, or is given up, leaves the modem hung up', { skip }, async (t) => {
  const vain = bench(t)
  const dialled = await vain.modem(chatting(vain.room, script)).dial('0845', never)
  assert.ok(dialled.kind === 'failed' && dialled.failure === 'no-answer', JSON.stringify(dialled))
  assert.deepEqual(vain.said, ['AT', 'ATZ', 'ATDT0845', 'AT', 'ATH'])
  const given = bench(t)
  const end = new AbortController()
  // chat says it character by character, and its line is whole with the last.
  given.pty.master.on('data', () => given.said.includes('ATDT0845') && end.abort())
  const aborted = await given.modem(chatting(given.room, script.replace('TIMEOUT 2', 'TIMEOUT 60'))).dial('0845', end.signal)
  assert.ok(aborted.kind === 'failed' && aborted.failure === 'aborted', JSON.stringify(aborted))
  assert.equal(given.said.at(-1), 'ATH')
})

test('a chat that cannot be run, or a script that cannot be read, says so', async (t) => {
  const { modem, room } = bench(t)
  writeFileSync(join(room, 'script'), script)
  for (const [chat, words] of [
    [{ script: join(room, 'script'), program: join(room, 'chat') }, /chat cannot be run: /],
    [{ script: join(room, 'none') }, /the chat script .*none cannot be read/],
  ] as const) {
    const dialled = await modem({ chat }).dial('1', never)
    assert.ok(dialled.kind === 'failed' && dialled.failure === 'refused')
    assert.match(dialled.words, words)
  }
})

/** Time passes eight times as fast, for what ends by silence alone. */
const hurried: HayesOptions['clock'] = {
  now: systemClock.now,
  elapsed: () => systemClock.elapsed() * 8,
  sleep: (until, signal) => systemClock.sleep(until / 8, signal),
}
