import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boxes } from '../../src/call/boxes.ts'
import { noTraffic, sumTraffic, type Traffic } from '../../src/call/record.ts'
import type { Report } from '../../src/collect/session.ts'

const report: Report = {
  account: 'work',
  outcome: 'done',
  listed: 2,
  collected: 2,
  noted: 0,
  doubles: 0,
  deleted: 2,
  left: 0,
  traffic: { received: 40_000, sent: 200 },
  elapsed: 10_000,
  fulfilled: [],
}
const progress = (account: string, letters: number, octets: number) => ({
  account,
  letters: { done: letters, total: 9 },
  octets: { done: octets, total: 9000 },
})

test('what two boxes bring adds up while it comes, over several sessions', () => {
  const collected: Traffic[] = []
  const watched = boxes({ collected: (traffic) => collected.push(traffic) })
  watched.got(progress('work', 1, 1000))
  watched.got(progress('shofar', 2, 500))
  watched.got(progress('work', 2, 3000))
  watched.ended(report)
  watched.got(progress('work', 1, 100))
  watched.got(progress('shofar', 0, 0))
  assert.deepEqual(collected.reduce(sumTraffic, noTraffic), { letters: 5, octets: 3600 })
})

test('a box tells how far it is, and how it ended last', () => {
  const watched = boxes({ collected: () => {} })
  assert.deepEqual(watched.of('work'), {})
  watched.got(progress('work', 1, 1000))
  assert.equal(watched.of('work').now?.letters.done, 1)
  watched.ended(report)
  assert.deepEqual(watched.of('work'), { last: report })
})
