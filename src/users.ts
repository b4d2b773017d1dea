/**
 * Whether somebody besides us uses the line: what has left on the interface less what our own connections sent, in packets. Ours is counted
 * when a segment is made, the interface's when it leaves, so the difference falls while our segments wait in a queue and comes back; only
 * what rises above its mark is somebody else's. Stray packets (an answer to a ping, a name asked for once more) stay below the tolerance. Pure.
 */
export type Users = { readonly mark: number; readonly recent: readonly number[] }

/** `perhaps`: some packets are somebody else's, too few to tell strays from a beginning. */
export type Judged = { readonly users: Users; readonly active: boolean; readonly perhaps: boolean }

/**
 * Packets that are nobody's; and by which the mark follows strays in a look, a second long, so that they do not add up. Who only fetches something
 * acknowledges each segment or every other: that is one packet in a second or two at 9600 bit/s.
 */
const tolerance = 4
const drift = 0.2
/** Looks, with nothing of ours under way, after which a difference that has fallen is what it is: packets of ours were lost before the line. */
const patience = 10

/** `line` and `ours` are packets sent, each since a time of its own; `waiting`: some of ours may not have left yet. */
export function judge(before: Users | undefined, line: number, ours: number, waiting: boolean): Judged {
  const rest = line - ours
  if (!before) return { users: { mark: rest, recent: [rest] }, active: false, perhaps: false }
  const recent = waiting ? [] : [...before.recent, rest].slice(-patience)
  const mark = recent.length < patience ? before.mark : Math.min(before.mark, Math.max(...recent))
  const active = rest - mark > tolerance
  return { users: { mark: active ? rest : Math.max(mark, Math.min(rest, mark + drift)), recent }, active, perhaps: !active && rest > mark }
}
