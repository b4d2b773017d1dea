import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verified } from '../../src/sendmail/deliverable.ts'

const table: readonly (readonly [string, string, number])[] = [
  ['→ mailbox eddy: MAIL FROM:<postmaster> RCPT TO:<eddy>', 'deliverable: mailer local, user eddy', 0],
  ['→ smarthost u@far.example: MAIL FROM:<> RCPT TO:<u@far.example>', 'deliverable: mailer relay, host h, user u@far.example', 0],
  ['→ program eddy /bin/cat -n: MAIL FROM:<> RCPT TO:<p>', 'deliverable: mailer prog, user |/bin/cat -n', 0],
  ['→ file /var/log/x: MAIL FROM:<> RCPT TO:<f>', 'deliverable: mailer *file*, user /var/log/x', 0],
  ['→ refused: 550 5.1.1 <x>... User unknown', 'User unknown', 67],
  ['→ refused: 550 5.7.1 Not for you', 'Not for you', 69],
  ['→ deferred: 451 4.3.0 Try again later: no disk', 'Deferred: Try again later: no disk', 75],
  ['x is no address; write one', 'x is no address; write one', 65],
]

for (const [line, words, exit] of table) {
  test(`what explain ends with by "${line}" is "${words}"`, () => {
    assert.deepEqual(verified('x', ['a rule', line], 'h'), { said: [`x... ${words}`], exit })
  })
}

test('an alias has a line for each of its ends', () => {
  const ends = ['→ mailbox a: MAIL FROM:<> RCPT TO:<a>', '→ smarthost b@c: MAIL FROM:<> RCPT TO:<b@c>']
  assert.deepEqual(verified('x', ends, undefined).said, [
    'x... deliverable: mailer local, user a',
    'x... deliverable: mailer relay, user b@c',
  ])
})
