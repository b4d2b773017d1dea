/** A person at a terminal on the serial port, which here is a pseudo-terminal, and one at a shell: the same console, in the same daemon. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { vt } from '../console/vt.ts'
import { openPty } from '../modem/pty.ts'
import { type House, openHouse } from './house.ts'
import { sample } from './letters.ts'

const program = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../../src/main.ts')]
const env = { ...process.env, NODE_COMPILE_CACHE: join(import.meta.dirname, '../../.cache/compiled') }

/** A terminal of 80×24, and who sits at it. */
function terminal(t: TestContext, name?: string) {
  const pty = openPty(name === undefined ? {} : { name })
  t.after(() => pty.close())
  const screen = vt(80, 24)
  pty.master.on('data', (octets: Buffer) => screen.feed(octets.toString('utf8')))
  return {
    pty,
    screen,
    type: (octets: string | Uint8Array) => void pty.master.write(octets),
    last: () => screen.seen().at(-1) ?? '',
    seen: () => screen.seen().join('\n'),
  }
}

async function atPrompt(house: House, person: ReturnType<typeof terminal>, typed: string, expected: RegExp): Promise<void> {
  person.type(typed)
  const there = (): boolean => expected.test(person.seen()) && /^moriah \(\w+\) >$/.test(person.last())
  await house.until(`${JSON.stringify(typed)}: ${expected}`, there).catch((fault: unknown) => {
    throw new Error(`seen:\n${person.seen()}`, { cause: fault })
  })
}

test('letters are seen and steered, a call is watched, and noise, a BREAK and a pulled plug do no harm', async (t) => {
  let tty = ''
  const house = await openHouse(t, {
    adjust(config) {
      tty = join(config.run, 'tty')
      return { ...config, console: { tty, speed: 115_200 } }
    },
  })
  const mark = join(house.folder, 'run/console.tty')
  const first = terminal(t, tty)
  await house.until('the console is there', () => first.last() === 'moriah (down) >')
  assert.ok(existsSync(mark))

  await house.submit(sample('first', { to: ['linda@far.example'] }))
  const [letter] = await house.queue()
  const id = letter?.id ?? assert.fail()
  await atPrompt(house, first, 'queue\r', new RegExp(`^${id} .*eddy@shire\\.lan[^]*linda@far\\.example by smarthost: waiting`, 'm'))
  first.type('sh\t\t\r')
  await house.until('a page of it is shown', () => first.last() === '--more--')
  await atPrompt(house, first, 'q', /^Subject +first$/m)
  await atPrompt(house, first, `hold ${id}\r`, /is held/)
  await atPrompt(house, first, `delete ${id}\rno\r`, /Nobody will be told\.\nyes or no\? no\n/)
  assert.equal((await house.queue()).length, 1)
  await atPrompt(house, first, `release ${id}\r`, /is free/)
  await atPrompt(house, first, 'expl\teddy --from keith\r', /keith/)
  await atPrompt(house, first, 'check\r', /dialpost\.toml: (no mistakes|this file)|1: /)
  await atPrompt(house, first, 'settings queue.reserve\r', /^queue\.reserve: size/m)
  await atPrompt(house, first, 'reboot\ry\r', /not that kind of box|nobody listens/)

  first.type(Uint8Array.from({ length: 2000 }, (_, at) => (at * 7919 + (at >> 3) * 31) % 256))
  await atPrompt(house, first, '\x03\x15\x03hangup\r', /\(not possible now\)\nmoriah|hung up|is down/)

  first.type('watch\r')
  await house.until('it is watched', () => first.last() === 'q ends')
  house.lineUp()
  await house.until('the call is seen', () => /^line +up .*on ppp0/m.test(first.screen.rows().join('\n')))
  await house.untilIdle()
  await house.until('it has moved', () => /^out +\[#+\] +1 letter/m.test(first.screen.rows().join('\n')))
  await atPrompt(house, first, 'q', /moriah \(up\) >$/)

  await first.pty.close()
  await house.until('nobody holds the port', () => !existsSync(mark))
  const second = terminal(t, tty)
  await house.until('the console is there again', () => second.last() === 'moriah (up) >')
  await house.close()
  assert.equal(existsSync(mark), false)
})

test('a shell has the same, on its own terminal or on another, and gets its terminal back', async (t) => {
  const house = await openHouse(t)
  const mine = terminal(t)
  const start = (...words: readonly string[]) => {
    const slave = openSync(mine.pty.path, 'r+')
    const child = spawn(process.execPath, [...program, ...words, '-C', house.settings], { stdio: [slave, slave, 'pipe'], env })
    closeSync(slave)
    t.after(() => child.kill('SIGKILL'))
    return { ended: once(child, 'exit').then(([code]) => code as number | null), complained: text(child.stderr ?? assert.fail()) }
  }
  const shell = start('console')
  await house.until('the console is there', () => mine.last() === 'moriah (down) >')
  await atPrompt(house, mine, 'queue\r', /^The queue is empty\.$/m)
  mine.type('log -f\r')
  await house.until('the log is followed', () => /the LAN's door is/.test(mine.seen()))
  await atPrompt(house, mine, '\x03', /\^C\nmoriah \(down\) >$/)
  mine.type('exit\r')
  assert.equal(await shell.ended, 0)

  const watch = start('watch')
  await house.until('it is watched', () => mine.last() === 'q ends')
  mine.type('q')
  assert.equal(await watch.ended, 0)
  assert.deepEqual([await shell.complained, await watch.complained], ['', ''])

  const other = terminal(t)
  const lent = start('console', other.pty.path)
  await house.until('the console is on the other one', () => other.last() === 'moriah (down) >')
  await atPrompt(house, other, 'status\r', /^line +down/m)
  await other.pty.close()
  assert.deepEqual([await lent.ended, await lent.complained], [69, 'dialpost: the terminal has gone\n'])
})

test('without a terminal, or without a daemon, a shell is told what to do', async (t) => {
  const house = await openHouse(t)
  const blind = spawn(process.execPath, [...program, 'watch', '-C', house.settings], { stdio: ['ignore', 'inherit', 'pipe'], env })
  const ended = once(blind, 'exit')
  assert.deepEqual(
    [await text(blind.stderr), (await ended)[0]],
    ['dialpost: this wants a terminal; name one, such as /dev/ttyS0, or start it at one\n', 69],
  )
})
