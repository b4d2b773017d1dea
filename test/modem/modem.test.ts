/** The virtual modem on a pseudo-terminal, as dialpost's own modem adapter finds it. */
import assert from 'node:assert/strict'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../src/clock.ts'
import { type HayesOptions, hayesModem } from '../../src/link/hayes.ts'
import type { DialFailure, Modem } from '../../src/link/modem.ts'
import { answerCalls } from './answering.ts'
import { type Exchange, openExchange } from './exchange.ts'
import { type ModemOptions, type VirtualModem, virtualModem } from './modem.ts'
import { openPty, type Pty } from './pty.ts'

const never = new AbortController().signal

type Desk = { readonly modem: Modem; readonly exchange: Exchange; readonly virtual: VirtualModem; readonly pty: Pty; readonly room: string }

/** dialpost's adapter, the virtual modem, and an ISP that takes every call. */
function desk(t: TestContext, its: Partial<ModemOptions> = {}, ours: (room: string) => Partial<HayesOptions> = () => ({})): Desk {
  const room = mkdtempSync(join(tmpdir(), 'dialpost-desk-'))
  const pty = openPty()
  const exchange = openExchange({ bitsPerSecond: 33_600, delay: 10 })
  answerCalls(exchange)
  const virtual = virtualModem({ port: pty.master, exchange, ...its })
  const usual = { tty: pty.path, speed: 115_200, init: ['ATZ', 'ATX4&C1&D2'], answerWithin: 20_000, lockFolder: room, clock: systemClock }
  const modem = hayesModem({ ...usual, ...ours(room) })
  t.after(async () => {
    await modem.close()
    exchange.close()
    virtual.close()
    await pty.close()
    rmSync(room, { recursive: true })
  })
  return { modem, exchange, virtual, pty, room }
}

/** What a program on the tty hears after it has said this, until the text has come. */
async function said(pty: Pty, words: string, until: string): Promise<string> {
  const tty = openSync(pty.path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
  writeSync(tty, words)
  let heard = ''
  const octets = Buffer.alloc(4096)
  while (!heard.includes(until)) {
    await delay(10)
    heard += octets.toString('latin1', 0, readable(tty, octets))
  }
  closeSync(tty)
  return heard
}

function readable(tty: number, octets: Buffer): number {
  try {
    return readSync(tty, octets)
  } catch {
    return 0
  }
}

test('a call connects, carries, is hung up by +++, and another one connects', { timeout: 30_000 }, async (t) => {
  const { modem, exchange, virtual, pty } = desk(t)
  const connected = { kind: 'connected', carrier: { speed: 33_600, protocol: 'ARQ/V34/LAPM' } } as const
  assert.deepEqual(await modem.dial('0845 1234567', never), connected)
  assert.equal(await said(pty, 'Hello, ISP', 'ISP'), 'Hello, ISP')
  assert.deepEqual(exchange.carried(), { near: 10, far: 10 })
  assert.equal(virtual.state().phase.kind, 'online')
  assert.equal(await modem.hangUp(), 'idle')
  assert.equal(virtual.state().phase.kind, 'command')
  assert.deepEqual(await modem.dial('0845,7654321', never), connected)
  assert.deepEqual(
    exchange.calls().map(({ number, ended }) => [number, ended === undefined]),
    [
      ['08451234567', false],
      ['08457654321', true],
    ],
  )
  assert.deepEqual(modem.facts(), { identity: 'Virtual 33600' })
})

test('a call that comes to nothing says why', { timeout: 30_000 }, async (t) => {
  const { modem, exchange } = desk(t)
  const fates = [
    'busy',
    'no-dialtone',
    'no-answer',
    'no-carrier',
    'voice',
    'delayed',
    'blacklisted',
  ] as const satisfies readonly DialFailure[]
  exchange.awaits(...fates)
  for (const failure of fates) {
    const dialled = await modem.dial('1', never)
    assert.equal(dialled.kind === 'failed' && dialled.failure, failure)
  }
})

test('a connection is lost after so many octets, and said to be', { timeout: 30_000 }, async (t) => {
  const { modem, exchange, pty, virtual } = desk(t)
  exchange.awaits({ after: 100, fault: 'no-carrier' })
  await modem.dial('1', never)
  assert.match(await said(pty, 'x'.repeat(200), 'CARRIER'), /^x{0,100}\r\nNO CARRIER(\r\n)?$/)
  assert.equal(virtual.state().phase.kind, 'command')
})

test('a connection dies without a word', { timeout: 30_000 }, async (t) => {
  const { modem, exchange, virtual } = desk(t)
  await modem.dial('1', never)
  exchange.cut()
  assert.equal(virtual.carrier(), true)
  assert.equal(await modem.hangUp(), 'idle')
  assert.equal(virtual.carrier(), false)
})

test('a mute modem says nothing, a dead one is no tty any more', { timeout: 40_000 }, async (t) => {
  const { modem, virtual, pty } = desk(t)
  virtual.mute(true)
  const mute = await modem.dial('1', never)
  assert.equal(mute.kind === 'failed' && mute.failure, 'mute')
  virtual.mute(false)
  assert.equal((await modem.dial('1', never)).kind, 'connected')
  await pty.close()
  assert.equal(await modem.hangUp(), 'gone')
})

test('noise between what a modem says hides nothing', { timeout: 30_000 }, async (t) => {
  const { modem } = desk(t, { noise: '\xff~\x7f{\r\n' })
  assert.equal((await modem.dial('1', never)).kind, 'connected')
  assert.equal(await modem.hangUp(), 'idle')
})

test('DTR hangs up where there is one, and DCD follows the carrier', { timeout: 30_000 }, async (t) => {
  let virtual: VirtualModem | undefined
  const lines = { carrier: async () => virtual?.carrier() ?? false, ready: async (on: boolean) => virtual?.ready(on) }
  const one = desk(t, {}, () => ({ lines: () => lines }))
  virtual = one.virtual
  await one.modem.dial('1', never)
  assert.equal(virtual.carrier(), true)
  const heard: string[] = []
  one.pty.master.on('data', (octets: Buffer) => heard.push(octets.toString('latin1')))
  assert.equal(await one.modem.hangUp(), 'idle')
  assert.equal(virtual.carrier(), false)
  assert.notEqual(one.exchange.calls()[0]?.ended, undefined)
  assert.ok(!heard.join('').includes('+++'), 'it needed no escape')
})

test('a stick wants its PIN once, and shows its signal', { timeout: 30_000 }, async (t) => {
  const stick = { identity: 'Virtual LTE', cellular: { sim: { pin: '4711' }, signal: 17 } } as const
  const { modem } = desk(t, { personality: stick }, (room) => {
    writeFileSync(join(room, 'pin'), '4711\n', { mode: 0o600 })
    return { pin: { file: join(room, 'pin'), mark: join(room, 'mark') } }
  })
  assert.equal((await modem.dial('*99#', never)).kind, 'connected')
  assert.deepEqual(modem.facts(), { identity: 'Virtual LTE', sim: 'ready', signal: '-79 dBm, 4 of 4 bars' })
})
