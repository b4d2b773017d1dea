/** Adapter: the wire as a TCP connection (node:net) that may become a TLS one (tls.ts). What is written goes by way of outflow.ts. */
import type { Socket } from 'node:net'
import { type Pace, unpaced } from '../pace.ts'
import type { Encrypt } from '../tls.ts'
import { outflow } from './outflow.ts'
import type { Connect, Connected, Target, Wire } from './wire.ts'

/** What waits to be read before the other side is held back, octets. */
const readAhead = 64 * 1024

export type SocketParts = {
  readonly encrypt: Encrypt
  /** Absent: nothing but the kernel keeps the line's queues short. */
  readonly pace?: Pace
}

export function sockets({ encrypt, pace = unpaced }: SocketParts): Connect {
  return async (target, signal) => {
    const plain = await dial(target, pace, signal)
    if ('reason' in plain) return { kind: 'failed', reason: plain.reason }
    const wire = overSocket(plain, target, encrypt, pace)
    return target.tls === 'implicit' ? encryptAtOnce(wire, signal) : { kind: 'connected', wire }
  }
}

/** Port 465 and the like (RFC 8314). */
async function encryptAtOnce(wire: Wire, signal: AbortSignal): Promise<Connected> {
  const giveUp = (): void => wire.close()
  signal.addEventListener('abort', giveUp)
  const secured = await wire.startTls()
  signal.removeEventListener('abort', giveUp)
  return secured.kind === 'failed' ? secured : { kind: 'connected', wire: { ...wire, secured } }
}

function dial({ address, port }: Target, pace: Pace, signal: AbortSignal): Promise<Socket | { readonly reason: string }> {
  if (signal.aborted) return Promise.resolve({ reason: 'given up' })
  return new Promise((resolve) => {
    const socket = pace.open(address, 'sending').setNoDelay(true).connect({ host: address, port })
    const connected = (): void => settle(socket)
    const failed = (error: Error): void => settle({ reason: wordsOf(error) })
    const giveUp = (): void => {
      settle({ reason: 'no connection in time' })
      socket.on('error', () => {}).destroy()
    }
    const settle = (result: Socket | { readonly reason: string }): void => {
      signal.removeEventListener('abort', giveUp)
      socket.off('connect', connected).off('error', failed)
      resolve(result)
    }
    signal.addEventListener('abort', giveUp)
    socket.once('connect', connected).once('error', failed)
  })
}

function overSocket(plain: Socket, target: Target, encrypt: Encrypt, pace: Pace): Wire {
  let socket: Socket = plain
  let arrived: Uint8Array[] = []
  let fault: string | undefined
  let ended = false
  let reader: ((octets: Uint8Array | undefined) => void) | undefined

  const give = (octets: Uint8Array | undefined): void => {
    const waiting = reader
    reader = undefined
    if (waiting) waiting(octets)
    else if (octets) arrived.push(octets)
    if (arrived.reduce((sum, { length }) => sum + length, 0) >= readAhead) socket.pause()
  }
  const finish = (): void => {
    ended = true
    out.stop()
    if (arrived.length === 0) give(undefined)
  }
  // TLS tells a turn late what the system has taken over, and who hears of the end must know.
  const gone = (): void => void setImmediate(finish)
  const fail = (error: Error): void => {
    fault ??= wordsOf(error)
  }
  const out = outflow({
    put: (block, taken) => void socket.write(block, taken),
    room: (octets) => pace.room(plain, octets),
    more: (follows) => void plain.setNoDelay(!follows),
  })
  const close = (): void => {
    socket.end()
    socket.destroySoon()
  }
  const listen = (): void => void socket.on('data', give).on('error', fail).on('end', gone).on('close', gone)
  const leave = (): void => void socket.off('data', give).off('error', fail).off('end', gone).off('close', gone)
  listen()

  return {
    where: `${target.host} [${target.address}]`,
    fault: () => fault,
    async read() {
      const first = arrived.shift()
      if (first) socket.resume()
      if (first || ended) return first
      return new Promise((resolve) => {
        reader = resolve
      })
    },
    write: (octets, sent) => out.write(octets, sent),
    async startTls() {
      leave()
      arrived = []
      const { host, port, tls, fingerprint } = target
      const encrypted = encrypt(plain, { host, port, verify: tls !== 'opportunistic', fingerprint })
      const secured = await encrypted.verdict
      socket = encrypted.socket
      listen()
      if (secured.kind === 'failed') {
        fault ??= secured.reason
        socket.destroy()
        finish()
      }
      return secured
    },
    end: () => out.finish(close),
    close() {
      pace.abandon(plain)
      socket.destroy()
      plain.destroy()
      finish()
    },
  }
}

function wordsOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException
  return code === undefined || error.message.includes(code) ? error.message : `${code}: ${error.message}`
}
