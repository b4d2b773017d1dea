import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fetchmailrcSettings } from '../../src/import/fetchmailrc.ts'
import { mistakesIn } from './accepted.ts'

const box = 'user u pass p is eddy here'

/** What stands in the settings, or in the comments, for a file. */
const cases: readonly [what: string, text: string, ...expected: RegExp[]][] = [
  ['port 995 means TLS from the first octet', `poll x.example proto pop3 port 995 ${box}`, /^tls = "implicit"/m, /^(?!port)/],
  ['ssl on a port that does not begin with TLS is on its own', `poll x.example proto pop3 port 110 ${box} ssl`, /^tls = "implicit"/m],
  ["a port of one's own stays", `poll x.example proto imap port 1143 ${box}`, /^port = 1143$/m],
  ['a service is a port', `poll x.example proto imap service imaps ${box}`, /^tls = "implicit"$/m],
  ['an unknown service is told of', `poll x.example proto imap service tunnel ${box}`, /service: write the number/],
  ["sslproto '' is no TLS", `poll x.example proto pop3 ${box} sslproto ''`, /^tls = "off"$/m],
  ['any other is TLS or nothing', `poll x.example proto pop3 ${box} sslproto tls1.2+`, /^tls = "required"$/m],
  ['auto is IMAP where the port is', `poll x.example port 143 ${box}`, /^protocol = "imap"$/m],
  ['auto is to be decided elsewhere', `poll x.example ${box}`, /^protocol = "pop3"$/m, /without a protocol fetchmail tried IMAP first/],
  [
    'what dialpost cannot speak is a comment',
    `poll x.example proto etrn`,
    /# not carried over: etrn: no equivalent/,
    /^# \[\[mailbox\]\]$/m,
  ],
  [
    'via is the host, and the name after poll a domain',
    'poll a.example via b.example proto pop3 user u to x y here pass p',
    /^host = "b.example"$/m,
    /^domains = \["a.example"\]$/m,
  ],
  [
    'one pair is single-drop, for the name before =',
    'poll x.example proto pop3 user u pass p to eddy=keith here',
    /^deliver_to = "eddy"$/m,
  ],
  ['of two pairs of a name the first holds', 'poll x.example proto pop3 user u pass p to a=eddy a=keith here', /users = \{ a = "eddy" \}/],
  ['nobody is whoever started it', 'poll x.example proto pop3 pass p', /^user = "root" .*whoever started it/m, /^deliver_to = "root"/m],
  [
    'localdomains pass no unknown name',
    'poll x.example proto pop3 localdomains y.example user u pass p to eddy keith',
    /names in them that users lacks/,
  ],
  ['no envelope is told of', 'poll x.example proto pop3 no envelope user u pass p to eddy keith', /no envelope: no equivalent/],
  ['a limit of 0 is none', `poll x.example proto pop3 ${box} limit 0`, /^(?![^]*max_message)/],
  ['a limit keeps its octets', `poll x.example proto pop3 ${box} limit 100001`, /^max_message = "100001B"$/m],
  [
    'two boxes of one name get two',
    `poll x.example proto pop3 ${box}\npoll y.example proto pop3 ${box}`,
    /^name = "u"$/m,
    /^name = "u-y.example"$/m,
  ],
  [
    'a third gets a number',
    `poll x.example proto pop3 ${box}\npoll x.example proto imap ${box}\npoll x.example proto imap user u@b is eddy`,
    /^name = "u-2"$/m,
  ],
  [
    'one box is not collected twice',
    `poll x.example proto pop3 ${box}\npoll X.example proto pop3 ${box} folder A`,
    /# not carried over: it is the box of u, which is collected once/,
  ],
  [
    'a host that is none is told of',
    `poll "not a host" proto pop3 ${box}`,
    /# not carried over: nothing gives a host/,
    /# host is left out: .*not a host/,
  ],
  ['a user that cannot be is told of', 'poll x.example proto pop3 user "a\\nb" pass p is eddy', /# not carried over: nothing gives a user/],
  [
    'a domain that is none is left out, and the others stay',
    'poll x.example proto pop3 aka "a b" c.example user u pass p to eddy keith',
    /^domains = \["x.example", "c.example"\]$/m,
  ],
  [
    'a name that is none is left out, and the others stay',
    'poll x.example proto pop3 user u pass p to eddy "x y"="a b" keith',
    /users = \{ eddy = "eddy", keith = "keith" \}/,
    /users is left out: .*a b/,
  ],
  [
    'a password file of fetchmail 6.5 stays',
    'poll x.example proto pop3 user u passwordfile /etc/secret is eddy',
    /^password_file = "\/etc\/secret"$/m,
  ],
  ['set daemon 0 is no interval', 'set daemon 0', /set daemon 0: dialpost always is a daemon/],
  ['a second set holds', 'set daemon 60 set daemon 7200', /^poll_every = "2h"/m],
  [
    'what defaults give is told of once',
    'defaults proto pop3 timeout 9 user u pass p is eddy\npoll x.example poll y.example',
    /line 1: timeout/,
    /^(?![^]*timeout[^]*timeout)/,
  ],
  ['the empty file is nothing', '', /^# What the \.fetchmailrc says/],
]

for (const [what, text, ...expected] of cases) {
  test(what, () => {
    const read = fetchmailrcSettings(text)
    assert.ok('toml' in read, JSON.stringify(read))
    for (const pattern of expected) assert.match(read.toml.replace(/\n# {3}/g, ' ').replace(/ {2}# line \d+$/gm, ''), pattern)
    assert.deepEqual(mistakesIn(read.toml), [])
  })
}

test('a terminal is safe from what a file has in it', () => {
  const read = fetchmailrcSettings('poll "x\x1b[2J\\x9b.example" proto pop3 user "\x1b]0;x\x07" pass p is "a\x1b" here')
  assert.ok('toml' in read)
  assert.doesNotMatch(read.toml, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/)
})
