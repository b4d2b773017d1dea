/**
 * A conversation's octets, whatever is said in them: one chunk is taken apart at a time, and while that lasts nothing more is read
 * (back-pressure down to the socket). It goes on over another stream when TLS or compression is put under it, and it ends once:
 * by the other side, by us, or by silence while an answer is due.
 */
import type { Duplex } from 'node:stream'
import type { Clock } from '../clock.ts'
import type { Silence } from '../silence.ts'

export interface Channel {
  /** `sent` is called when the octets are the kernel's. */
  write(octets: Uint8Array, sent?: () => void): void
  /** Nothing more is read until `moveTo`. */
  park(): void
  /** What the octets go over now. */
  stream(): Duplex
  moveTo(next: Duplex): void
  /** The other side was heard, or an answer is due from now on: patience begins anew. */
  heard(): void
  close(): void
  /** Octets of what is said, so far. */
  traffic(): { readonly received: number; readonly sent: number }
}

export type Talk = {
  /** Takes a chunk apart; the next comes when it has resolved. */
  readonly digest: (chunk: Uint8Array) => Promise<void>
  /** Whether an answer is due. */
  readonly isWaiting: () => boolean
  /** Nothing more will come. */
  readonly lost: (text: string) => void
}

/** How often the silence is looked at, milliseconds: what is tolerable shrinks once the server is known. */
const lookEvery = 5000

/** `silence`: for how long no octet may come while an answer is due. */
export function channel(
  first: Duplex,
  { clock, silence }: { readonly clock: Clock; readonly silence: Silence },
  { digest, isWaiting, lost }: Talk,
): Channel {
  const counted = { received: 0, sent: 0 }
  const ended = new AbortController()
  let stream = first
  let digesting = false
  let parked = false
  let heard = clock.elapsed()

  const attach = (): void => {
    const own = stream
    const ends = (text: string): void => {
      if (own === stream && !ended.signal.aborted) lost(text)
    }
    own.on('data', (chunk: Uint8Array) => {
      own.pause()
      if (isWaiting()) silence.lasted(clock.elapsed() - heard)
      digesting = true
      counted.received += chunk.length
      void digest(chunk)
        .catch((error: unknown) => ends(error instanceof Error ? error.message : String(error)))
        .then(() => {
          digesting = false
          heard = clock.elapsed()
          if (own === stream && !ended.signal.aborted && !parked) own.resume()
        })
    })
    own.on('end', () => ends('The server hung up'))
    own.on('error', (error: Error) => ends(error.message))
    own.on('close', () => ends('The connection was cut'))
  }

  /** A server may be silent as long as nobody waits for it, or we are slow ourselves. */
  const watch = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await clock.sleep(Math.min(heard + silence.limit(), clock.elapsed() + lookEvery), ended.signal)
      if (clock.elapsed() < heard + silence.limit()) continue
      if (isWaiting() && !digesting) lost(`The server was silent for ${Math.round((clock.elapsed() - heard) / 1000)} s`)
      else heard = clock.elapsed()
    }
  }

  attach()
  void watch()
  return {
    write(octets, sent) {
      counted.sent += octets.length
      stream.write(octets, (error) => {
        if (!error) sent?.()
      })
    },
    park() {
      parked = true
      stream.removeAllListeners('data')
    },
    stream: () => stream,
    moveTo(next) {
      stream = next
      parked = false
      heard = clock.elapsed()
      attach()
    },
    heard() {
      heard = clock.elapsed()
    },
    close() {
      ended.abort()
      stream.destroy()
    },
    traffic: () => ({ ...counted }),
  }
}
