import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Presence } from '../../src/accept/patience.ts'
import { arrived, judge, waiting, working } from '../../src/accept/patience.ts'

const minute = 60_000
const begun: Presence = arrived(0)

const rows: readonly [fact: string, presence: Presence, now: number, kind: string, until?: number][] = [
  ['a client may think for five minutes', begun, 0, 'wait', 5 * minute],
  ['and no longer', begun, 5 * minute, 'leave'],
  ['we may work for as long as we must', working(begun), 500 * minute, 'wait', 501 * minute],
  ['a letter is looked at every five minutes', { ...begun, doing: 'letter' }, minute, 'wait', 5 * minute],
  ['and goes on when it came at a pace', { ...begun, doing: 'letter', octets: 4096 }, 5 * minute, 'renew'],
  ['and is given up when it did not', { ...begun, doing: 'letter', octets: 4095 }, 5 * minute, 'leave'],
  ['a session brings a letter an hour', { ...begun, since: 59 * minute }, 60 * minute, 'leave'],
  ['so its last wait is shorter', { ...begun, since: 58 * minute }, 58 * minute, 'wait', 60 * minute],
  ['a letter buys another hour', { ...begun, since: 58 * minute, lastLetter: 57 * minute }, 60 * minute, 'wait', 63 * minute],
  ['a letter without end ends within the hour, too', { ...begun, doing: 'letter', octets: 1e9, since: 59 * minute }, 60 * minute, 'leave'],
]

for (const [fact, presence, now, kind, until] of rows) {
  test(fact, () => {
    const judgement = judge(presence, now)
    assert.equal(judgement.kind, kind)
    if (judgement.kind === 'wait') assert.equal(judgement.until, until)
  })
}

test('half a command earns no more time', () => {
  const after = waiting(working(begun), minute, { took: 0, octets: 3, progress: false, receiving: false })
  assert.deepEqual(judge(after, minute), { kind: 'wait', until: 5 * minute })
})

test('a whole command earns five minutes', () => {
  const after = waiting(working(begun), minute, { took: 0, octets: 30, progress: true, receiving: false })
  assert.deepEqual(judge(after, minute), { kind: 'wait', until: 6 * minute })
})

test('octets of a letter add up, and the time that we took does not count', () => {
  const letter = waiting(working(begun), minute, { took: 0, octets: 6, progress: true, receiving: true })
  const more = waiting(working(letter), 4 * minute, { took: 2 * minute, octets: 5000, progress: false, receiving: true })
  assert.deepEqual(more, { doing: 'letter', since: 3 * minute, octets: 5000, lastLetter: 0 })
  assert.deepEqual(judge(more, 8 * minute), { kind: 'renew' })
})
