import assert from 'node:assert/strict'
import { test } from 'node:test'
import { suspects, twinMark, worthLooking } from '../../src/collect/copies.ts'
import { parseHeader } from '../../src/mail/header.ts'

for (const [name, one, other, worth] of [
  ['the same size, next to each other', [4, 30_000], [5, 30_000], true],
  ['a few octets of names between them', [4, 30_000], [5, 30_032], true],
  ['more than names', [4, 30_000], [5, 30_033], false],
  ['not far from each other', [4, 30_000], [12, 30_000], true],
  ['too far', [4, 30_000], [13, 30_000], false],
  ['as small as a look is worth', [4, 6144], [5, 6144], true],
  ['so small that the look costs more', [4, 6143], [5, 6143], false],
  ['one of them too small', [4, 6143], [5, 6144], false],
  ['sizes that are not known', [1, 0], [2, 0], false],
] as const)
  test(`${name}: ${worth ? 'looked at' : 'fetched'}`, () => {
    const [a, b] = [one, other].map(([number, size]) => ({ number, size }))
    assert.deepEqual([worthLooking(a!, b!), worthLooking(b!, a!)], [worth, worth])
  })

test('suspects are found in whatever order they are given, between others and in several groups', () => {
  const sizes = [9000, 30_010, 500, 30_000, 9010, 30_020, 500, 70_000]
  const letters = sizes.map((size, at) => ({ number: at + 1, size }))
  assert.deepEqual(
    suspects(letters.toReversed()).map((group) => group.map(({ number }) => number)),
    [
      [1, 5],
      [2, 4, 6],
    ],
  )
})

test('a long row of copies is one group', () => {
  const row = Array.from({ length: 40 }, (_, at) => ({ number: at + 1, size: 20_000 }))
  assert.deepEqual(suspects(row), [row])
})

const written = [
  'Message-ID: <1@x.example>',
  'Date: Sat, 3 Jun 2000 18:18:25 +0100',
  'From: bob@far.example',
  'To: nelug@lists.example',
  'Subject: [nelug] meeting',
  'List-Unsubscribe: <https://lists.example/token/1>',
  'DKIM-Signature: v=1; bh=abc; b=def',
]
const trace = (who: string) => [
  `Return-Path: <nelug-${who}@lists.example>`,
  `Delivered-To: ${who}@isp.example`,
  `X-Envelope-To: ${who}@isp.example`,
  `Received: by mx for <${who}@isp.example>; Sat`,
]

function mark(lines: readonly string[], body: number, envelope?: string): string | undefined {
  const octets = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  return twinMark(parseHeader(octets), octets.length, octets.length + body, envelope)
}

const eddys = mark([...trace('eddy'), ...written], 30_000)

test('copies for two people have one mark, although trace lines make them differ in size', () => {
  assert.ok(eddys)
  assert.equal(mark([...trace('keith'), ...written], 30_000), eddys)
  assert.equal(mark([...trace('eddy'), ...trace('root'), ...written], 30_000), eddys)
})

test('a body that is longer by an octet is another letter', () => assert.notEqual(mark([...trace('eddy'), ...written], 30_001), eddys))

for (const line of written)
  test(`another ${line.split(':')[0]} is another letter, with a body as long`, () => {
    const changed = written.map((one) => (one === line ? one.replace(/.$/, '!') : one))
    assert.notEqual(mark([...trace('eddy'), ...changed], 30_000), eddys)
  })

test('the order of what was written counts, and a field more', () => {
  assert.notEqual(mark([...trace('eddy'), ...written.toReversed()], 30_000), eddys)
  assert.notEqual(mark([...trace('eddy'), ...written, 'X-Loop: eddy'], 30_000), eddys)
})

test("the box's own envelope header is a trace", () =>
  assert.equal(mark(['X-For: eddy', ...written], 9, 'X-For'), mark(['X-For: keith', ...written], 9, 'X-For')))

test('a server whose count is less than the header has marks for nothing', () => assert.equal(mark(written, -1), undefined))
