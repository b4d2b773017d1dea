import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBdat, parseEtrn, parseHello, parseMail, parseRcpt } from '../../src/accept/command.ts'
import { formatReply } from '../../src/mail/reply.ts'

const eddy = { local: 'eddy', domain: 'shire.lan' }

const mails: readonly [argument: string, expected: object | string][] = [
  ['FROM:<eddy@shire.lan>', { from: eddy, parameters: {} }],
  ['from: eddy@Shire.LAN', { from: eddy, parameters: {} }],
  ['FROM : <eddy@shire.lan>', { from: eddy, parameters: {} }],
  ['FROM:<>', { from: null, parameters: {} }],
  ['FROM:<@a.example,@b.example:eddy@shire.lan>', { from: eddy, parameters: {} }],
  ['FROM:<"a>b c"@shire.lan> SIZE=1', { from: { local: 'a>b c', domain: 'shire.lan' }, parameters: {}, size: 1 }],
  [
    'FROM:<eddy@shire.lan> size=10 body=8bitmime ret=full envid=a+2Bb',
    { from: eddy, parameters: { body: '8bitmime', ret: 'full', envid: 'a+b' }, size: 10 },
  ],
  ['FROM:<eddy@shire.lan> BODY=7BIT  SMTPUTF8', { from: eddy, parameters: { body: '7bit', smtputf8: true } }],
  ['FROM:<eddy@shire.lan', '501 5.5.4'],
  ['FROM:<eddy@shire.lan>SIZE=1', '501 5.5.4'],
  ['FROM:', '501 5.5.4'],
  ['', '501 5.5.4'],
  ['TO:<eddy@shire.lan>', '501 5.5.4'],
  ['FROM:<eddy@shire.lan> SIZE=1 SIZE=2', '501 5.5.4'],
  ['FROM:<eddy@shire.lan> SIZE', '501 5.5.4'],
  ['FROM:<eddy@shire.lan> ENVID=a+0Ab', '501 5.5.4'],
  [`FROM:<eddy@shire.lan> ENVID=${'x'.repeat(101)}`, '501 5.5.4'],
  ['FROM:<eddy@shire.lan> MT-PRIORITY=9', '555 5.5.4'],
  ['FROM:<eddy@@shire.lan>', '501 5.1.7'],
  ['FROM:<@shire.lan>', '501 5.1.7'],
  ['FROM:<""@shire.lan>', '501 5.1.7'],
  [`FROM:<${'x'.repeat(600)}@shire.lan>`, '501 5.1.7'],
  ['FROM:<ed\u0007dy@shire.lan>', '501 5.1.7'],
  ['FROM:<"ed\tdy"@shire.lan>', '501 5.1.7'],
  ['FROM:<müller@shire.lan>', '553 5.6.7'],
]

for (const [argument, expected] of mails) {
  test(`MAIL ${argument.slice(0, 90)}`, () => same(parseMail(argument), expected))
}

const rcpts: readonly [argument: string, expected: object | string][] = [
  ['TO:<eddy@shire.lan>', { address: eddy }],
  ['TO:<eddy>', { address: { local: 'eddy', domain: '' } }],
  ['TO:<eddy@shire.lan> NOTIFY=success,FAILURE,success', { address: eddy, notify: ['success', 'failure'] }],
  [
    'TO:<eddy@shire.lan> ORCPT=rfc822;Bob+2B1@example.com NOTIFY=NEVER',
    { address: eddy, notify: ['never'], orcpt: 'rfc822;Bob+1@example.com' },
  ],
  ['TO:<eddy@shire.lan> ORCPT=utf-8;mül@example.com', { address: eddy, orcpt: 'utf-8;mül@example.com' }],
  ['TO:<>', '501 5.1.3'],
  ['TO:<eddy@shire.lan> NOTIFY=', '501 5.5.4'],
  ['TO:<eddy@shire.lan> ORCPT=rfc822;', '501 5.5.4'],
  ['TO:<eddy@shire.lan> ORCPT=rfc822;a+zz', '501 5.5.4'],
  ['TO:<eddy@shire.lan> ORCPT=rfc822;a=b', '501 5.5.4'],
  ['TO:<eddy@shire.lan> SIZE=1', '555 5.5.4'],
]

for (const [argument, expected] of rcpts) {
  test(`RCPT ${argument}`, () => same(parseRcpt(argument, false), expected))
}

test('an address beyond ASCII is for transactions with SMTPUTF8', () => {
  same(parseRcpt('TO:<mül@fär.example>', true), { address: { local: 'mül', domain: 'fär.example' } })
  same(parseRcpt('TO:<mül@fär.example>', false), '553 5.6.7')
})

test('a quote that never ends is refused in no time', () => {
  const began = process.cpuUsage()
  same(parseMail(`FROM:<${'"a\\'.repeat(2700)}`), '501 5.5.4')
  same(parseMail(`FROM:${'""'.repeat(4000)}<`), '501 5.5.4')
  assert.ok(process.cpuUsage(began).user < 500_000)
})

test('BDAT takes a number, and LAST', () => {
  same(parseBdat('86'), { octets: 86, last: false })
  same(parseBdat('0 last'), { octets: 0, last: true })
  for (const argument of ['', '-1', '1.5', '0x10', '1 FIRST', '86LAST', '99999999999']) same(parseBdat(argument), '501 5.5.4')
})

test('ETRN takes a domain', () => {
  same(parseEtrn('Shire.LAN'), 'shire.lan', true)
  same(parseEtrn('@shire.lan'), 'shire.lan', true)
  for (const argument of ['', '#fast', 'a b', '-x']) same(parseEtrn(argument), '501 5.5.4')
})

test('HELO takes any one word', () => {
  for (const name of ['herring', '[192.168.1.7]', '192.168.1.7', 'my_pc', 'MÜLLER-PC']) same(parseHello(name), name, true)
  for (const name of ['', 'two words', 'a\u0000b', 'x'.repeat(301)]) same(parseHello(name), '501 5.5.4')
})

function same(
  parsed: ReturnType<typeof parseMail | typeof parseRcpt | typeof parseBdat | typeof parseEtrn>,
  expected: object | string,
  isValue = false,
): void {
  if (typeof expected === 'string' && !isValue) {
    assert.ok(parsed.refusal, 'should be refused')
    assert.ok(formatReply(parsed.refusal).startsWith(`${expected} `), formatReply(parsed.refusal))
  } else assert.deepEqual(parsed, { ok: expected })
}
