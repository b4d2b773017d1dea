/** The wish on a clock of its own, beside a line that takes a while to come up and mail that takes a while to move: what it wants is done to it. */
import type { Line, LinkState } from '../../src/link/line.ts'
import { noWish, step } from '../../src/call/wish.ts'
import type { Now, Policy, Wish, WishEffect, WishEvent } from '../../src/call/wish-state.ts'

export type World = {
  now(): Now
  wish(): Wish
  line(): LinkState
  /** Elapsed time at which the wish is woken, if it waits for anything. */
  wakes(): number | undefined
  send(event: WishEvent): readonly WishEffect[]
  /** Does this at that elapsed time, in order. */
  at(when: number, happen: () => void): void
  /** Lets time pass until then. */
  run(until: number): void
  /** The line drops, or somebody else's call comes up. */
  become(state: LinkState): void
}

export type WorldOptions = {
  readonly policy: Policy
  /** Wall clock at elapsed 0; undefined while it is not known. */
  wall: number | undefined
  /** Milliseconds from the answer, when the call begins to cost, until the line is up. */
  readonly setup: number
  /** Called with every call that is up; what it does is mail's work. */
  readonly up: (world: World) => void
  readonly seen?: (effect: WishEffect, world: World) => void
}

export function worldOf(options: WorldOptions): World {
  const { policy, setup } = options
  let elapsed = 0
  let state: Wish = noWish(0, [])
  let line: LinkState = state.line
  let wake: number | undefined
  let calls = 0
  const later: { when: number; happen: () => void }[] = []

  const world: World = {
    now: () => ({ elapsed, wall: options.wall === undefined ? undefined : options.wall + elapsed }),
    wish: () => state,
    line: () => line,
    wakes: () => wake,
    send(event) {
      const stepped = step(state, event, world.now(), policy)
      state = stepped.state
      for (const effect of stepped.effects) {
        options.seen?.(effect, world)
        if (effect.kind === 'wake') wake = effect.at
        else if (effect.kind === 'dial') dial(effect.cause)
        else hangUp(effect.reason)
      }
      return stepped.effects
    },
    at(when, happen) {
      const index = later.findIndex((one) => one.when > when)
      later.splice(index < 0 ? later.length : index, 0, { when, happen })
    },
    run(until) {
      for (;;) {
        const next = later[0]
        const woken = wake !== undefined && wake <= until && (!next || wake < next.when)
        if (!woken && (!next || next.when > until)) break
        elapsed = Math.max(elapsed, woken ? (wake ?? 0) : (next?.when ?? 0))
        if (woken) {
          wake = undefined
          world.send({ kind: 'woke' })
        } else later.shift()?.happen()
      }
      elapsed = Math.max(elapsed, until)
    },
    become(next) {
      calls++
      line = next
      world.send({ kind: 'line', state: line })
      if (line.kind === 'up') options.up(world)
    },
  }
  const become = (next: LinkState): void => world.at(elapsed, () => world.become(next))
  const dial = ({ words, isp = '' }: Parameters<Line['dial']>[0]): void => {
    const common = { reason: words, isp, carrier: { speed: 33_600, protocol: 'V34' } }
    const link = { interface: 'ppp0', tty: '', speed: 0, local: '', remote: '', ipparam: '' }
    become({ kind: 'negotiating', since: elapsed, ...common })
    world.at(elapsed, () => {
      const call = calls
      world.at(elapsed + setup, () => call === calls && world.become({ kind: 'up', since: elapsed, link, ...common }))
    })
  }
  const hangUp = (reason: string): void => become({ kind: 'down', since: elapsed, reason })
  return world
}
