/** A client for tests: says lines, hears whole replies. */
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { once } from 'node:events'
import type { Transport } from '../dialog/player.ts'
import { socketTransport } from '../dialog/player.ts'

export interface Caller {
  readonly socket: Socket
  /** Sends text as it is, and does not wait. */
  say(text: string): void
  /** The next reply, all its lines, without the last line end; undefined when the other side has hung up. */
  hear(): Promise<string | undefined>
  /** Says it with a line end and hears the answer. */
  ask(line: string): Promise<string | undefined>
  end(): Promise<void>
}

/** Connects, and hears the greeting. */
export async function call(port: number): Promise<Caller> {
  const socket = connect(port, '127.0.0.1')
  const caller = callerOn(socket)
  await caller.hear()
  return caller
}

export function callerOn(socket: Socket): Caller {
  const transport: Transport = socketTransport(socket)
  let heard = ''
  const hear = async (): Promise<string | undefined> => {
    for (;;) {
      const whole = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(heard)?.[0]
      if (whole !== undefined) {
        heard = heard.slice(whole.length)
        return whole.slice(0, -2)
      }
      const more = await transport.read()
      if (!more) return undefined
      heard += Buffer.from(more).toString()
    }
  }
  return {
    socket,
    say: (text) => void socket.write(text),
    hear,
    async ask(line) {
      socket.write(`${line}\r\n`)
      return hear()
    },
    async end() {
      if (socket.closed) return
      socket.destroy()
      await once(socket, 'close')
    },
  }
}
