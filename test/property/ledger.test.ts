/** Any history of sessions, each cut at any place: every letter is taken exactly once, and in the end the box is empty. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { plan, step, type LetterState } from '../../src/collect/ledger.ts'
import type { LedgerEntry } from '../../src/queue/ledger.ts'

type World = {
  readonly box: Set<string>
  readonly rows: Map<string, LedgerEntry>
  readonly taken: Map<string, number>
  readonly notes: Map<string, number>
}

const policy = (keep: boolean) => ({ keep, maxMessage: 500 })

/** One session that does `budget` things and then loses the line; QUIT is two of them, before and after the server acts. */
function session(world: World, keep: boolean, budget: number): void {
  let left = budget
  const spend = () => left-- > 0
  const letters = [...world.box].map((key, nth) => ({ number: nth + 1, size: sizeOf(key), key }))
  const { jobs, absent } = plan(letters, world.rows, new Map(), policy(keep))
  for (const key of absent) world.rows.delete(key)
  const removed: string[] = []
  const remove = (key: string) => {
    if (spend()) removed.push(key)
  }
  for (const { letter, state, effect } of jobs) {
    if (!spend()) break
    const { key } = letter
    if (effect === 'delete') remove(key)
    else if (commit(world, key, state, effect, keep) === 'delete') remove(key)
  }
  const quit = spend()
  if (quit) for (const key of removed) world.box.delete(key)
  const { effect } = step('removed', { kind: 'ended', deletions: quit && spend() ? 'committed' : 'unknown' }, policy(keep))
  for (const key of removed) {
    if (effect === 'forget') world.rows.delete(key)
    else world.rows.set(key, { state: 'removed' })
  }
}

function commit(world: World, key: string, state: LetterState, effect: 'retrieve' | 'note', keep: boolean) {
  const counts = effect === 'note' ? world.notes : world.taken
  counts.set(key, (counts.get(key) ?? 0) + 1)
  const as = effect === 'note' ? 'noted' : 'kept'
  const next = step(state, { kind: 'committed', as }, policy(keep))
  world.rows.set(key, { state: as })
  return next.effect
}

function sizeOf(key: string): number {
  return Number(key.split(' ')[1])
}

const mails = fc.uniqueArray(
  fc.tuple(fc.nat(50), fc.nat(1000)).map(([name, size]) => `${name} ${size}`),
  { maxLength: 12 },
)

test('whatever is cut, a letter is taken once, told of at most once, and leaves the box when it may', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ arrive: mails, budget: fc.nat(20) }), { maxLength: 8 }), fc.boolean(), (sessions, keep) => {
      const world: World = { box: new Set(), rows: new Map(), taken: new Map(), notes: new Map() }
      const all = new Set<string>()
      for (const { arrive, budget } of sessions) {
        for (const key of arrive.filter((key) => !all.has(key))) {
          all.add(key)
          world.box.add(key)
        }
        session(world, keep, budget)
      }
      session(world, keep, Infinity)
      session(world, keep, Infinity)
      const small = [...all].filter((key) => sizeOf(key) <= 500)
      const big = [...all].filter((key) => sizeOf(key) > 500)
      assert.deepEqual(world.taken, new Map(small.map((key) => [key, 1])))
      assert.deepEqual(world.notes, new Map(big.map((key) => [key, 1])))
      assert.deepEqual(world.box, new Set(keep ? all : big))
    }),
  )
})
