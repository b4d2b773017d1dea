/**
 * Whether the box knows what time it is, and what it is. It has no battery: it boots in 1970, in its build year or anywhere, and learns the time in
 * its first call, or from somebody else who sets the clock. Known is a clock that is not before the day on which this program was
 * made. Where the computer's clock may not be set, or somebody puts it back into 1970, the house goes on by the right time alone.
 */
import type { Clock } from './clock.ts'

export interface Wall {
  /** The computer's clock, put right: everybody in the house goes by it. */
  readonly clock: Clock
  known(): boolean
  /** Whether the computer's own clock is known, for what goes by that. */
  computerKnown(): boolean
  /** It is `wall` now (milliseconds since 1970), give or take `unsure` milliseconds, says `source`. */
  learn(time: { readonly wall: number; readonly unsure: number }, source: string): void
  /** Looks whether somebody has set the computer's clock. */
  look(): void
  source(): Source
}

/** Where the time is from; `at` is `clock.elapsed()` when that was. */
export type Source = { readonly name: string; readonly at: number } | { readonly name: 'nobody' | 'the computer' }

export type WallOptions = {
  readonly clock: Clock
  /** Sets the computer's clock, or throws; absent: it is not to be set. */
  readonly set?: ((wall: number) => void) | undefined
  /** The house's clock was wrong by so many milliseconds until now. `first`: until now it was not known at all. */
  readonly jumped: (by: number, first: boolean) => void
  /** The computer's clock cannot be set. */
  readonly refused: (cause: unknown) => void
}

/** The program cannot run before it was written. */
export const written: number = Date.UTC(2026, 10, 1)

/** Milliseconds: less than `careless` nobody needs, for mail is dated to the second; from `notable` on it is a jump. */
const careless = 500
const notable = 10_000

export function openWall({ clock: computer, set, jumped, refused }: WallOptions): Wall {
  const offset = (): number => computer.now() - computer.elapsed()
  const computerKnown = (): boolean => computer.now() >= written
  let correction = 0
  let seen = offset()
  let source: Source = { name: computerKnown() ? 'the computer' : 'nobody' }
  const now = (): number => computer.now() + correction
  let knew = computerKnown()
  const known = (): boolean => knew || now() >= written

  const tell = (by: number, first: boolean): void => {
    knew = true
    jumped(by, first)
  }
  const look = (): void => {
    const moved = offset() - seen
    seen += moved
    if (Math.abs(moved) < notable) return
    const before = correction
    correction = computerKnown() ? 0 : knew ? before - moved : before
    const by = moved + correction - before
    if (!known() || by === 0) return
    source = { name: 'somebody who set the clock', at: computer.elapsed() }
    tell(by, !knew)
  }
  const put = (wall: number): void => {
    try {
      set?.(wall)
    } catch (cause) {
      refused(cause)
    }
    // What the computer did not take, the house keeps.
    const rest = wall - computer.now()
    correction = Math.abs(rest) < careless && computerKnown() ? 0 : rest
    seen = offset()
  }
  return {
    clock: { ...computer, now },
    known,
    computerKnown,
    look,
    learn({ wall, unsure }, name) {
      look()
      const first = !knew
      const by = wall - now()
      source = { name, at: computer.elapsed() }
      const right = !first && Math.abs(by) < careless + unsure
      if (!right || correction !== 0) put(right ? now() : wall)
      if (first || Math.abs(by) >= notable) tell(by, first)
    },
    source: () => source,
  }
}
