import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inWindow, overlap, type Window, window } from '../../src/config/windows.ts'

const hour = 60
const day = 24 * hour

function parse(text: string): Window {
  const parsed = window.parse(text)
  assert.ok('value' in parsed, text)
  return parsed.value
}

const spans: readonly [text: string, spans: readonly [from: number, to: number][]][] = [
  ['Mon 08:00-18:00', [[8 * hour, 18 * hour]]],
  [
    'Sat-Sun',
    [
      [5 * day, 6 * day],
      [6 * day, 7 * day],
    ],
  ],
  [
    'sunday,sat',
    [
      [5 * day, 6 * day],
      [6 * day, 7 * day],
    ],
  ],
  [
    'Sun-Mon 22:00-24:00',
    [
      [22 * hour, 24 * hour],
      [6 * day + 22 * hour, 7 * day],
    ],
  ],
  [
    'Tue 18:00-08:00',
    [
      [day, day + 8 * hour],
      [day + 18 * hour, 2 * day],
    ],
  ],
  ['Tue 18:00-00:00', [[day + 18 * hour, 2 * day]]],
  ['Wed 00:00-8:30', [[2 * day, 2 * day + 8.5 * hour]]],
  ['Wed 00:00 - 8:30', [[2 * day, 2 * day + 8.5 * hour]]],
]

for (const [text, expected] of spans)
  test(`"${text}" is these minutes of the week`, () =>
    assert.deepEqual(
      parse(text).spans.map(({ from, to }) => [from, to]),
      expected,
    ))

test('hours without days hold every day', () => {
  assert.deepEqual(parse('18:00-08:00').spans, parse('daily 18:00-08:00').spans)
  assert.equal(parse('18:00-08:00').spans.length, 14)
})

test('the day rate, the evenings and the weekend make one week, each minute once', () => {
  const rates = ['Mon-Fri 08:00-18:00', 'Mon-Fri 18:00-08:00', 'Sat-Sun'].map(parse)
  for (let minute = 0; minute < 7 * day; minute++) assert.equal(rates.filter((rate) => inWindow(rate, minute)).length, 1, String(minute))
  assert.ok(rates.every((rate, index) => rates.every((other, at) => at === index || !overlap(rate, other))))
})

test('windows that share a minute overlap, those that touch do not', () => {
  assert.ok(overlap(parse('Mon 08:00-12:00'), parse('Mon 11:59-13:00')))
  assert.ok(!overlap(parse('Mon 08:00-12:00'), parse('Mon 12:00-13:00')))
})

for (const text of [
  '',
  'Mon-',
  'Mon-Tue-Wed',
  'Foo 08:00-09:00',
  'Mon 08:00',
  'Mon 08-09',
  '25:00-26:00',
  'Mon 08:00-08:00',
  'Mon 08:00-09:00 Tue',
])
  test(`"${text}" is no window`, () => assert.ok('wrong' in window.parse(text)))
