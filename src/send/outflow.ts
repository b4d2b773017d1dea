/**
 * Part of the wire's adapter: what is written, on its way to the system. It goes block after block, each when the system has taken the
 * last and the line has room for it (pace.ts), so that a slow line's queue holds no more than the line needs. While letters
 * follow one another their ends and beginnings share segments (Nagle's algorithm, RFC 1122 §4.2.3.4); what nothing follows
 * leaves at once. Octets keep their order; whoever wrote them is told when the system has them.
 */
export interface Outflow {
  /** Resolves when more may be written, or nothing goes any more; `sent` is called once the system has taken these octets over. */
  write(octets: Uint8Array, sent?: () => void): Promise<void>
  /** Calls when everything has been given away. */
  finish(then: () => void): void
  /** From here nothing goes; whoever waits is let go. */
  stop(): void
}

export type OutflowParts = {
  /** Gives a block to the system, and calls when it has taken it or never will. */
  readonly put: (block: Uint8Array, taken: (error?: Error | null) => void) => void
  /** How many octets it may have now, at least so many (pace.ts). */
  readonly room: (octets: number) => number | Promise<number>
  /** More follows soon, or nothing does. */
  readonly more: (follows: boolean) => void
}

/** What may wait before the writer does; and what goes to the system at once: at least two segments, at most what TLS puts into one record. */
const writeAhead = 4 * 1024
const [leastBlock, largestBlock] = [2920, 16 * 1024]
/** Milliseconds without anything to write after which nothing follows. */
const lull = 20

type Piece = { readonly octets: Uint8Array; readonly sent: (() => void) | undefined }

export function outflow({ put, room, more }: OutflowParts): Outflow {
  let waiting: Piece[] = []
  let held = 0
  let pouring = false
  let stopped = false
  let pause: NodeJS.Timeout | undefined
  let finished: (() => void) | undefined
  let blocked: (() => void)[] = []

  const letGo = (): void => {
    const writers = blocked
    blocked = []
    for (const go of writers) go()
  }
  const given = (block: Uint8Array): Promise<Error | null | undefined> =>
    new Promise((resolve) => {
      put(block, resolve)
    })
  const goes = (): boolean => !stopped && waiting.length > 0
  const pour = async (): Promise<void> => {
    while (goes()) {
      const allowed = await room(Math.min(held, leastBlock))
      const { block, sent, rest } = firstBlock(waiting, Math.min(allowed, largestBlock))
      waiting = rest
      const failed = stopped || (await given(block))
      held -= block.length
      if (!failed) for (const tell of sent) tell()
      if (held <= writeAhead) letGo()
    }
    pouring = false
    if (stopped) return
    pause = setTimeout(() => more(false), lull)
    finished?.()
  }
  return {
    async write(octets, sent) {
      if (stopped || octets.length === 0) return
      waiting.push({ octets, sent })
      held += octets.length
      if (!pouring) {
        pouring = true
        clearTimeout(pause)
        more(true)
        // What else this turn has to say shares its segment.
        setImmediate(() => void pour())
      }
      if (held > writeAhead) await new Promise<void>((resolve) => blocked.push(resolve))
    },
    finish(then) {
      finished = then
      if (!pouring) then()
    },
    stop() {
      stopped = true
      clearTimeout(pause)
      letGo()
    },
  }
}

/** The next octets to go, and who is to be told once they have. */
function firstBlock(
  pieces: readonly Piece[],
  size: number,
): {
  readonly block: Uint8Array
  readonly sent: readonly (() => void)[]
  readonly rest: Piece[]
} {
  const taken: Uint8Array[] = []
  const sent: (() => void)[] = []
  let room = size
  for (const [at, piece] of pieces.entries()) {
    const part = piece.octets.subarray(0, room)
    taken.push(part)
    room -= part.length
    const left = piece.octets.subarray(part.length)
    if (left.length > 0) return { block: Buffer.concat(taken), sent, rest: [{ ...piece, octets: left }, ...pieces.slice(at + 1)] }
    if (piece.sent) sent.push(piece.sent)
  }
  return { block: Buffer.concat(taken), sent, rest: [] }
}
