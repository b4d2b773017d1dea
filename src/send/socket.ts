/**
 * Adapter: the wire as a TCP connection (node:net) that may become a TLS one (tls.ts). While letters follow one another their ends
 * and beginnings share segments (Nagle's algorithm, RFC 1122 §4.2.3.4); what nothing follows leaves at once, without it.
 * The system is given two segments at a time, so that its send buffer (see pace.ts) means what it says.
 */
import { Socket } from 'node:net'
import type { Pace } from '../pace.ts'
import type { Encrypt } from '../tls.ts'
import type { Connect, Connected, Target, Wire } from './wire.ts'

/** What waits to be read before the other side is held back, octets. */
const readAhead = 64 * 1024
/** What may wait to be written before the writer is, and what is given to the system at once: two segments, one record of TLS. */
const writeAhead = 4 * 1024
const blockSize = 2920
/** Milliseconds without anything to write after which a segment that is not full leaves at once, whatever is still under way. */
const lull = 20

export type SocketParts = {
  readonly encrypt: Encrypt
  /** Absent: nothing but the kernel keeps the line's queues short. */
  readonly pace?: Pace
}

export function sockets({ encrypt, pace = () => new Socket() }: SocketParts): Connect {
  return async (target, signal) => {
    const plain = await dial(target, pace, signal)
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

function dial({ address, port }: Target, pace: Pace, signal: AbortSignal): Promise<Socket | { readonly reason: string }> {
  if (signal.aborted) return Promise.resolve({ reason: 'given up' })
  return new Promise((resolve) => {
    const socket = pace(address, 'sending').setNoDelay(true).connect({ host: address, port })
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
  let closing = false
  let writing = false
  let letGo: NodeJS.Timeout | undefined
  let held = 0
  let waiting: Piece[] = []
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
    clearTimeout(letGo)
    for (const go of blocked) go()
    if (arrived.length === 0) give(undefined)
  }
  // TLS tells a turn late what the system has taken over, and who hears of the end must know.
  const gone = (): void => void setImmediate(finish)
  const fail = (error: Error): void => {
    fault ??= wordsOf(error)
  }
  const drained = (): void => {
    for (const go of blocked) go()
  }
  /** One block after another, each when the system has taken the last: it takes a block whole, however little it has room for. */
  const pour = (): void => {
    const { block, sent, rest } = firstBlock(waiting)
    waiting = rest
    if (ended || block.length === 0) {
      writing = false
      letGo = setTimeout(() => plain.setNoDelay(true), lull)
      if (ended) for (const go of blocked) go()
      else if (closing) close()
      return
    }
    socket.write(block, (error) => {
      held -= block.length
      if (!error) for (const tell of sent) tell()
      if (held <= writeAhead) drained()
      pour()
    })
  }
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
    async write(octets, sent) {
      if (ended || octets.length === 0) return
      waiting.push({ octets, sent })
      held += octets.length
      if (!writing) {
        writing = true
        clearTimeout(letGo)
        plain.setNoDelay(false)
        // What else this turn has to say shares its segment.
        setImmediate(pour)
      }
      if (held <= writeAhead) return
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
      closing = true
      if (!writing) close()
    },
    close() {
      socket.destroy()
      plain.destroy()
      finish()
    },
  }
}

type Piece = { readonly octets: Uint8Array; readonly sent: (() => void) | undefined }

/** The next octets to go, and who is to be told once they have. */
function firstBlock(pieces: readonly Piece[]): {
  readonly block: Uint8Array
  readonly sent: readonly (() => void)[]
  readonly rest: Piece[]
} {
  const taken: Uint8Array[] = []
  const sent: (() => void)[] = []
  let room = blockSize
  let at = 0
  for (let piece = pieces[at]; piece && piece.octets.length <= room; piece = pieces[++at]) {
    taken.push(piece.octets)
    room -= piece.octets.length
    if (piece.sent) sent.push(piece.sent)
  }
  const [cut, ...rest] = pieces.slice(at)
  if (!cut || room === 0) return { block: Buffer.concat(taken), sent, rest: pieces.slice(at) }
  taken.push(cut.octets.subarray(0, room))
  return { block: Buffer.concat(taken), sent, rest: [{ ...cut, octets: cut.octets.subarray(room) }, ...rest] }
}

function wordsOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException
  return code === undefined || error.message.includes(code) ? error.message : `${code}: ${error.message}`
}
