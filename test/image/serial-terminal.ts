/**
 * A person's terminal of 80×24 on a slow serial line: a tty for QEMU's port, which tells it the speed that the gateway sets; octets take as long
 * to either side as they do at the terminal's speed. At any other speed all would be noise, and nothing is shown.
 */
import { execFileSync } from 'node:child_process'
import { StringDecoder } from 'node:string_decoder'
import { vt, type Vt } from '../console/vt.ts'
import { until } from '../journey/daemon.ts'
import { openPty } from '../modem/pty.ts'
import { openTrunk } from '../modem/trunk.ts'
import { patience } from './emulator.ts'

export type SerialTerminal = {
  /** QEMU's backend for the port. */
  readonly backend: string
  readonly screen: Vt
  /** Resolves when the gateway speaks at its speed; from then on it is shown. */
  connected(): Promise<void>
  type(octets: Uint8Array): void
  /** Resolves when the last row that is not empty is such a one, and stays for a while; with the seconds since the last key was pressed. */
  settled(last: RegExp): Promise<number>
  readonly close: () => Promise<void>
}

/** On an asynchronous line, with a start bit and a stop bit. */
const bitsPerOctet = 10
/** Milliseconds without an octet, after which none is expected any more. */
const quiet = 400

export function serialTerminal(baud: number): SerialTerminal {
  const pty = openPty()
  const screen = vt(80, 24)
  const text = new StringDecoder('utf8')
  const now = (): number => performance.now()
  let shown = false
  let [typed, heard] = [0, 0]
  const trunk = openTrunk(
    { bitsPerSecond: (baud * 8) / bitsPerOctet, delay: 0, buffer: 64 },
    {
      near: { arrived: (octets) => void pty.master.write(octets), hold: () => pty.master.pause(), go: () => pty.master.resume() },
      far: {
        arrived(octets) {
          heard = now()
          screen.feed(text.write(octets))
        },
        hold: () => {},
        go: () => {},
      },
    },
  )
  pty.master.on('data', (octets: Buffer) => shown && trunk.send('near', octets))
  return {
    backend: `serial,path=${pty.path}`,
    screen,
    async connected() {
      await until(
        () => speedOf(pty.path) === baud,
        () => `the gateway speaks at ${speedOf(pty.path)} bit/s after ${patience} s`,
        patience * 1000,
      )
      shown = true
    },
    type(octets) {
      typed = now()
      trunk.send('far', Buffer.from(octets))
    },
    async settled(pattern) {
      await until(
        () => heard > typed && now() - heard > quiet && pattern.test(screen.seen().at(-1) ?? ''),
        () => `no ${pattern} within ${patience} s, but:\n${screen.rows().join('\n')}`,
        patience * 1000,
      )
      return (heard - typed) / 1000
    },
    async close() {
      trunk.close()
      await pty.close()
    },
  }
}

const speedOf = (tty: string): number => Number(execFileSync('stty', ['-F', tty, 'speed'], { encoding: 'utf8' }))
