/**
 * Octets from a socket to whoever stores them, one piece at a time: `put` resolves when the piece was taken and the next is
 * wanted, so a slow disk slows the client down and nothing heaps up in between.
 */

export interface Pipe {
  /** Resolves when more may come, at once when nobody reads any more. */
  put(octets: Uint8Array): Promise<void>
  /** That was all. */
  end(): void
  /** There will be no end: the reader is thrown this. */
  fail(cause: Error): void
  /** The reader has stopped, at the end or before. */
  released(): boolean
  /** Octets that were put and not yet dealt with; at most the one piece. */
  buffered(): number
  /** For one reader. */
  readonly content: AsyncIterable<Uint8Array>
}

type State = 'open' | 'ended' | 'released' | Error

export function pipe(): Pipe {
  let state: State = 'open'
  let piece: Uint8Array | undefined
  let taken: (() => void) | undefined
  let wake: (() => void) | undefined
  const rouse = (): void => {
    wake?.()
    wake = undefined
  }
  const finishPiece = (): void => {
    piece = undefined
    taken?.()
    taken = undefined
  }
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        if (piece !== undefined) {
          yield piece
          finishPiece()
        } else if (state instanceof Error) throw state
        else if (state !== 'open') return
        else
          await new Promise<void>((resolve) => {
            wake = resolve
          })
      }
    } finally {
      state = 'released'
      finishPiece()
    }
  }
  return {
    put(octets) {
      if (state !== 'open' || octets.length === 0) return Promise.resolve()
      piece = octets
      const done = new Promise<void>((resolve) => {
        taken = resolve
      })
      rouse()
      return done
    },
    end() {
      if (state === 'open') state = 'ended'
      rouse()
    },
    fail(cause) {
      if (state === 'released') return
      state = cause
      piece = undefined
      taken?.()
      taken = undefined
      rouse()
    },
    released: () => state === 'released',
    buffered: () => piece?.length ?? 0,
    content: { [Symbol.asyncIterator]: read },
  }
}
