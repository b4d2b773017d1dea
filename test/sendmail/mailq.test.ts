import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QueuedDelivery, QueuedLetter } from '../../src/console/house.ts'
import { isSelected, mailqFoot, mailqHead, mailqLetter } from '../../src/sendmail/mailq.ts'

process.env['TZ'] = 'UTC'

const delivery = (recipient: string, more: Partial<QueuedDelivery> = {}): QueuedDelivery => ({
  recipient,
  courier: 'smarthost',
  state: 'waiting',
  words: 'waiting',
  attempts: 0,
  possibleDuplicate: false,
  ...more,
})

const letter = (more: Partial<QueuedLetter> = {}): QueuedLetter => ({
  id: '4F2',
  from: 'games@lan.example',
  size: 2982,
  priority: 'normal',
  subject: '',
  kept: Date.UTC(2026, 10, 22, 9, 37),
  keptKnown: true,
  lineSeconds: 1,
  deliveries: [delivery('u1@far.example', { words: 'deferred: 451 4.4.1 Connection refused', attempts: 1 })],
  ...more,
})

test('the table is sendmail’s, column for column', () => {
  assert.equal(
    [mailqHead('/var/spool/mqueue', 4, false), mailqLetter(letter({ id: '6AM9brQD016543' }), false), mailqFoot(5)].join('\n'),
    `\t\t/var/spool/mqueue (4 requests)
-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------
6AM9brQD016543     2982 Sun Nov 22 09:37 games@lan.example
                 (Deferred: 451 4.4.1 Connection refused)
\t\t\t\t\t u1@far.example
\t\tTotal requests: 5`,
  )
})

test('the long table has priorities and more room', () => {
  const long = letter({ from: 'x'.repeat(100), priority: 'bulk', deliveries: [delivery('y'.repeat(100)), delivery('z')] })
  assert.equal(
    [mailqHead('/spool', 1, true), mailqLetter(long, true)].join('\n'),
    `\t\t/spool (1 request)
-----Q-ID----- --Size-- -Priority- ---Q-Time--- --------Sender/Recipient--------
4F2                2982     170982 Nov 22 09:37 ${'x'.repeat(78)}
\t\t\t\t\t\t${'y'.repeat(71)}
\t\t\t\t\t\tz`,
  )
})

test('an empty queue is said to be empty', () => {
  assert.equal(`${mailqHead('/var/spool/mqueue', 0, false)}\n${mailqFoot(0)}`, '/var/spool/mqueue is empty\n\t\tTotal requests: 0')
})

test('long addresses and reasons are cut, and no control character passes', () => {
  const rows = mailqLetter(
    letter({ from: 'a'.repeat(50), deliveries: [delivery(`b\u0007${'b'.repeat(60)}`, { words: `deferred: ${'c'.repeat(90)}` })] }),
    false,
  ).split('\n')
  assert.equal(rows[0]?.slice(41), 'a'.repeat(39))
  assert.equal(rows[1], `                 (Deferred: ${'c'.repeat(50)})`)
  assert.equal(rows[2], `\t\t\t\t\t b?${'b'.repeat(36)}`)
})

test('a letter that is under way is starred, settled recipients are not shown, held ones are', () => {
  const rows = mailqLetter(
    letter({
      deliveries: [
        delivery('gone', { state: 'done', words: 'delivered' }),
        delivery('now', { state: 'trying', words: 'being delivered' }),
        delivery('parked', { state: 'held', words: 'held' }),
      ],
    }),
    false,
  )
  assert.equal(
    rows,
    '4F2           *    2982 Sun Nov 22 09:37 games@lan.example\n                 (Held)\n\t\t\t\t\t now\n\t\t\t\t\t parked',
  )
})

const selections: readonly (readonly [Parameters<typeof isSelected>[1][number], boolean])[] = [
  [{ by: 'id', text: '4f', not: false }, true],
  [{ by: 'id', text: '5', not: false }, false],
  [{ by: 'recipient', text: '@FAR', not: false }, true],
  [{ by: 'recipient', text: '@far', not: true }, false],
  [{ by: 'sender', text: 'games', not: false }, true],
  [{ by: 'sender', text: 'far', not: true }, true],
]

for (const [selection, expected] of selections) {
  test(`a letter ${expected ? 'is' : 'is not'} selected by ${JSON.stringify(selection)}`, () => {
    assert.equal(isSelected(letter(), [selection]), expected)
  })
}

test('all of several selections must hold', () => {
  const [first, second] = [
    { by: 'id', text: '4F2', not: false },
    { by: 'sender', text: 'nobody', not: false },
  ] as const
  assert.equal(isSelected(letter(), [first, second]), false)
  assert.equal(isSelected(letter(), []), true)
})
