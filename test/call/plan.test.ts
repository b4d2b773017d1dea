import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Learned, lengthOf, type Need, planCall, type Terms } from '../../src/call/plan.ts'
import { tariffOf } from '../../src/link/tariff.ts'
import { hours } from '../link/hours.ts'

const minute = 60_000
const hour = 60 * minute
/** A Monday, local time. */
const monday = new Date(2000, 10, 20).getTime()
const at = (hours: number): number => monday + hours * hour

const second = { minimum: 0, unit: 1000, fee: 0 }
const office = [
  { ...second, window: hours('Mon-Fri 08:00-18:00'), per_minute: 4 },
  { ...second, per_minute: 1 },
]
const learned: Learned = { rate: { out: 3000, in: 5000 }, setupSeconds: 20, expected: () => ({ out: 0, in: 0 }) }
const terms: Terms = { tariff: tariffOf(office), forbidden: [], maxWait: 6 * hour, learned }

test('a call is as long as the longer way: a modem carries both at once, each as fast as it was seen to', () => {
  assert.equal(lengthOf({ out: 30_000, in: 5000 }, learned), 30)
  assert.equal(lengthOf({ out: 3000, in: 500_000 }, learned), 120)
})

const letters: Need = { octets: { out: 300_000, in: 0 }, deadline: at(20), emptied: undefined }

test('letters wait for the cheap hours where those come in time, and it is known what is saved', () => {
  const plan = planCall(letters, terms, at(16))
  assert.ok(plan && plan.at >= at(18) && plan.at <= at(20))
  assert.deepEqual([plan.seconds, plan.cost, plan.now], [120, 2, 8])
})

test('letters that cannot wait so long go as late as they may, since more may come until then', () => {
  assert.equal(planCall({ ...letters, deadline: at(17) }, terms, at(16))?.at, at(17))
})

test('before the dear hours begin the boxes are emptied once more', () => {
  const plan = planCall({ octets: { out: 0, in: 0 }, deadline: at(9), emptied: at(3) }, terms, at(5))
  assert.ok(plan && plan.at > at(7) && plan.at < at(8))
})

test('of what comes evenly the dear hours carry as little as may be: one call, just late enough that the next is a cheap one', () => {
  const evenly: Learned = { ...learned, expected: (from, to) => ({ out: 0, in: ((to - from) / hour) * 300_000 }) }
  const need: Need = { octets: { out: 0, in: 0 }, deadline: at(13.5), emptied: at(7.5) }
  assert.equal(planCall(need, { ...terms, learned: evenly }, at(8))?.at, at(12))
})

test('no plan calls in forbidden hours, and there is none where all are forbidden', () => {
  const night = { ...terms, forbidden: [hours('daily 00:00-08:00')] }
  const need: Need = { octets: { out: 3000, in: 0 }, deadline: at(6), emptied: undefined }
  assert.equal(planCall(need, night, at(1))?.at, at(8))
  assert.equal(planCall(need, { ...terms, forbidden: [hours('daily 00:00-24:00')] }, at(1)), undefined)
})
