/**
 * A board's image in QEMU for a person to try: its serial console in this terminal, an emulated modem on its other port, and at the far end of
 * the telephone line an ISP, a second machine with Debian's pppd, Postfix and Dovecot. Every call is connected to it, whatever was dialled.
 * See scripts/run-image.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, parseEnv } from 'node:util'
import { box } from '../../test/bench/line/far.ts'
import { noMachines } from '../../test/image/emulator.ts'
import { startIsp } from '../../test/image/isp.ts'
import { dialledModems } from '../../test/image/modems.ts'
import { preloadedLines } from '../../test/modem/lines.ts'
import { work } from '../../test/image/people.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { fresh: { type: 'boolean' }, alone: { type: 'boolean' }, memory: { type: 'string' }, speed: { type: 'string' } },
})
const [board = ''] = positionals
const project = join(import.meta.dirname, '../..')
const meta = parseEnv(readFileSync(join(project, 'board', board, 'meta'), 'utf8')) as Record<string, string>
const [program = '', ...computer] = (meta['QEMU'] ?? '').split(' ')
if (program === '') throw new Error(`board/${board}/meta has no QEMU=: nothing here is like it`)

const folder = mkdtempSync(join(tmpdir(), 'dialpost-run-'))
const disk = diskOf(board)
const modems = dialledModems(folder, { bitsPerSecond: Number(values.speed ?? 33_600) })
const nobody = values.alone ? 'no ISP was asked for' : noMachines()
tell(`${meta['NAME']}; its disk is ${disk}`, 'Ctrl-A x pulls the mains plug and ends this.')
if (nobody !== false) tell(`Nobody answers the telephone: ${nobody}.`)
const isp = nobody === false ? provider() : undefined
await theBox()
const provided = await isp
await provided?.stop()
await modems.close()
rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
process.exit()

/** What was on it the last time still is, unless it is to be fresh. */
function diskOf(name: string): string {
  const path = join(project, 'dist/image', `${name}.disk`)
  if (values.fresh || !existsSync(path)) {
    copyFileSync(join(project, 'dist/image', `${name}.img`), path)
    truncateSync(path, 512 * 2 ** 20)
  }
  return path
}

/** Starts beside the box, which does without one until then. */
async function provider() {
  try {
    const one = await startIsp(join(folder, 'isp'), modems.port('far'))
    tell(
      `The ISP answers every number: user ${box.user}, password ${box.password}.`,
      `Its smarthost is smtp.isp.example, port ${one.ports.smtp}; its maildrops are at pop.isp.example, port ${one.ports.pop3}:`,
      `${box.user} with ${box.password}, and ${work.user} with ${work.password}.`,
    )
    return one
  } catch (cause) {
    tell(`The ISP does not start: ${(cause as Error).message}`)
    return undefined
  }
}

/** Resolves when the box is off: by itself, or by whoever sits here. */
async function theBox(): Promise<void> {
  const console = createServer((socket) => terminal(socket, () => qemu.kill('SIGKILL'))).listen(join(folder, 'console'))
  await once(console, 'listening')
  const { backend, lines } = modems.port('near')
  const words = [
    [...computer, '-m', values.memory ?? meta['RAM_MB'] ?? '64', '-nodefaults', '-display', 'none'],
    ['-drive', `file=${disk},if=none,id=disk,format=raw,cache=directsync`],
    (meta['QEMU_DISK'] ?? '-device virtio-blk-pci,drive=disk').split(' '),
    ['-chardev', `socket,id=console,path=${join(folder, 'console')}`, '-serial', 'chardev:console'],
    ['-chardev', `${backend},id=modem`, ...(meta['QEMU_MODEM'] ?? '-serial chardev:modem').split(' ')],
    ['-netdev', 'user,id=lan,restrict=on', '-device', 'virtio-net-pci,netdev=lan,romfile=', '-device', 'virtio-rng-pci'],
  ].flat()
  // A death signal outlives exec: no box goes on without its terminal.
  const command = ['--pdeathsig', 'KILL', join(import.meta.dirname, 'qemu'), program, ...words]
  const env = { ...process.env, MODEM_LINES: lines, LD_PRELOAD: preloadedLines() }
  const qemu = spawn('setpriv', command, { stdio: ['ignore', 'ignore', 'inherit'], env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => qemu.kill('SIGKILL'))
  await once(qemu, 'exit')
  console.close()
}

/** Every key goes to the box but Ctrl-A x, as in QEMU's own terminal; Ctrl-A twice is one. */
function terminal(socket: Socket, end: () => void): void {
  const escape = '\x01'
  let escaped = false
  socket.pipe(process.stdout, { end: false })
  socket.on('error', () => {})
  if (process.stdin.isTTY) process.stdin.setRawMode(true)
  process.stdin.on('data', (octets: Buffer) => {
    for (const key of octets.toString('latin1')) {
      if (escaped && key === 'x') end()
      else if (escaped || key !== escape) socket.write(key, 'latin1')
      escaped = !escaped && key === escape
    }
  })
  process.stdin.on('end', end)
}

/** Told from what the box says. */
function tell(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`\r\n-- ${line}`)
  process.stdout.write('\r\n')
}
