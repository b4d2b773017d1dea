/**
 * COMPRESS=DEFLATE (RFC 4978): a stream whose octets travel deflated over another. What is written leaves at once; what comes is
 * inflated piece by piece as it is asked for, so that no answer, however well it compresses, takes more memory than a piece.
 */
import { Duplex } from 'node:stream'
import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib'

export type Compressed = {
  readonly stream: Duplex
  /** Octets of the compressed side so far. */
  traffic(): { readonly received: number; readonly sent: number }
}

/**
 * Ours to choose is what we send: commands, each like the last. A window of 512 octets holds a dozen of them; zlib's usual 32 KB, with
 * memLevel 8, would cost 256 KB a box. The server's window is its own choice, 32 KB at most, and that much inflating has to keep.
 */
const commands = { windowBits: 9, memLevel: 1, chunkSize: 1024, flush: constants.Z_SYNC_FLUSH }

/** A server that goes without ending its stream has only hung up. */
const answers = { chunkSize: 8192, finishFlush: constants.Z_SYNC_FLUSH }

export function compressed(under: Duplex): Compressed {
  const deflate = createDeflateRaw(commands)
  const inflate = createInflateRaw(answers)
  const counted = { received: 0, sent: 0 }
  let leaving = 0
  let whenLeft: (() => void) | undefined

  const stream = new Duplex({
    read: () => void inflate.resume(),
    write(chunk: Uint8Array, _encoding, done) {
      deflate.write(chunk, (error) => {
        if (error || leaving === 0) done(error)
        else whenLeft = done
      })
    },
    destroy(error, done) {
      inflate.destroy()
      deflate.destroy()
      under.destroy()
      done(error)
    },
  })

  deflate.on('data', (piece: Uint8Array) => {
    counted.sent += piece.length
    leaving += 1
    under.write(piece, () => {
      leaving -= 1
      if (leaving > 0) return
      const done = whenLeft
      whenLeft = undefined
      done?.()
    })
  })
  under.on('data', (piece: Uint8Array) => void (counted.received += piece.length))
  under.pipe(inflate)
  inflate.on('data', (piece: Uint8Array) => {
    if (!stream.push(piece)) inflate.pause()
  })
  inflate.on('end', () => stream.push(null))
  for (const part of [under, inflate, deflate]) part.on('error', (error: Error) => stream.destroy(error))
  under.on('close', () => {
    if (!under.readableEnded) stream.destroy()
  })
  return { stream, traffic: () => ({ ...counted }) }
}
