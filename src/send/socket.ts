/**
 * Adapter: the wire as a TCP connection (node:net) that may become a TLS one (tls.ts). Small writes of one turn of the
 * event loop share a segment, and Nagle is off.
 */
import { type Socket, connect as connectTcp } from 'node:net'
import type { Encrypt } from '../tls.ts'
import type { Connect, Connected, Target, Wire } from './wire.ts'

/** What waits to be read before the other side is held back, octets. */
const readAhead = 64 * 1024

export function sockets({ encrypt }: { readonly encrypt: Encrypt }): Connect {
  return async (target, signal) => {
    const plain = await dial(target, signal)
    if ('reason' in plain) return { kind: 'failed', reason: plain.reason }
    const wire = overSocket(plain, target, encrypt)
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

function dial({ address, port }: Target, signal: AbortSignal): Promise<Socket | { readonly reason: string }> {
  if (signal.aborted) return Promise.resolve({ reason: 'given up' })
  return new Promise((resolve) => {
    const socket = connectTcp({ host: address, port, noDelay: true })
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

function overSocket(plain: Socket, target: Target, encrypt: Encrypt): Wire {
  let socket: Socket = plain
  let arrived: Uint8Array[] = []
  let fault: string | undefined
  let ended = false
  let corked = false
  let reader: ((octets: Uint8Array | undefined) => void) | undefined
  const blocked = new Set<() => void>()

  const give = (octets: Uint8Array | undefined): void => {
    const waiting = reader
    reader = undefined
    if (waiting) waiting(octets)
    else if (octets) arrived.push(octets)
    if (arrived.reduce((sum, { length }) => sum + length, 0) >= readAhead) socket.pause()
  }
  const finish = (): void => {
    ended = true
    for (const go of blocked) go()
    if (arrived.length === 0) give(undefined)
  }
  const fail = (error: Error): void => {
    fault ??= wordsOf(error)
  }
  const drained = (): void => {
    for (const go of blocked) go()
  }
  const listen = (): void => void socket.on('data', give).on('error', fail).on('end', finish).on('close', finish).on('drain', drained)
  const leave = (): void => void socket.off('data', give).off('error', fail).off('end', finish).off('close', finish).off('drain', drained)
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
    async write(octets, sent) {
      if (ended || octets.length === 0) return
      if (!corked) {
        corked = true
        const written = socket
        written.cork()
        setImmediate(() => {
          corked = false
          written.uncork()
        })
      }
      if (socket.write(octets, (error) => void (error ?? sent?.()))) return
      await new Promise<void>((resolve) => {
        const go = (): void => {
          blocked.delete(go)
          resolve()
        }
        blocked.add(go)
      })
    },
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
    end() {
      socket.end()
      socket.destroySoon()
    },
    close() {
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
