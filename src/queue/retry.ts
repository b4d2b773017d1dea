/**
 * When to try again, when to warn, when to give up: pure, and counted in time spent, never on the wall clock, which on this
 * box may jump by fifty years. Two counters: `line`, milliseconds the telephone line was up, and `running`, milliseconds
 * the daemon ran. Letters for the smarthost age in `line`: a weekend without a call makes nothing late. But a box that is on
 * line ten minutes a day would need two years for five days of it, so there are caps in `running` (see `verdict`).
 */
import type { CourierName } from '../mail/message.ts'

export type Spent = { readonly line: number; readonly running: number }

/** Milliseconds. */
export type RetryPolicy = { readonly warnAfter: number; readonly returnAfter: number }

export const fourHoursFiveDays: RetryPolicy = { warnAfter: 4 * 3_600_000, returnAfter: 5 * 86_400_000 }

/**
 * A new call tries again whatever an earlier one left behind, but not what was tried less than this ago: the line may be flapping. To dial
 * takes longer than that, so what a lost call broke off goes in the one that was dialled for it.
 */
export const flap = 5000

/** Caps in running time, as multiples of the policy's times, for what ages in line time. */
export const caps = {
  /** Late after six times `warnAfter`, if tried and deferred that often. */
  warn: 6,
  warnAttempts: 2,
  /** Late after `returnAfter` of running even if no line ever came. */
  warnUntried: 1,
  /** Returned after three times `returnAfter`, if tried and deferred that often. */
  giveUp: 3,
  giveUpAttempts: 4,
  /** Returned after six times `returnAfter`, tried or not: somebody must hear of a line that never comes. */
  giveUpUntried: 6,
} as const

const second = 1000
const minute = 60 * second

/** Doubling from `first` to `most`; for the smarthost within one call, since a new call tries all (but what is unsure, RFC 1047). */
const waits: Readonly<Record<CourierName | 'unsure', { readonly first: number; readonly most: number }>> = {
  smarthost: { first: 5 * minute, most: 60 * minute },
  unsure: { first: 15 * minute, most: 240 * minute },
  mailbox: { first: 10 * second, most: 10 * minute },
  program: { first: minute, most: 30 * minute },
  file: { first: 10 * second, most: 10 * minute },
}

/** Running milliseconds to wait after that many attempts. */
export function backOff(courier: CourierName, attempts: number, unsure: boolean): number {
  const { first, most } = waits[unsure ? 'unsure' : courier]
  return Math.min(most, first * 2 ** Math.min(Math.max(attempts, 1) - 1, 20))
}

/** Which counter a courier's letters age in. */
export function agesIn(courier: CourierName): keyof Spent {
  return courier === 'smarthost' ? 'line' : 'running'
}

export function verdict(courier: CourierName, age: Spent, attempts: number, policy: RetryPolicy): 'young' | 'late' | 'expired' {
  const spent = age[agesIn(courier)]
  if (spent >= policy.returnAfter || (agesIn(courier) === 'line' && overdue(age.running, attempts, policy))) return 'expired'
  if (spent >= policy.warnAfter || (agesIn(courier) === 'line' && tardy(age.running, attempts, policy))) return 'late'
  return 'young'
}

/** Kept at or before these counters a delivery may be late, or expired, by either: for finding candidates without looking at each. */
export function keptBefore(courier: CourierName, now: Spent, policy: RetryPolicy): { readonly late: Spent; readonly expired: Spent } {
  const { warnAfter, returnAfter } = policy
  if (agesIn(courier) === 'running') {
    return { late: { line: never, running: now.running - warnAfter }, expired: { line: never, running: now.running - returnAfter } }
  }
  const warned = Math.min(warnAfter * caps.warn, returnAfter * caps.warnUntried)
  return {
    late: { line: now.line - warnAfter, running: now.running - warned },
    expired: { line: now.line - returnAfter, running: now.running - returnAfter * caps.giveUp },
  }
}

const never = -1

function overdue(running: number, attempts: number, { returnAfter }: RetryPolicy): boolean {
  return running >= returnAfter * caps.giveUpUntried || (attempts >= caps.giveUpAttempts && running >= returnAfter * caps.giveUp)
}

function tardy(running: number, attempts: number, { warnAfter, returnAfter }: RetryPolicy): boolean {
  return running >= returnAfter * caps.warnUntried || (attempts >= caps.warnAttempts && running >= warnAfter * caps.warn)
}
