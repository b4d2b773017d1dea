/** The console on a serial port, which here is a pseudo-terminal: speed and modes are set, the port may go and come, and who holds it says so. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { serveSerial } from '../../src/console/serial.ts'
import type { Terminal } from '../../src/console/terminal.ts'
import { openTty } from '../../src/console/tty.ts'
import { events } from '../../src/log/events.ts'
import { openPty, type Pty } from '../modem/pty.ts'

/** A folder with a port in it, which may be plugged in more than once. */
function place(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-serial-'))
  const ports: Pty[] = []
  t.after(async () => {
    for (const port of ports) await port.close()
    rmSync(folder, { recursive: true })
  })
  const plug = (): Pty => {
    const port = openPty({ name: join(folder, 'tty') })
    ports.push(port)
    return port
  }
  return { folder, plug }
}

/** An echo, as far as the port is concerned. */
async function echo(terminal: Terminal): Promise<void> {
  terminal.hear((octets) => void terminal.write(`<${Buffer.from(octets).toString('utf8')}>`))
  await terminal.write('here\r\n')
  await new Promise<void>((over) => terminal.gone.addEventListener('abort', () => over(), { once: true }))
}

function serve(t: TestContext, folder: string, converse: (terminal: Terminal) => Promise<void> = echo) {
  const ending = new AbortController()
  const said: string[] = []
  const [tty, mark] = [join(folder, 'tty'), join(folder, 'console.tty')]
  const log = events(({ text }) => said.push(text))
  const served = serveSerial({ tty, speed: 9600, mark, clock: systemClock, log, converse }, ending.signal)
  t.after(() => ending.abort())
  return { tty, mark, said, served, end: () => ending.abort() }
}

async function until(seen: () => boolean): Promise<void> {
  while (!seen()) await systemClock.sleep(systemClock.elapsed() + 10)
}

function listen(pty: Pty): () => string {
  let text = ''
  pty.master.on('data', (octets: Buffer) => (text += octets.toString('utf8')))
  return () => text
}

test('octets go both ways unchanged, at the speed of the settings, and a file tells who has the port', async (t) => {
  const { folder, plug } = place(t)
  const pty = plug()
  const heard = listen(pty)
  const { mark, served, end, tty } = serve(t, folder)
  await until(() => heard().includes('here\r\n'))
  assert.equal(readFileSync(mark, 'utf8'), `${process.pid}\n`)
  const modes = spawnSync('stty', ['-F', tty, '-a'], { encoding: 'utf8' }).stdout
  assert.match(modes, /speed 9600 baud/)
  for (const mode of ['clocal', 'ignbrk', '-echo', '-icanon', '-isig', '-ixon', '-opost', '-crtscts', '-hupcl'])
    assert.match(modes, new RegExp(`(^|\\s)${mode}\\b`, 'm'))
  pty.master.write('q\x03\x11\rü')
  await until(() => heard().endsWith('>'))
  assert.equal(heard().replaceAll('><', ''), 'here\r\n<q\x03\x11\rü>')
  end()
  await served
  assert.equal(existsSync(mark), false)
})

test('a port that is not there, goes and comes again is waited for', async (t) => {
  const { folder, plug } = place(t)
  const { mark, said, served, end } = serve(t, folder)
  await until(() => said.some((text) => /^no console: there is no .*tty; tried again$/.test(text)))
  const first = plug()
  const heard = listen(first)
  await until(() => heard().includes('here'))
  assert.ok(existsSync(mark))
  await first.close()
  await until(() => said.some((text) => text.endsWith('has gone; tried again')))
  assert.equal(existsSync(mark), false)
  const second = plug()
  const again = listen(second)
  await until(() => again().includes('here'))
  end()
  await served
})

test('a console that breaks is begun anew', async (t) => {
  const { folder, plug } = place(t)
  const port = plug()
  const heard = listen(port)
  let breaks = true
  const { said, served, end } = serve(t, folder, async (terminal) => {
    if (!breaks) return echo(terminal)
    breaks = false
    throw new Error('no list')
  })
  await until(() => said.some((text) => /broke: no list; tried again/.test(text)))
  await until(() => heard().includes('here'))
  end()
  await served
})

test('what is no tty, and a speed that there is not, is refused in a sentence', (t) => {
  const { folder, plug } = place(t)
  writeFileSync(join(folder, 'file'), '')
  assert.deepEqual(openTty(join(folder, 'file')), { trouble: `${join(folder, 'file')} is no tty` })
  assert.deepEqual(openTty(join(folder, 'none')), { trouble: `there is no ${join(folder, 'none')}` })
  const { path } = plug()
  assert.deepEqual(openTty(path, 9601), { trouble: `${path} cannot be set: EINVAL: tcsetattr failed` })
})
