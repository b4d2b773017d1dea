/** Why the line is wanted, waits or stays, in the words that status and page print. */
import { limitWords, spanWords } from './wish-budget.ts'
import { spentLimit, timeWords } from './wish-due.ts'
import type { Due, Now, Policy, Wanted, Wish } from './wish-state.ts'
import { endOf } from './wish-stay.ts'

export function describe(state: Wish, now: Now, policy: Policy): string {
  const { wanted, line, due } = state
  if (line.kind === 'broken') return 'mail waits for a person to see to the line'
  if (wanted) return wantedWords(state, wanted, now, policy)
  if (line.kind === 'up') return "somebody else's call: mail uses it and leaves it alone"
  const limit = spentLimit(state, now, policy)
  const used = limit ? `, the budget of ${limitWords(limit)} is used up` : ''
  const held = state.withdrawn === undefined ? '' : ', hung up by hand'
  if (!due) return `nothing to dial for${used}${held}`
  if (due.full) return `waiting for room on the disk, for what lies in the boxes (${due.cause})`
  return `waiting for ${whenWords(due.at, now)}, ${due.cause}${due.isp === undefined ? '' : `, call to ${due.isp}`}${used}${held}${queueWords(state)}${planWords(due, policy)}${tooLongWords(state)}`
}

function wantedWords(state: Wish, wanted: Wanted, now: Now, policy: Policy): string {
  const why = `wanted by ${wanted.by} (${wanted.cause.words})`
  if (state.line.kind !== 'up') return why
  const end = endOf(state, wanted, now, policy)
  if (end && !state.busy) return `${why}; hangs up in ${spanWords(end.at - now.elapsed)}: ${end.reason}`
  return state.busy ? `${why}; mail is under way` : `${why}; LAN users are on line`
}

function queueWords({ queue }: Wish): string {
  return queue.letters > 0 ? `; ${queue.letters} ${queue.letters === 1 ? 'letter' : 'letters'}` : ''
}

function tooLongWords({ tooLong }: Wish): string {
  return tooLong === undefined ? '' : '; a letter that takes longer than the budget goes past it, first thing when it is renewed'
}

/** Money only where the tariff is the bill's. */
function planWords({ plan }: Due, { tariff }: Policy): string {
  if (!plan) return ''
  const line = `, ${spanWords(plan.seconds * 1000)} of line`
  if (!tariff) return line
  return `${line}, ${plan.cost.toFixed(2)}${plan.cost < plan.now ? ` instead of ${plan.now.toFixed(2)}` : ''}`
}

function whenWords(at: number, { elapsed, wall }: Now): string {
  if (wall === undefined) return `${spanWords(at - elapsed)} from now`
  // The two clocks are not read at the same instant.
  const then = new Date(Math.round((at - elapsed + wall) / 1000) * 1000)
  const today = then.toDateString() === new Date(wall).toDateString()
  return today ? timeWords(then.getTime()) : `${then.toDateString().slice(0, 3)} ${timeWords(then.getTime())}`
}
