import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge, type Users } from '../src/users.ts'

/** The packets that left since the last look, and those of ours; whether some of ours wait. */
type Look = readonly [line: number, ours: number, waiting?: 'waiting']

/** At which of these looks somebody else was seen. */
function seen(looks: readonly Look[]): readonly number[] {
  let users: Users | undefined
  let [line, ours] = [1000, 0]
  return looks.flatMap(([moreLine, moreOurs, waiting], at) => {
    line += moreLine
    ours += moreOurs
    const judged = judge(users, line, ours, waiting === 'waiting')
    users = judged.users
    return judged.active ? [at] : []
  })
}
const times = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one)

const table: readonly (readonly [string, readonly Look[], readonly number[]])[] = [
  ['a line on which nothing moves has no users', times(20, [0, 0]), []],
  ['our own packets are not theirs', times(20, [7, 7]), []],
  [
    'somebody fetches a page',
    [
      [0, 0],
      [6, 0],
      [8, 0],
      [0, 0],
    ],
    [1, 2],
  ],
  [
    'somebody fetches a page while we send',
    [
      [0, 0],
      [9, 3],
      [3, 3],
    ],
    [1],
  ],
  ['somebody fetches a file, and the line brings three segments a second', [[0, 0], ...times(6, [3, 0] as const)], [2, 4, 6]],
  ['somebody fetches a file at 9600 bit/s', [[0, 0], ...times(16, [1, 0] as const)], [5, 10, 15]],
  [
    'ours wait in the queue and then leave',
    [
      [0, 0],
      [0, 6],
      [4, 0],
      [2, 0],
      [0, 0],
    ],
    [],
  ],
  [
    'ours fill a queue for as long as a large letter takes, and then leave',
    [[0, 0], [4, 12, 'waiting'], ...times(20, [4, 4, 'waiting'] as const), [8, 0], [0, 0]],
    [],
  ],
  [
    'a name is asked for once more',
    [
      [0, 0],
      [2, 0],
      [0, 0],
    ],
    [],
  ],
  [
    'a stray packet now and then',
    times(20, [
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
      [1, 0],
    ] as const).flat(),
    [],
  ],
  ['somebody types over there', [[0, 0], ...times(6, [4, 0] as const)], [2, 4, 6]],
  ['ours are lost on the way; a user after it is seen', [[0, 0], [0, 6], ...times(10, [0, 0] as const), [5, 0]], [12]],
]

for (const [name, looks, active] of table) {
  test(name, () => assert.deepEqual(seen(looks), active))
}
