/**
 * Letters of which the line dropped in the middle, until the next call takes them up where they were left: what has come of them lies
 * in the spool already and is written there once. They are not ours yet and die with the process; then the server gives all of them again.
 */
import type { Header } from '../mail/header.ts'
import type { Intake } from '../queue/intake.ts'
import type { LineEnds } from './line-ends.ts'

/** What has come of a letter; in memory no more than an intake. */
export type Half = {
  readonly intake: Intake
  readonly header: Header
  readonly headerOctets: number
  readonly ends: LineEnds
  /** Octets that the server need not send again. */
  readonly came: number
  /** Octets that were written. */
  readonly size: number
}

/** Octets from which on a prefix is worth keeping: four seconds of modem line. */
export const worthKeeping: number = 16 * 1024

export interface Halves {
  keep(account: string, key: string, half: Half): void
  /** It is the caller's from now on. */
  take(account: string, key: string): Half | undefined
  /** The box no longer holds any but these. */
  retain(account: string, keys: ReadonlySet<string | undefined>): void
}

/** Each holds its space in the spool; of more the oldest are forgotten. */
const most = 4

export function halves(): Halves {
  const held: { readonly account: string; readonly key: string; readonly half: Half }[] = []
  const discard = (nth: number): void => held.splice(nth, 1).forEach(({ half }) => half.intake.discard())
  return {
    keep(account, key, half) {
      held.push({ account, key, half })
      if (held.length > most) discard(0)
    },
    take(account, key) {
      const nth = held.findIndex((one) => one.account === account && one.key === key)
      return nth < 0 ? undefined : held.splice(nth, 1)[0]?.half
    },
    retain(account, keys) {
      for (let nth = held.length - 1; nth >= 0; nth--) if (held[nth]?.account === account && !keys.has(held[nth]?.key)) discard(nth)
    },
  }
}
