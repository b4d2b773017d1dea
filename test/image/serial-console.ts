/** The other end of a machine's serial console: reads what it says, over as many boots as there are, and types. Every wait is bounded. */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { patience } from './emulator.ts'

export type SerialConsole = {
  /** Where QEMU connects its port to. */
  readonly path: string
  /** All that has come, without what only moves a terminal's cursor. */
  text(): string
  /** Resolves with the next match behind what was expected before; rejects, with what came instead, after so many seconds. */
  expect(pattern: RegExp, seconds?: number): Promise<RegExpExecArray>
  /** Goes on from the end of what has come: what was said before is not expected any more. */
  passOver(): void
  type(text: string): void
  readonly close: () => void
}

export async function openConsole(path: string): Promise<SerialConsole> {
  let text = ''
  let seen = 0
  let port: Socket | undefined
  const server = createServer((socket) => {
    port = socket
    socket.setEncoding('latin1')
    socket.on('error', () => {})
    socket.on('data', (octets: string) => {
      text = plain(text + octets)
      server.emit('said')
    })
  }).listen(path)
  await once(server, 'listening')
  return {
    path,
    text: () => text,
    async expect(pattern, seconds = patience) {
      const signal = AbortSignal.timeout(seconds * 1000)
      for (;;) {
        const found = pattern.exec(text.slice(seen))
        if (found) {
          seen += found.index + found[0].length
          return found
        }
        await once(server, 'said', { signal }).catch(() => {
          throw new Error(`${pattern} has not come within ${seconds} s, but:\n${text.slice(seen).slice(-3000)}`)
        })
      }
    },
    passOver() {
      seen = text.length
    },
    type: (typed) => void port?.write(typed),
    close() {
      port?.destroy()
      server.close()
    },
  }
}

/** CSI sequences (ECMA-48 §5.4), saved cursors and carriage returns away; one that has only begun stays until its rest has come. */
function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/\x1b(\[[0-?]*[ -/]*[@-~]|[78c])|\r/g, '')
}
