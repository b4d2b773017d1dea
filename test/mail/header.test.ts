import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectHeader, headerLimit, parseHeader, valueOf, valuesOf } from '../../src/mail/header.ts'

const octets = (text: string) => Buffer.from(text, 'latin1')

test('a header is cut into fields, folds included', () => {
  const header = parseHeader(octets('From: eddy\r\nSubject: one\r\n two\r\n\tthree\r\nTo:keith\r\n\r\nbody: no field\r\n'))
  assert.deepEqual(
    header.map(({ name, value }) => [name, value]),
    [
      ['from', 'eddy'],
      ['subject', 'one two\tthree'],
      ['to', 'keith'],
    ],
  )
})

test('values are found by lower-case name, in order', () => {
  const header = parseHeader(octets('Received: b\r\nreceived: a\r\nTO: x\r\n'))
  assert.deepEqual(valuesOf(header, 'received'), ['b', 'a'])
  assert.equal(valueOf(header, 'to'), 'x')
  assert.equal(valueOf(header, 'cc'), undefined)
})

const odd: readonly (readonly [string, string, readonly (readonly [string, string])[]])[] = [
  [
    'bare LF ends lines too',
    'A: 1\nB: 2\n\nC: 3\n',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  [
    'a line without a colon is a field without a name',
    'A: 1\r\nFrom eddy Sat\r\nB: 2\r\n',
    [
      ['a', '1'],
      ['', 'From eddy Sat'],
      ['b', '2'],
    ],
  ],
  ['blanks before the colon are no part of the name', 'Subject : hi\r\n', [['subject', 'hi']]],
  [
    'a header may lack its last line end',
    'A: 1\r\nB: 2',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  [
    'a header may begin with a fold',
    ' x\r\nA: 1\r\n',
    [
      ['', 'x'],
      ['a', '1'],
    ],
  ],
  ['octets that are no UTF-8 are read as Latin-1', 'A: caf\xe9\r\n', [['a', 'café']]],
  ['UTF-8 is read as such', 'A: caf\xc3\xa9\r\n', [['a', 'café']]],
  ['NUL octets are kept', 'A: \x00x\r\n', [['a', '\x00x']]],
  ['nothing is no field', '', []],
  ['a body without a header has no field', '\r\nA: 1\r\n', []],
]
for (const [name, text, expected] of odd) {
  test(name, () =>
    assert.deepEqual(
      parseHeader(octets(text)).map(({ name, value }) => [name, value]),
      expected,
    ),
  )
}

for (const size of [1, 2, 3, 7, 100]) {
  test(`a header is collected from pieces of ${size} octets`, () => {
    const whole = octets('From: eddy\r\nTo: keith\r\n\r\nbody\r\n\r\nmore')
    const collector = collectHeader()
    let at = 0
    while (at < whole.length) {
      const done = collector.push(whole.subarray(at, at + size))
      at += size
      if (done) break
    }
    assert.equal(Buffer.from(collector.octets()).toString(), 'From: eddy\r\nTo: keith\r\n\r\n')
    assert.equal(Buffer.concat([collector.rest(), whole.subarray(at)]).toString(), 'body\r\n\r\nmore')
    assert.equal(collector.tooLong(), false)
  })
}

test('a header whose stream ends early is what there was', () => {
  const collector = collectHeader()
  assert.equal(collector.push(octets('From: eddy\r\n')), false)
  assert.equal(Buffer.from(collector.octets()).toString(), 'From: eddy\r\n')
  assert.equal(collector.rest().length, 0)
})

test('more than the limit is no header, and nothing of it is lost', () => {
  const collector = collectHeader(10)
  assert.equal(collector.push(octets('From: ')), false)
  assert.equal(collector.push(octets('eddy younger\r\n\r\nbody')), true)
  assert.equal(collector.tooLong(), true)
  assert.equal(Buffer.concat([collector.octets(), collector.rest()]).toString(), 'From: eddy younger\r\n\r\nbody')
  assert.equal(collector.octets().length, 10)
})

test('a header that ends behind the limit is too long as well', () => {
  const collector = collectHeader(10)
  assert.equal(collector.push(octets('From: eddy younger\r\n\r\n')), true)
  assert.equal(collector.tooLong(), true)
})

test('one endless line in single octets is bounded and costs time in proportion', () => {
  const collector = collectHeader()
  const began = process.cpuUsage()
  let pushed = 0
  while (!collector.push(octets('x'))) pushed++
  assert.equal(pushed, headerLimit)
  assert.ok(process.cpuUsage(began).user < 3_000_000)
})
