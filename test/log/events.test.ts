/** The from= and to= lines against sendmail 8.17's own (logsender and logdelivery), with this hub's ids. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { duration, events, type Kept, type Line, type Settled } from '../../src/log/events.ts'
import { reply } from '../../src/mail/reply.ts'

function said(say: (log: ReturnType<typeof events>) => void): Line {
  const lines: Line[] = []
  say(events((line) => lines.push(line)))
  assert.equal(lines.length, 1)
  return lines[0] as Line
}

const kept: Kept = { id: '4F2', from: { local: 'games', domain: 'moriah.lan.example' }, size: 71, recipients: 1, relay: 'root@localhost' }

const fromLines: readonly [what: string, kept: Kept, text: string][] = [
  ['a letter with nothing known of it', kept, '4F2: from=games@moriah.lan.example, size=71, class=0, nrcpts=1, relay=root@localhost'],
  [
    'everything known',
    { ...kept, messageId: '<1@herring>', bodyType: '8BITMIME', protocol: 'ESMTP', relay: 'herring [192.168.1.7]', recipients: 3 },
    '4F2: from=games@moriah.lan.example, size=71, class=0, nrcpts=3, msgid=<1@herring>, bodytype=8BITMIME, proto=ESMTP, relay=herring [192.168.1.7]',
  ],
  ['a bounce', { ...kept, from: null }, '4F2: from=<>, size=71, class=0, nrcpts=1, relay=root@localhost'],
  [
    'a quoted sender',
    { ...kept, from: { local: 'a b', domain: 'x.example' } },
    '4F2: from="a b"@x.example, size=71, class=0, nrcpts=1, relay=root@localhost',
  ],
]

for (const [what, given, text] of fromLines) test(`from=: ${what}`, () => assert.equal(said((log) => log.from(given)).text, text))

const where = '[127.0.0.1] [127.0.0.1]'
const settled: Settled = {
  id: '4F2',
  recipient: { local: 'bob', domain: 'far.example' },
  delay: 35_000,
  transfer: 1000,
  courier: 'smarthost',
  size: 71,
  outcome: { kind: 'accepted', reply: reply(250, '2.0.0', 'ok queued as Q2'), where },
}
const local = { ...settled, recipient: { local: 'eddy', domain: '' }, courier: 'mailbox', delay: 2000 }

const toLines: readonly [what: string, settled: Settled, text: string][] = [
  [
    'sent',
    settled,
    '4F2: to=bob@far.example, delay=00:00:35, xdelay=00:00:01, mailer=relay, pri=30071, relay=[127.0.0.1] [127.0.0.1], dsn=2.0.0, stat=Sent (ok queued as Q2)',
  ],
  [
    'into a mailbox',
    { ...local, outcome: { kind: 'accepted', reply: reply(250, '2.0.0', '') } },
    '4F2: to=eddy, delay=00:00:02, xdelay=00:00:01, mailer=local, pri=30071, dsn=2.0.0, stat=Sent',
  ],
  [
    'refused',
    { ...settled, outcome: { kind: 'refused', reply: reply(550, '5.1.1', 'no such user'), where } },
    '4F2: to=bob@far.example, delay=00:00:35, xdelay=00:00:01, mailer=relay, pri=30071, relay=[127.0.0.1] [127.0.0.1], dsn=5.1.1, reply=550 5.1.1 no such user, stat=User unknown',
  ],
  [
    'deferred after days, in several lines',
    { ...settled, delay: 273_906_000, outcome: { kind: 'deferred', reply: { code: 450, text: 'Mailbox\nbusy' }, where } },
    '4F2: to=bob@far.example, delay=3+04:05:06, xdelay=00:00:01, mailer=relay, pri=30071, relay=[127.0.0.1] [127.0.0.1], dsn=4.0.0, reply=450 Mailbox busy, stat=Deferred: Mailbox busy',
  ],
]

for (const [what, given, text] of toLines) test(`to=: ${what}`, () => assert.equal(said((log) => log.to(given)).text, text))

const failures: readonly [code: number, enhanced: string | undefined, stat: string][] = [
  [550, '5.1.1', 'User unknown'],
  [550, undefined, 'User unknown'],
  [553, undefined, 'User unknown'],
  [550, '5.1.2', 'Host unknown'],
  [550, '5.7.1', 'Service unavailable'],
  [552, '5.2.2', 'Service unavailable'],
  [554, undefined, 'Service unavailable'],
  [554, '5.6.3', 'Data format error'],
]

for (const [code, enhanced, stat] of failures)
  test(`${code} ${enhanced ?? ''} is stat=${stat}`, () => {
    const refusal = { code, text: 'No', ...(enhanced === undefined ? {} : { enhanced }) }
    const { text } = said((log) => log.to({ ...settled, outcome: { kind: 'refused', reply: refusal } }))
    assert.ok(text.endsWith(`, stat=${stat}`), text)
  })

test('a letter that is away is information, one that is not a notice; readers of logs find both', () => {
  assert.equal(said((log) => log.to(settled)).level, 'info')
  const line = said((log) => log.to({ ...settled, outcome: { kind: 'deferred', reply: reply(451, '4.3.0', 'Later') } }))
  assert.equal(line.level, 'notice')
  assert.match(line.text, /^\w+: (from|to)=/)
  assert.deepEqual(
    { to: line.fields['to'], stat: line.fields['stat'], reply: line.fields['reply'] },
    { to: 'bob@far.example', stat: 'deferred', reply: '451 4.3.0 Later' },
  )
})

const durations: readonly [ms: number, text: string][] = [
  [-5, '00:00:00'],
  [499, '00:00:00'],
  [61_000, '00:01:01'],
  [86_399_000, '23:59:59'],
  [86_400_000, '1+00:00:00'],
  [273_906_000, '3+04:05:06'],
]

for (const [ms, text] of durations) test(`${ms} ms is ${text}`, () => assert.equal(duration(ms), text))
