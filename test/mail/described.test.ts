import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hopsOf, messageIdOf, priorityOf, subjectOf } from '../../src/mail/described.ts'
import { parseHeader } from '../../src/mail/header.ts'

const header = (text: string) => parseHeader(Buffer.from(`${text}\n\n`))

const priorities: Readonly<Record<string, string>> = {
  'Subject: nothing said': 'normal',
  'Priority: urgent': 'urgent',
  'Priority: Non-Urgent': 'bulk',
  'Importance: High': 'urgent',
  'Importance: low': 'bulk',
  'X-Priority: 1 (Highest)': 'urgent',
  'X-Priority: 2': 'urgent',
  'X-Priority: 3': 'normal',
  'X-Priority: 5 (Lowest)': 'bulk',
  'X-Priority: 10': 'urgent',
  'Precedence: bulk': 'bulk',
  'Precedence: LIST\nImportance: high': 'bulk',
  'Precedence: junk\nPriority: urgent': 'bulk',
  'Precedence: special-delivery': 'urgent',
  'Precedence: first-class\nX-Priority: 5': 'normal',
  'Importance: low\nPriority: urgent': 'urgent',
  'Priority: toString\nX-Priority: constructor': 'normal',
}

for (const [text, wanted] of Object.entries(priorities)) {
  test(`${text.replace('\n', ', ')} is ${wanted}`, () => assert.equal(priorityOf(header(text)), wanted))
}

test('the Message-ID is the word in angle brackets, or what stands in its place', () => {
  assert.equal(messageIdOf(header('Message-ID: <a@b>')), '<a@b>')
  assert.equal(messageIdOf(header('Message-ID: (x) <a@b>, relay=forged')), '<a@b>')
  assert.equal(messageIdOf(header('Message-ID: a b')), 'ab')
  assert.equal(messageIdOf(header('Message-ID: ')), undefined)
  assert.equal(messageIdOf([]), undefined)
  assert.equal(messageIdOf(header(`Message-ID: ${'x'.repeat(999)}`))?.length, 250)
  assert.equal(messageIdOf(header(`Message-ID: <${'x'.repeat(999)}>`))?.length, 250)
})

test('a subject is cut after 200 octets, never within a character', () => {
  const subject = (value: string) => subjectOf(header(`Subject: ${value}`))
  assert.equal(subject('=?utf-8?Q?hi?='), '=?utf-8?Q?hi?=')
  assert.equal(subject(`${'ä'.repeat(99)}x${'ö'.repeat(99)}`), `${'ä'.repeat(99)}x`)
  assert.equal(subject('x'.repeat(201)), 'x'.repeat(200))
  assert.equal(subjectOf([]), undefined)
})

test('hops are Received fields', () => assert.equal(hopsOf(header('Received: a\nX: y\nreceived: b\n\tc')), 2))
