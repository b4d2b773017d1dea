import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hopsOf, messageIdOf, priorityOf, subjectOf } from '../../src/mail/described.ts'
import { parseHeader } from '../../src/mail/header.ts'

const header = (text: string) => parseHeader(Buffer.from(`${text}\n\n`))

const priorities: Readonly<Record<string, string>> = {
  'Subject: x': 'normal',
  'Precedence: bulk': 'bulk',
  'Precedence: List\nImportance: high': 'bulk',
  'Precedence: special-delivery': 'urgent',
  'Priority: urgent': 'urgent',
  'Priority: non-urgent': 'bulk',
  'Importance: low': 'bulk',
  'X-Priority: 1 (Highest)': 'urgent',
  'X-Priority: 5': 'bulk',
  'Priority: toString\nX-Priority: constructor': 'normal',
}

for (const [text, wanted] of Object.entries(priorities)) {
  test(`${text.replace('\n', ', ')} is ${wanted}`, () => assert.equal(priorityOf(header(text)), wanted))
}

test('the Message-ID is the word in angle brackets, or what stands in its place', () => {
  assert.equal(messageIdOf(header('Message-ID: (x) <a@b> y')), '<a@b>')
  assert.equal(messageIdOf(header('Message-ID: a b')), 'ab')
  assert.equal(messageIdOf(header('Message-ID: ')), undefined)
  assert.equal(messageIdOf(header(`Message-ID: ${'x'.repeat(999)}`))?.length, 250)
})

test('a subject is cut between characters', () => {
  const subject = subjectOf(header(`Subject: ${'ä'.repeat(99)}x${'ö'.repeat(99)}`))
  assert.equal(subject, `${'ä'.repeat(99)}x`)
})

test('hops are Received fields', () => assert.equal(hopsOf(header('Received: a\nX: y\nreceived: b\n\tc')), 2))
