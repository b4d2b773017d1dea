/**
 * Whether somebody besides us uses the line: what the interface has carried less what our own connections have. Ours is counted when a segment
 * is made, the interface's when it leaves, so the difference falls while our octets wait in a queue and comes back; only
 * what rises above its mark is somebody else's. Stray packets (ICMP, a retry of a TCP connection that is gone) stay below the tolerance. Pure.
 */
export type Users = { readonly mark: number; readonly recent: readonly number[] }

export type Judged = { readonly users: Users; readonly active: boolean }

/** Octets in a look, a second long, that are nobody's; and by which the mark follows strays, so that they do not add up. */
const tolerance = 400
const drift = 100
/** Looks after which a difference that has fallen is what it is: octets of ours were lost on the way. */
const patience = 10

/** `line` and `ours` are octets both ways since the interface came up. */
export function judge(before: Users | undefined, line: number, ours: number): Judged {
  const rest = line - ours
  if (!before) return { users: { mark: rest, recent: [rest] }, active: false }
  const recent = [...before.recent, rest].slice(-patience)
  const mark = recent.length < patience ? before.mark : Math.min(before.mark, Math.max(...recent))
  const active = rest - mark > tolerance
  return { users: { mark: active ? rest : Math.max(mark, Math.min(rest, mark + drift)), recent }, active }
}
