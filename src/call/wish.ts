/**
 * Should the line be up? A pure machine: what it hears, what it then wants of the line, and when it has to be woken. Letters that wait, boxes,
 * timetable, tariff, budget, LAN users and the operator are weighed here and nowhere else. It never ends a call that somebody else made;
 * a line that drops while there is work stays wanted, and whoever drives the line dials again by himself.
 */
import { mayOverdraw } from './wish-budget.ts'
import { answered, called, emptied } from './wish-boxes.ts'
import { dueOf, openNow, spentLimit } from './wish-due.ts'
import {
  type Now,
  noWish,
  type Policy,
  type Spent,
  type Wanted,
  type Wish,
  type WishEffect,
  type WishEvent,
  type WishStep,
} from './wish-state.ts'
import { cheaperCall } from './wish-ration.ts'
import { endOf } from './wish-stay.ts'

export { noWish }

export function step(state: Wish, event: WishEvent, now: Now, policy: Policy): WishStep {
  switch (event.kind) {
    case 'queue':
      return settle({ ...state, queue: event }, now, policy)
    case 'asked':
      return asked(state, event, now, policy)
    case 'withdrawn': {
      const idle = without(state, 'wanted', 'due')
      return settle(
        giveUp({ ...idle, withdrawn: now.elapsed }),
        now,
        policy,
        state.wanted ? [{ kind: 'hang-up', reason: event.reason }] : [],
      )
    }
    case 'line':
      return lineIs(state, event.state, now, policy)
    case 'working':
      return settle({ ...state, busy: event.busy, quietSince: event.busy ? state.quietSince : now.elapsed }, now, policy)
    case 'users':
      return settle(usersAre(state, event.active, now), now, policy)
    case 'emptied':
      return settle(emptied(state, event.since), now, policy)
    case 'put-off':
      return settle(putOff(state, event, now, policy), now, policy)
    case 'clock-known': {
      const { charged, started } = state
      const spent = state.spent.map((one) => redated(one, started, now, policy))
      const began = charged && walled({ elapsed: charged.elapsed, wall: undefined }, now)
      return settle(without({ ...state, spent, ...(began ? { charged: began } : {}) }, 'due'), now, policy)
    }
    case 'woke':
      return settle(state, now, policy)
    default:
      return event satisfies never
  }
}

/** What follows from a state: the end of what is wanted, or the next thing to want; and when to look again. */
function settle(state: Wish, now: Now, policy: Policy, before: readonly WishEffect[] = []): WishStep {
  if (state.wanted) {
    const end = endOf(state, state.wanted, now, policy)
    if (!end) return { state, effects: before }
    if (end.at > now.elapsed) return { state, effects: [...before, { kind: 'wake', at: end.at }] }
    return settle(giveUp(without(state, 'wanted')), now, policy, [...before, { kind: 'hang-up', reason: end.reason }])
  }
  if (state.line.kind !== 'down' && state.line.kind !== 'resting') return { state: without(state, 'due'), effects: before }
  const due = ripe(state, now, policy) ?? dueOf(state, now, policy)
  if (!due) return { state: without(state, 'due'), effects: before }
  if (due.at > now.elapsed) return { state: { ...state, due }, effects: [...before, { kind: 'wake', at: due.at }] }
  // The boxes alone, and nothing that lies in them could be taken: it stays due.
  if (state.queue.letters === 0 && now.wall !== undefined && !policy.hasRoom())
    return { state: { ...state, due: { ...due, full: true } }, effects: [...before, { kind: 'wake', at: now.elapsed + roomAgain }] }
  const wanted: Wanted = {
    by: 'mail',
    cause: { words: due.cause, ...(due.isp === undefined ? {} : { isp: due.isp }) },
    always: due.always,
    shared: false,
  }
  return want(state, wanted, now, policy, before)
}

/** After so long it is looked again whether there is room for what lies in the boxes, if nothing happens before. */
const roomAgain = 10 * 60_000

/** What was waited for has come: it is not planned anew, lest it be put off again and again. */
function ripe(state: Wish, now: Now, policy: Policy): Wish['due'] {
  const { due, queue } = state
  const justified = due && due.at <= now.elapsed && (queue.letters > 0 || policy.hasBoxes) && (due.always || openNow(now, policy))
  return justified && !spentLimit(state, now, policy) ? due : undefined
}

function want(state: Wish, wanted: Wanted, now: Now, policy: Policy, before: readonly WishEffect[] = []): WishStep {
  const next: Wish = { ...without(state, 'due', 'withdrawn'), wanted, busy: true }
  return settle(next, now, policy, [...before, { kind: 'dial', cause: wanted.cause }])
}

function asked(state: Wish, { by, cause, isp }: WishEvent & { kind: 'asked' }, now: Now, policy: Policy): WishStep {
  const theirs = state.line.kind === 'up' && !state.wanted
  const byHand = by === 'operator'
  // Whoever sends mail cannot know whether what is broken has been mended, and each attempt may cost.
  if (!byHand && state.line.kind === 'broken') return settle(state, now, policy)
  if (theirs || (!byHand && (!openNow(now, policy) || spentLimit(state, now, policy)))) return settle(state, now, policy)
  const rank = byHand || state.wanted?.by === 'operator' ? 'operator' : by === 'user' ? 'user' : (state.wanted?.by ?? 'mail')
  const wanted: Wanted = {
    by: rank,
    cause: { words: cause, ...(isp === undefined ? {} : { isp }), ...(by === 'user' ? {} : { person: true as const }) },
    always: byHand || state.wanted?.always === true,
    shared: state.wanted?.shared ?? false,
  }
  const underWay = state.wanted && (state.line.kind === 'up' || state.line.kind === 'negotiating')
  return underWay ? settle({ ...state, wanted, quietSince: now.elapsed }, now, policy) : want(state, wanted, now, policy)
}

function lineIs(former: Wish, line: Wish['line'], now: Now, policy: Policy): WishStep {
  const on = line.kind === 'up' || line.kind === 'negotiating'
  const state = { ...former, line }
  if (on) {
    const charged = state.charged ?? (state.wanted ? now : undefined)
    const begun: Wish = { ...state, ...(charged ? { charged } : {}) }
    return settle(
      line.kind === 'up' && former.line.kind !== 'up' ? answered(wentUp(begun, now), line.isp, now.elapsed) : begun,
      now,
      policy,
    )
  }
  const ended = accounted(
    former.line.kind === 'up' ? giveUp(called({ ...state, over: now.elapsed }, former.line.isp, now.elapsed)) : state,
    now,
    policy,
  )
  const done = former.line.kind === 'up' && ended.wanted && !ended.busy
  return done
    ? settle(without(ended, 'wanted'), now, policy, [{ kind: 'hang-up', reason: 'the line dropped when all was done' }])
    : settle(ended, now, policy)
}

function wentUp(state: Wish, now: Now): Wish {
  const { wanted, active } = state
  const up: Wish = { ...without(state, 'withdrawn', 'putOff'), up: now.elapsed, busy: true, quietSince: now.elapsed }
  return wanted ? { ...up, wanted: { ...wanted, shared: wanted.shared || active } } : up
}

function usersAre(state: Wish, active: boolean, now: Now): Wish {
  const { wanted, line, quietSince } = state
  const seen = wanted && line.kind === 'up' && active ? { wanted: { ...wanted, shared: true } } : {}
  return { ...state, ...seen, active, quietSince: state.active && !active ? now.elapsed : quietSince }
}

/** They are not older than the call for which they were left allows. */
function putOff(former: Wish, { octets, tooLong }: WishEvent & { kind: 'put-off' }, now: Now, policy: Policy): Wish {
  const state = tooLong ? { ...former, tooLong: former.tooLong ?? now.elapsed } : former
  const cheaper = cheaperCall(state, now, policy)
  return cheaper ? { ...state, putOff: { by: cheaper.at, octets: Math.max(octets, state.putOff?.octets ?? 0) } } : state
}

/** An urgent letter that is still here had its call, or was denied it. */
function giveUp(state: Wish): Wish {
  return state.queue.urgent ? { ...state, tried: state.queue.urgent.id } : state
}

/** The call that cost money until now is over. */
function accounted(state: Wish, now: Now, policy: Policy): Wish {
  if (!state.charged) return state
  const { elapsed, wall } = state.charged
  const call = datedBy({ wall, elapsed, seconds: (now.elapsed - elapsed) / 1000, cost: 0 }, now, policy)
  const rest = mayOverdraw(state, now, policy) ? without(state, 'charged', 'tooLong') : without(state, 'charged')
  return { ...rest, spent: [...state.spent.filter((one) => recent(one, now)), call] }
}

/** No limit looks back further than a month. */
function recent({ elapsed }: Spent, now: Now): boolean {
  return elapsed > now.elapsed - 32 * 24 * 3_600_000
}

/** What a call cost is known when the clock on the wall is. */
function datedBy(call: Spent, now: Now, { tariff }: Policy): Spent {
  const { wall } = walled(call, now)
  return wall === undefined ? call : { ...call, wall, cost: tariff?.cost(wall, call.seconds) ?? 0 }
}

/** The clock may have been wrong by years: calls of this run are dated anew, an earlier one that is still to come counts today. */
function redated(call: Spent, started: number, now: Now, policy: Policy): Spent {
  if (call.elapsed > started || call.wall === undefined) return datedBy({ ...call, wall: undefined }, now, policy)
  return now.wall !== undefined && call.wall > now.wall ? { ...call, wall: now.wall } : call
}

function walled({ elapsed, wall }: Now, now: Now): Now {
  return { elapsed, wall: wall ?? (now.wall === undefined ? undefined : now.wall - now.elapsed + elapsed) }
}

function without<Key extends 'wanted' | 'charged' | 'due' | 'withdrawn' | 'putOff' | 'tooLong'>(
  state: Wish,
  ...keys: readonly Key[]
): Omit<Wish, Key> {
  const rest = { ...state }
  for (const key of keys) delete rest[key]
  return rest
}
