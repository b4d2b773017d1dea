/** Whatever an old file says, in whatever order: what is printed of it holds as settings, and no password is in it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fetchmailrcSettings } from '../../src/import/fetchmailrc.ts'
import { sendmailMcSettings } from '../../src/import/sendmail-mc.ts'
import { mistakesIn } from '../import/accepted.ts'

const name = fc.constantFrom(
  'eddy',
  'keith',
  '"x y"',
  'a@b.example',
  '7up',
  'x"y',
  '*',
  "'é'",
  '"a\\nb"',
  '"__proto__"',
  '""',
  'user',
  'root',
)
const host = fc.constantFrom('a.example', 'b.example', '10.0.0.1', '"no host"', 'x', "''", 'A.Example', '"\\x1b[2J"')
const number = fc.constantFrom('0', '1', '25', '110', '143', '465', '587', '993', '995', '70000', '-3', '2000000000', '99999999999')
const password = fc.constantFrom('s3cret', '"s3cret x"', 's3cret#', "'s3cret\"'")

const joined = (...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> => fc.tuple(...parts).map((words) => words.join(' '))
const some = (one: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.array(one, { maxLength: 5 }).map((words) => words.join(' '))
const pick = (...words: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...words)

const serverOption = fc.oneof(
  joined(pick('proto'), pick('pop3', 'imap', 'auto', 'apop', 'kpop', 'sdps', 'odmr', 'POP3')),
  joined(pick('via', 'aka', 'localdomains', 'interface', 'qvirtual', 'envelope', 'service'), host),
  joined(pick('port', 'timeout', 'interval', 'service'), number),
  joined(pick('envelope'), pick('0', '1', '30'), pick('X-Envelope-To', '"Delivered-To:"', 'Received', '"a b"')),
  pick('no envelope', 'nodns', 'uidl', 'tracepolls', 'auth password', 'auth ntlm'),
)
const userOption = fc.oneof(
  joined(pick('is', 'to'), name, pick('here', '', '= x here', '= eddy keith')),
  joined(pick('password'), password),
  joined(pick('limit', 'fetchlimit', 'warnings'), number),
  joined(pick('sslproto'), pick("''", 'tls1', 'auto')),
  pick('keep', 'no keep', 'ssl', 'no ssl', 'flush', 'fetchall', 'sslcertck', 'no sslcertck', 'mda "x s3cret"', 'preconnect "s3cret"'),
)
const account = joined(pick('user'), name, some(userOption))
const server = joined(pick('poll', 'skip'), host, some(serverOption), some(fc.oneof({ weight: 5, arbitrary: account }, userOption)))
const set = fc.oneof(
  joined(pick('set daemon'), number),
  joined(pick('set postmaster'), name),
  pick('set syslog', 'set no syslog', 'set nobouncemail'),
)
const fetchmailrc = joined(
  some(set),
  pick('', 'defaults proto pop3', 'defaults keep user dd to a b'),
  fc.array(server, { maxLength: 4 }).map((all) => all.join('\n')),
)

const time = pick('5d', '4h', '0', '', '90', '1h30m', 'never', '99999w')
const value = fc.oneof(
  host,
  number,
  time,
  pick('relay:[a.example]', 'smtp:$m', 'esmtp:a:b', '/etc/x', 'hash:/etc/y, /etc/z', 'hub.shire.lan', 'TCP $h 465', 'a b'),
)
const define = joined(
  pick('define(`'),
  pick(
    'SMART_HOST',
    'confFALLBACK_MX',
    'confDOMAIN_NAME',
    'confTO_QUEUEWARN',
    'confTO_QUEUERETURN',
    'confMAX_MESSAGE_SIZE',
    'confMAX_HOP',
    'ALIAS_FILE',
    'RELAY_MAILER_ARGS',
    'confDOUBLE_BOUNCE_ADDRESS',
    'confFORWARD_PATH',
    'confSERVER_CERT',
    'confSERVER_KEY',
    'confMAX_DAEMON_CHILDREN',
    'confWHAT',
  ),
  pick("', `"),
  value,
  pick("')dnl\n"),
).map((text) => text.replace(/` | '/g, (quote) => quote.trim()))
const list = fc
  .tuple(pick('MASQUERADE_AS', 'MASQUERADE_DOMAIN', 'LOCAL_DOMAIN', 'EXPOSED_USER', 'RELAY_DOMAIN'), fc.array(fc.oneof(host, value, name)))
  .map(([macro, words]) => `${macro}(\`${words.join(' ')}')dnl\n`)
const feature = pick('masquerade_envelope', 'allmasquerade', 'masquerade_entire_domain', 'genericstable', 'x').map(
  (name) => `FEATURE(${name})\n`,
)
const door = fc
  .tuple(pick('', 'Addr=127.0.0.1', 'Addr=[::1], Family=inet6', 'Addr=x'), pick('Port=smtp', 'Port=587', 'Port=99999', 'M=s'))
  .map((pairs) => `DAEMON_OPTIONS(\`${pairs.filter(Boolean).join(', ')}')\n`)
const mc = fc.array(fc.oneof(define, list, feature, door), { maxLength: 12 }).map((all) => all.join(''))

/** Of who is somebody here no file of old can know. */
const strangers = /there is neither a user nor an alias/

for (const [what, file, read] of [
  ['.fetchmailrc', fetchmailrc, fetchmailrcSettings],
  ['sendmail.mc', mc, sendmailMcSettings],
] as const) {
  test(`what is printed of any ${what} holds`, () => {
    let held = 0
    fc.assert(
      fc.property(file, (text) => {
        const settings = read(text)
        if ('mistakes' in settings) return assert.doesNotMatch(settings.mistakes.map(({ message }) => message).join('\n'), /s3cret/)
        held++
        assert.doesNotMatch(settings.toml, /s3cret|[\x00-\x09\x0b-\x1f\x7f-\x9f]/)
        assert.deepEqual(
          mistakesIn(settings.toml).filter((mistake) => !strangers.test(mistake)),
          [],
          settings.toml,
        )
      }),
      { numRuns: 400 },
    )
    assert.ok(held > 100, `${held} were read`)
  })
}
