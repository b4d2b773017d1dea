/** The sockets of the sendmail words: one connection to the daemon's own SMTP door, spoken by us (handover.ts) or by who called us (-bs). */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import type { Reply } from '../mail/reply.ts'
import { replyReader } from '../send/replies.ts'
import type { Connection, Door } from './handover.ts'

/** How long one answer may take (milliseconds): a slow flash, not a dead daemon. */
const patience = 5 * 60_000

/** Undefined if nobody listens there. */
export async function dial({ address, port }: Door): Promise<Connection | undefined> {
  const socket = await connected(address, port)
  return socket && connectionOn(socket)
}

/** Speaks what `input` says and writes what is answered, until the daemon hangs up; false if nobody listens there. */
export async function relay({ address, port }: Door, input: Readable, output: Writable): Promise<boolean> {
  const socket = await connected(address, port)
  if (!socket) return false
  socket.on('error', () => socket.destroy())
  input.on('error', () => socket.destroy())
  output.on('error', () => socket.destroy())
  let [heard, answered] = ['', '']
  input.on('data', (octets: Uint8Array) => (heard = tail(heard, octets)))
  socket.on('data', (octets: Uint8Array) => (answered = tail(answered, octets)))
  // Who leaves within a letter must not have it sent; who leaves otherwise has his answers first.
  input.on('end', () => {
    if (/(?:^|\n)quit\s*$/i.test(heard)) return
    if (/(?:^|\n)354.*\n$/.test(answered)) socket.destroy()
    else socket.write('QUIT\r\n')
  })
  input.pipe(socket, { end: false })
  socket.pipe(output, { end: false })
  if (!socket.closed) await once(socket, 'close')
  input.destroy()
  return true
}

/** Enough of what was said last to know its last line. */
function tail(before: string, octets: Uint8Array): string {
  return (before + Buffer.from(octets.subarray(-200)).toString('latin1')).slice(-200)
}

async function connected(host: string, port: number): Promise<Socket | undefined> {
  const socket = connect({ host, port, allowHalfOpen: false })
  try {
    await once(socket, 'connect')
    return socket
  } catch {
    return undefined
  }
}

function connectionOn(socket: Socket): Connection {
  const reader = replyReader()
  const replies: Reply[] = []
  let fault: Error | undefined
  let wake = (): void => {}
  const fail = (why: Error): void => {
    fault ??= why
    wake()
  }
  socket.on('data', (octets: Uint8Array) => {
    const { replies: more, broken } = reader.push(octets)
    replies.push(...more)
    if (broken !== undefined) socket.destroy(new Error(broken))
    wake()
  })
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('the daemon hung up')))
  socket.on('timeout', () => socket.destroy(new Error(`the daemon said nothing for ${patience / 60_000} minutes`)))
  return {
    async answer() {
      socket.setTimeout(patience)
      for (;;) {
        const reply = replies.shift()
        if (reply) {
          socket.setTimeout(0)
          return reply
        }
        if (fault) throw fault
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    async send(octets) {
      if (fault) throw fault
      if (octets.length === 0) return
      await new Promise<void>((resolve, reject) => {
        socket.write(octets, (error) => (error ? reject(fault ?? error) : resolve()))
      })
    },
    close: () => void socket.destroy(),
  }
}
