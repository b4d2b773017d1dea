import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge, type Users } from '../src/users.ts'

/** Looks, each with the octets on the line and of ours since the last: at which of them somebody else was seen. */
function seen(looks: readonly (readonly [line: number, ours: number])[]): readonly number[] {
  let users: Users | undefined
  let [line, ours] = [1_000_000, 0]
  return looks.flatMap(([moreLine, moreOurs], at) => {
    line += moreLine
    ours += moreOurs
    const judged = judge(users, line, ours)
    users = judged.users
    return judged.active ? [at] : []
  })
}
const times = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one)

const table: readonly (readonly [string, readonly (readonly [number, number])[], readonly number[]])[] = [
  ['a line on which nothing moves has no users', times(20, [0, 0]), []],
  ['our own octets are not theirs', times(20, [6600, 6600]), []],
  [
    'somebody fetches a page',
    [
      [0, 0],
      [3000, 0],
      [3000, 0],
      [0, 0],
    ],
    [1, 2],
  ],
  [
    'somebody fetches a page while we send',
    [
      [0, 0],
      [6600, 3300],
      [3300, 3300],
    ],
    [1],
  ],
  [
    'ours wait in the queue and then leave',
    [
      [0, 0],
      [0, 5000],
      [3000, 0],
      [2000, 0],
      [0, 0],
    ],
    [],
  ],
  [
    'a stray packet',
    [
      [0, 0],
      [84, 0],
      [0, 0],
    ],
    [],
  ],
  ['a ping a second', times(60, [84, 0]), []],
  ['somebody types over there', [[0, 0], ...times(6, [250, 0] as const)], [3, 6]],
  ['ours are lost on the way; a user after it is seen', [[0, 0], [0, 5000], ...times(10, [0, 0] as const), [600, 0]], [12]],
]

for (const [name, looks, active] of table) {
  test(name, () => assert.deepEqual(seen(looks), active))
}
