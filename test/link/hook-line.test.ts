import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lineReader, parseHookLine } from '../../src/link/hook-line.ts'

const facts = { interface: 'ppp0', tty: '/dev/ttyS1', speed: 115_200, local: '10.0.0.1', remote: '10.0.0.2', ipparam: 'isp' }
const nothing = { interface: '', tty: '', speed: 0, local: '', remote: '', ipparam: '' }
const up = (link: object) => ({ kind: 'went-up', facts: link, reason: 'ip-up' })
const down = (name: string, more: object = {}) => ({ kind: 'went-down', interface: name, reason: 'ip-down', ...more })

const events: readonly [line: string, event: object][] = [
  ['up ppp0 /dev/ttyS1 115200 10.0.0.1 10.0.0.2 isp', up(facts)],
  ['up ppp0 /dev/ttyS1 115200 10.0.0.1 10.0.0.2 isp - -', up(facts)],
  ['up ppp0 /dev/ttyS1 115200 10.0.0.1 10.0.0.2 isp 192.0.2.53 -', up({ ...facts, nameservers: ['192.0.2.53'] })],
  ['  up   ppp0\t/dev/ttyS1 115200 10.0.0.1 10.0.0.2 isp 2001:db8::53 ', up({ ...facts, nameservers: ['2001:db8::53'] })],
  ['up ppp0 - 0 fe80::1%ppp0 fe80::2 -', up({ ...nothing, interface: 'ppp0', local: 'fe80::1%ppp0', remote: 'fe80::2' })],
  ['up ppp0', up({ ...nothing, interface: 'ppp0' })],
  ['up', up(nothing)],
  ['down', down('')],
  ['down ppp0 /dev/ttyS1 115200 10.0.0.1 10.0.0.2 isp', down('ppp0')],
  [
    'down ppp0 /dev/ttyS1 115200 10.0.0.1 10.0.0.2 - 125 20480 409600',
    down('ppp0', { usage: { seconds: 125, sent: 20_480, received: 409_600 } }),
  ],
  ['down ppp0 /dev/ttyS1 115200 10.0.0.1 10.0.0.2 isp - - -', down('ppp0')],
  ['down ppp0 /dev/ttyS1 115200 10.0.0.1 10.0.0.2 isp 125 20480', down('ppp0')],
]

for (const [line, event] of events) test(`"${line}" is an event`, () => assert.deepEqual(parseHookLine(line), { event }))

for (const host of ['192.168.1.7', 'fe80::7%eth0', 'herring', 'herring.shire.lan', 'my_pc'])
  test(`"ask ${host}" asks for the line`, () => assert.deepEqual(parseHookLine(`ask ${host}`), { ask: host }))

const garbage = [
  'ask',
  'ask a b',
  'ask -x',
  'ask a..b',
  'ask ;reboot',
  `ask ${'a.'.repeat(127)}ab`,
  `ask ${':'.repeat(70)}`,
  '',
  ' ',
  'hello',
  'UP ppp0',
  'up ../x',
  'up ppp0 tty fast',
  'up ppp0 tty 1 here there',
  'down ppp0 tty -1',
  'up \0',
  'downppp0',
]

for (const line of garbage) test(`${JSON.stringify(line)} is no event, and it says why`, () => assert.ok('wrong' in parseHookLine(line)))

test('whatever comes, it is an event, a wish or garbage, and never an exception', () =>
  fc.assert(fc.property(fc.string(), (line) => assert.ok(['event', 'ask', 'wrong'].some((key) => key in parseHookLine(line))))))

test('lines are the same however the stream is cut, and long ones are passed over once', () => {
  const lines = ['up ppp0', '', 'x'.repeat(50), 'y'.repeat(21), 'z'.repeat(20), 'down']
  const text = `${lines.join('\n')}\nhalf a li`
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
      const seen: string[] = []
      const overlong: string[] = []
      const read = lineReader(
        20,
        (line) => seen.push(line),
        (beginning) => overlong.push(beginning[0] ?? ''),
      )
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length]
      for (const [index, place] of places.slice(1).entries()) read(text.slice(places[index], place))
      assert.deepEqual(
        seen,
        lines.filter((line) => line.length <= 20),
      )
      assert.deepEqual(overlong, ['x', 'y'])
    }),
  )
})
