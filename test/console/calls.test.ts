import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CallRecord, noSum, noTraffic } from '../../src/call/record.ts'
import type { Sums } from '../../src/call/sums.ts'
import { callsCsv, callsJson, callsWords, sumsJson } from '../../src/console/calls.ts'

const began = new Date(2026, 10, 25, 13, 0).getTime()
const call: CallRecord = {
  number: 7,
  began,
  counted: began,
  seconds: 62,
  cause: 'urgent letter 4F2 from keith',
  ended: 'mail is done',
  isp: 'shofar',
  carrier: { speed: 33600, protocol: 'V34/ARQ' },
  cameUp: true,
  line: { sent: 3000, received: 1500 },
  out: { letters: 1, octets: 2000 },
  in: { letters: 12, octets: 71_000 },
  cost: 0.0408,
  failed: [{ reason: 'BUSY', times: 2 }],
}
const bare: CallRecord = {
  ...call,
  number: 8,
  began: undefined,
  counted: undefined,
  cause: 'LAN host 192.168.1.7 asked',
  ended: 'password refused',
  isp: '',
  carrier: undefined,
  cameUp: false,
  line: undefined,
  out: noTraffic,
  in: noTraffic,
  cost: undefined,
  failed: [],
}
const day = { calls: 2, seconds: 124, cost: 0.0408, unpriced: 1 }
const sums: Sums = {
  day,
  week: day,
  month: { calls: 30, seconds: 4000, cost: 1.5, unpriced: 0 },
  total: { calls: 31, seconds: 4062, cost: 1.5, unpriced: 0 },
  left: [
    { budget: { per: 'day', ms: 5_400_000 }, left: 5_276_000 },
    { budget: { per: 'month', money: 1 }, left: -0.5 },
  ],
}

test('where there were several ISPs the table names them, on 80 columns', () => {
  const lines = callsWords([call, { ...call, isp: 'the-other-one' }, bare], sums).split('\n')
  assert.deepEqual(lines.slice(0, 4), [
    'begun           time    cost    out      in       isp       why; how it ended',
    '26-11-25 13:00    1:02    0.04   1 2.0K   12 71K  shofar    urgent letter 4F2 f…',
    '26-11-25 13:00    1:02    0.04   1 2.0K   12 71K  the-oth…  urgent letter 4F2 f…',
    '                  1:02       -        -        -  -         LAN host 192.168.1.…',
  ])
  assert.ok(lines.every((one) => one.length <= 80))
})

test('the table says when, how long, what it cost, letters each way, why, and what it came to, on 80 columns', () => {
  const text = callsWords([call, { ...bare, isp: 'shofar' }], sums)
  assert.equal(
    text,
    `begun           time    cost    out      in       why; how it ended
26-11-25 13:00    1:02    0.04   1 2.0K   12 71K  urgent letter 4F2 from keith …
                  1:02       -        -        -  LAN host 192.168.1.7 asked; n…

today       2 calls   2:04     cost 0.04 and 1 call of unknown cost
this week   2 calls   2:04     cost 0.04 and 1 call of unknown cost
this month  30 calls  1:06:40  cost 1.50
in all      31 calls  1:07:42  cost 1.50
1:27:56 left of 1:30:00 of line a day
0.50 more than the 1.00 of money a month is spent`,
  )
  assert.ok(text.split('\n').every((line) => line.length <= 80))
})

test('without calls it says so, and without a tariff nothing of cost', () => {
  const none = { day: noSum, week: noSum, month: noSum, total: noSum, left: [] }
  assert.equal(callsWords([], none), 'No call yet.')
  const unpriced = { ...noSum, calls: 1, unpriced: 1 }
  assert.doesNotMatch(callsWords([bare], { ...none, total: unpriced }), /cost (?!out|.*why)/)
})

test('JSON has every field of a call, times in ISO 8601, null where nobody knows', () => {
  const [first, second] = callsJson([call, bare]).map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(first, { ...call, began: new Date(began).toISOString(), counted: new Date(began).toISOString() })
  assert.deepEqual(second, { ...bare, began: null, counted: null, carrier: null, line: null, cost: null })
  assert.deepEqual(JSON.parse(sumsJson(sums)).left, [
    { seconds: 5276, per: 'day' },
    { money: -0.5, per: 'month' },
  ])
})

test('CSV has a header, a line a call and CRLF; a call without a time has an empty cell', () => {
  const lines = callsCsv([call, bare]).split('\r\n')
  assert.equal(lines.length, 4)
  assert.equal(lines[3], '')
  assert.match(lines[0] ?? '', /^number,began,seconds,cause,ended,isp,/)
  assert.match(
    lines[1] ?? '',
    /^7,2026-11-25T[\d:.]+Z,62,urgent letter 4F2 from keith,mail is done,shofar,33600,V34\/ARQ,yes,3000,1500,1,12,2000,71000,0\.0408,2$/,
  )
  assert.match(lines[2] ?? '', /^8,,62,LAN host 192\.168\.1\.7 asked,password refused,,,,no,,,0,0,0,0,,0$/)
})

for (const cause of ['=HYPERLINK("http://x.example")', '+44', '-1', '@SUM(A1)', '  =1', '\t=1', '\r=1', 'a,"b"\nc']) {
  test(`a cause such as ${JSON.stringify(cause)} is a text in a spreadsheet, on one line`, () => {
    const lines = callsCsv([{ ...call, cause }]).split('\r\n')
    assert.equal(lines.length, 3)
    const cell = /^7,[^,]+,62,("(?:[^"]|"")*"|[^",]*),/.exec(lines[1] ?? '')?.[1] ?? ''
    const text = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell
    assert.notEqual(text, '')
    assert.doesNotMatch(text, /^\s*[=+\-@]|[\r\n]/)
  })
}
