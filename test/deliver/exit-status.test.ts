/** What a program's status says of its letter. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outcomeOfExit } from '../../src/deliver/exit-status.ts'

const rows: readonly [status: number, kind: string, enhanced: string][] = [
  [0, 'accepted', '2.0.0'],
  [75, 'deferred', '4.0.0'],
  [71, 'deferred', '4.3.0'],
  [74, 'deferred', '4.3.0'],
  [67, 'refused', '5.1.1'],
  [68, 'refused', '5.1.2'],
  [65, 'refused', '5.6.0'],
  [64, 'refused', '5.0.0'],
  [69, 'refused', '5.0.0'],
  [77, 'refused', '5.0.0'],
  [72, 'refused', '5.3.5'],
  [78, 'refused', '5.3.5'],
  [1, 'refused', '5.3.0'],
  [127, 'refused', '5.3.0'],
]

for (const [status, kind, enhanced] of rows) {
  test(`status ${status} is ${kind} with ${enhanced}`, () => {
    const outcome = outcomeOfExit(status, '', '|filter')
    assert.deepEqual([outcome.kind, outcome.reply.enhanced], [kind, enhanced])
    assert.equal(String(outcome.reply.code)[0], enhanced[0])
  })
}

test('the program’s own words are in the reply', () => {
  assert.equal(outcomeOfExit(67, 'no such person', '|filter').reply.text, '|filter: no such person')
  assert.equal(outcomeOfExit(1, '', '|filter').reply.text, '|filter ended with status 1')
})
