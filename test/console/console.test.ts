/**
 * Golden sessions at a terminal of 80×24 on a line of 9600 bit/s: `terminal/*.in` is what is typed, a line at a time (typed.ts); `*.out` is all
 * that was seen. `UPDATE_GOLDEN=1` writes them anew, to be read before committing.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { commands } from '../../src/console/commands.ts'
import { converse } from '../../src/console/console.ts'
import type { House } from '../../src/console/house.ts'
import { fakeClock } from '../fake/clock.ts'
import { fakeHouse } from '../fake/house.ts'
import { octetsOf } from './typed.ts'
import { vt } from './vt.ts'

process.env['TZ'] = 'UTC'
const folder = join(import.meta.dirname, 'terminal')
const sessions = readdirSync(folder).filter((file) => file.endsWith('.in'))
const rate = 960

/** A person at a terminal; each line waits until all of what came before has been shown. */
function sitDown(house: House = fakeHouse()) {
  const clock = fakeClock()
  const screen = vt(80, 24)
  const gone = new AbortController()
  let typed: (octets: Uint8Array) => void = () => {}
  let octets = 0
  const ended = converse(
    {
      size: { columns: 80, rows: 24 },
      rate,
      async write(text) {
        octets += Buffer.byteLength(text)
        screen.feed(text)
      },
      hear(heard) {
        typed = heard
      },
      gone: gone.signal,
    },
    { house, commands, clock },
  )
  return {
    screen,
    clock,
    ended,
    octets: () => octets,
    hangUp: () => gone.abort(),
    async type(text: string | Uint8Array, ms = 60_000) {
      typed(Buffer.from(text))
      await clock.advance(ms)
    },
  }
}

for (const session of sessions) {
  test(`the session ${session} goes as written`, async () => {
    const person = sitDown()
    for (const line of readFileSync(join(folder, session), 'utf8').split('\n').slice(0, -1)) await person.type(octetsOf(line))
    const seen = `${person.screen.seen().join('\n')}\n`
    const golden = join(folder, session.replace('.in', '.out'))
    if (process.env['UPDATE_GOLDEN']) writeFileSync(golden, seen)
    assert.equal(seen, readFileSync(golden, 'utf8'))
  })
}

test('every command is typed in one of them', () => {
  const typed = sessions.map((session) => readFileSync(join(folder, session), 'utf8')).join('\n')
  assert.deepEqual(
    commands
      .filter(({ pattern }) => !new RegExp(`^${pattern.replace(/ [A-Z[].*$/, '')}\\b`, 'm').test(typed))
      .map(({ pattern }) => pattern),
    [],
  )
})

test('at rest nothing is timed and nothing sent', async () => {
  const { clock, octets, type } = sitDown()
  await type('')
  const before = octets()
  assert.equal(clock.waiting(), 0)
  await clock.advance(86_400_000)
  assert.equal(octets(), before)
})

test('^C ends ten thousand letters within a quarter of a second of line, and they were not all kept for it', async () => {
  let asked = 0
  const [letter] = fakeHouse().queue()
  const house: House = {
    ...fakeHouse(),
    *queue() {
      for (; asked < 10_000; asked++) if (letter) yield letter
    },
  }
  const { octets, type, screen } = sitDown(house)
  await type('')
  await type('queue\r', 500)
  const before = octets()
  await type('\x03', 5000)
  assert.ok(octets() - before < 0.3 * rate, `${octets() - before} octets more`)
  assert.match(screen.seen().at(-1) ?? '', /^moriah \(up\) >$/)
  assert.ok(asked <= 100, `${asked} letters`)
})

test('a log that is faster than the line leaves lines out, and says so', async () => {
  let told: (line: string) => void = () => {}
  const house: House = {
    ...fakeHouse(),
    followLog(heard, signal) {
      told = heard
      return new Promise((over) => signal.addEventListener('abort', () => over()))
    },
  }
  const { type, screen } = sitDown(house)
  await type('')
  await type('log -f\r')
  for (let at = 0; at < 1000; at++) told(`line ${at} of a flood of them`)
  await type('')
  told('the last one')
  await type('')
  const seen = screen.seen()
  assert.ok(seen.length < 250, `${seen.length} lines`)
  assert.match(seen.at(-2) ?? '', /^… \d+ left out: the line is slow$/)
  assert.equal(seen.at(-1), 'the last one')
})

test('a command that breaks, and noise of any kind, leave a console that works', async () => {
  let breaks = false
  const house: House = {
    ...fakeHouse(),
    sums() {
      if (breaks) throw new Error('no notes')
      return fakeHouse().sums()
    },
  }
  const { type, screen } = sitDown(house)
  breaks = true
  await type('status\r')
  assert.match(screen.seen().join('\n'), /status broke: no notes/)
  breaks = false
  const noise = Uint8Array.from({ length: 5000 }, (_, at) => (at * 7919 + (at >> 3) * 31) % 256)
  await type(noise)
  await type('\x03\x15hangup\r')
  assert.equal(screen.seen().at(-2), 'The line is hung up.')
})

test('a line that sends back all it gets comes to rest', async () => {
  const clock = fakeClock()
  let octets = 0
  let typed: (octets: Uint8Array) => void = () => {}
  void converse(
    {
      size: { columns: 80, rows: 24 },
      rate,
      async write(text) {
        octets += text.length
        setImmediate(() => typed(Buffer.from(text)))
      },
      hear: (heard) => void (typed = heard),
      gone: new AbortController().signal,
    },
    { house: fakeHouse(), commands, clock },
  )
  for (let at = 0; at < 50; at++) await clock.advance(10_000)
  assert.equal(clock.waiting(), 0)
  const before = octets
  await clock.advance(60_000)
  assert.equal(octets, before)
  assert.ok(octets < 5000, `${octets} octets`)
})

test('what breaks in the console itself ends that session, and no more', async () => {
  const house: House = {
    ...fakeHouse(),
    names() {
      throw new Error('no list')
    },
  }
  const { ended, type } = sitDown(house)
  const broken = assert.rejects(ended, /no list/)
  await type('show \t')
  await broken
})

test('it ends when the person leaves, and when the terminal goes', async () => {
  const first = sitDown()
  await first.type('exit\r')
  await first.ended
  const second = sitDown()
  await second.type('delete 4F2\r')
  second.hangUp()
  await second.ended
})
