import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sendmailMcSettings } from '../../src/import/sendmail-mc.ts'
import { mistakesIn } from './accepted.ts'

const cases: readonly [what: string, text: string, ...expected: RegExp[]][] = [
  ['a host without mailer is a smarthost', 'define(SMART_HOST, h.example)', /^host = "h.example"$/m],
  ['a host in brackets, too', "define(`SMART_HOST', `esmtp:[10.0.0.9]')", /^host = "10.0.0.9"$/m],
  ['several hosts are tried in turn', "define(`SMART_HOST', `relay:a.example:b.example')", /"a.example"[^]*"b.example"/],
  [
    'a mailer that is not SMTP has no equivalent',
    "define(`SMART_HOST', `uucp-new:ukc')",
    /the smarthost has no equivalent/,
    /^(?![^]*\[\[smarthost\]\]\nhost)/,
  ],
  ['none is told of', 'MAILER(smtp)', /SMART_HOST is not defined/],
  [
    'this hub is no smarthost of its own',
    "define(`confDOMAIN_NAME', `m.shire.lan')define(SMART_HOST, M.shire.lan)",
    /# not carried over: line 1 names this hub itself/,
  ],
  [
    'the port stands in the arguments of the mailer',
    "define(SMART_HOST, h.example)define(`RELAY_MAILER_ARGS', `TCP $h 465')",
    /^tls = "implicit"$/m,
    /^port = 465$/m,
  ],
  ['without masquerade_envelope the envelope stays', 'MASQUERADE_AS(a.example)', /^envelope = false /m],
  [
    'what is exposed shows its own name',
    "define(`confDOMAIN_NAME', `m.shire.lan')MASQUERADE_AS(a.example)EXPOSED_USER(root)",
    /^users = \{ root = "root@m.shire.lan" \}$/m,
  ],
  ['or is told of', 'MASQUERADE_AS(a.example)EXPOSED_USER(root)', /EXPOSED_USER: write what the world is to see/],
  [
    'classes of sendmail.cf are lists',
    'LOCAL_CONFIG\nCwa.example b.example # x\nC{w}c.example\nDMm.example\nCMd.example',
    /^local_domains = \["localhost", "a.example", "b.example", "c.example"\]/m,
    /^as = "m.example"/m,
    /^domains = \["d.example"\]/m,
  ],
  ["Dj is the hub's name", 'LOCAL_CONFIG\nDjm.shire.lan', /^hostname = "m.shire.lan"$/m],
  [
    "times have sendmail's units",
    "define(`confTO_QUEUEWARN', `8')define(`confTO_QUEUERETURN', `3')",
    /^warn_after = "8h"$/m,
    /^return_after = "3d"$/m,
  ],
  [
    'together they must make sense',
    "define(`confTO_QUEUEWARN', `3d')define(`confTO_QUEUERETURN', `2d')",
    /^return_after = "2d"$/m,
    /confTO_QUEUEWARN: warn_after of \[queue\] wants/,
  ],
  ['and with what holds by default', "define(`confTO_QUEUERETURN', `2h')", /confTO_QUEUERETURN: return_after/, /^(?![^]*return_after = )/],
  ['no time is told of', "define(`confTO_QUEUEWARN', `soon')", /confTO_QUEUEWARN/],
  ['numbers that are none are none', "define(`confMAX_MESSAGE_SIZE', `0')define(`confMAX_HOP', `many')", /^(?![^]*max_)/],
  [
    'they stay in their range',
    "define(`confMAX_MESSAGE_SIZE', `5')define(`confMAX_HOP', `500')",
    /^max_message = "10KB"$/m,
    /^max_hops = 100$/m,
  ],
  ['a daemon at every address is said to be', "DAEMON_OPTIONS(`Port=smtp, Name=MTA')", /^listen = \["0.0.0.0:25"\] .*everywhere/m],
  [
    'one by name has no equivalent',
    "DAEMON_OPTIONS(`Addr=moriah, Port=smtp')",
    /DAEMON_OPTIONS: no equivalent: address and port are written as numbers/,
  ],
  [
    'networks of old are networks',
    "RELAY_DOMAIN(`10 192.168.7. 10.1.2.3 shire.lan 300.1')",
    /^networks = \["127.0.0.0\/8", "::1\/128", "10.0.0.0\/8", "192.168.7.0\/24", "10.1.2.3\/32"\]/m,
    /networks is left out: .*300/,
  ],
  [
    'the last of two holds',
    'define(SMART_HOST, a.example)define(SMART_HOST, b.example)MASQUERADE_AS(a.example)MASQUERADE_AS(b.example)',
    /^host = "b.example"$/m,
    /^as = "b.example"$/m,
  ],
  ['what is undefined is not defined', "define(SMART_HOST, a.example)undefine(`SMART_HOST')", /SMART_HOST is not defined/],
  ['a file of aliases without its kind', "define(`ALIAS_FILE', `dbm:/etc/mail/aliases')", /^aliases = \["\/etc\/mail\/aliases"\]$/m],
  ['a nullclient stays as it is', 'FEATURE(nullclient, moriah)', /this is a nullclient, which hands everything to moriah/, /^(?![^]*\[)/],
  [
    'what is not known is told of',
    "FEATURE(wombat)WOM_BAT(x)define(`WOMBAT', x)define(`confWOMBAT', x)",
    /FEATURE\(wombat\): dialpost knows no such feature/,
    /WOM_BAT: dialpost knows no such macro/,
    /WOMBAT: no equivalent, unless/,
    /confWOMBAT: no equivalent: there is no such choice/,
  ],
  ['lines of sendmail.cf are told of in one', 'LOCAL_CONFIG\nKa hash b\nKc hash d\nO Timeout=x', /^(?![^]*sendmail\.cf[^]*sendmail\.cf)/],
  ['the empty file is next to nothing', '', /^# What the sendmail\.mc says/],
]

for (const [what, text, ...expected] of cases) {
  test(what, () => {
    const read = sendmailMcSettings(text)
    assert.ok('toml' in read, JSON.stringify(read))
    for (const pattern of expected) assert.match(read.toml.replace(/\n# {3}/g, ' ').replace(/ {2}# line \d+$/gm, ''), pattern)
    assert.deepEqual(mistakesIn(read.toml), [])
  })
}
