import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Asked, parseArguments, type Wish } from '../../src/sendmail/arguments.ts'

const plain: Asked = { recipients: [], recipientsInHeader: false, dotIsData: false, parameters: {} }

const callers: readonly (readonly [string, readonly string[], Partial<Asked>])[] = [
  [
    'cron',
    ['-i', '-FCronDaemon', '-B8BITMIME', '-oem', 'root'],
    { recipients: ['root'], dotIsData: true, fullName: 'CronDaemon', parameters: { body: '8bitmime' } },
  ],
  [
    'mutt',
    ['-oem', '-oi', '-f', 'eddy@shire.lan', '--', 'linda@far.example', '-odd@far.example'],
    { recipients: ['linda@far.example', '-odd@far.example'], dotIsData: true, sender: 'eddy@shire.lan' },
  ],
  ['PHP', ['-t', '-i'], { recipientsInHeader: true, dotIsData: true }],
  ['PHP with a sender', ['-t', '-i', '-fwww@shire.lan'], { recipientsInHeader: true, dotIsData: true, sender: 'www@shire.lan' }],
  [
    'git send-email',
    ['-f', 'me@x.example', '-i', 'list@y.example'],
    { recipients: ['list@y.example'], dotIsData: true, sender: 'me@x.example' },
  ],
  ["fetchmail's mda", ['-i', '-f', '', '--', 'eddy'], { recipients: ['eddy'], dotIsData: true, sender: '' }],
  ['Perl and Ruby', ['-oi', '-t'], { recipientsInHeader: true, dotIsData: true }],
  ['procmail', ['-oi', '-f', '<>', 'keith'], { recipients: ['keith'], dotIsData: true, sender: '<>' }],
  ['bundled letters', ['-tivF', 'Eddy Younger'], { recipientsInHeader: true, dotIsData: true, fullName: 'Eddy Younger' }],
  ['-r for -f', ['-r', 'eddy', 'keith'], { recipients: ['keith'], sender: 'eddy' }],
  ['options behind a recipient are recipients', ['eddy', '-t'], { recipients: ['eddy', '-t'] }],
  ['long options', ['-O', 'IgnoreDots=True', '-OTimeout.hoststatus=1h', 'eddy'], { recipients: ['eddy'], dotIsData: true }],
  ['-oif, which is no', ['-i', '-oif', 'eddy'], { recipients: ['eddy'] }],
  ['unknown -o options', ['-oZ9', '-o', 'Kx', '-odq', 'eddy'], { recipients: ['eddy'] }],
  [
    'notices',
    ['-N', 'success,failure', '-R', 'hdrs', '-V', 'id 1', 'eddy'],
    { recipients: ['eddy'], notify: ['success', 'failure'], parameters: { ret: 'hdrs', envid: 'id 1' } },
  ],
  [
    'what only tunes sendmail',
    ['-Am', '-G', '-U', '-n', '-m', '-h', '3', '-Lmail', '-p', 'SMTP:herring', '-X', '/dev/null', '-d0.1', '-MrX', '-bm', 'eddy'],
    { recipients: ['eddy'] },
  ],
]

for (const [name, words, expected] of callers) {
  test(`a letter as asked for by ${name}`, () => {
    assert.deepEqual(parseArguments('sendmail', words).wish, { kind: 'letter', asked: { ...plain, ...expected } })
  })
}

const modes: readonly (readonly [string, Wish])[] = [
  ['sendmail -bs', { kind: 'session' }],
  ['sendmail -bv eddy keith', { kind: 'verify', addresses: ['eddy', 'keith'] }],
  ['sendmail -bp', { kind: 'print', selections: [] }],
  ['mailq', { kind: 'print', selections: [] }],
  ['mailq -Ac -v', { kind: 'print', selections: [] }],
  ['mailq -qRfar', { kind: 'print', selections: [{ by: 'recipient', text: 'far', not: false }] }],
  ['newaliases', { kind: 'aliases' }],
  ['sendmail -bi', { kind: 'aliases' }],
  ['sendmail -I', { kind: 'aliases' }],
  ['sendmail -q', { kind: 'flush', selections: [] }],
  ['sendmail -qf -v', { kind: 'flush', selections: [] }],
  ['sendmail -v -qp', { kind: 'flush', selections: [] }],
  ['sendmail -qGlocal', { kind: 'flush', selections: [] }],
  ['sendmail -qI4F2', { kind: 'flush', selections: [{ by: 'id', text: '4F2', not: false }] }],
  ['sendmail -q4F2', { kind: 'flush', selections: [{ by: 'id', text: '4F2', not: false }] }],
  [
    'sendmail -q!Seddy -qR@far.example',
    {
      kind: 'flush',
      selections: [
        { by: 'sender', text: 'eddy', not: true },
        { by: 'recipient', text: '@far.example', not: false },
      ],
    },
  ],
]

for (const [typed, wish] of modes) {
  test(`${typed} is understood`, () => {
    const [name, ...words] = typed.split(' ')
    assert.deepEqual(parseArguments(name as 'sendmail', words).wish, wish)
  })
}

const mistakes: readonly (readonly [string, RegExp])[] = [
  ['-bd -q15m', /dialpost serve/],
  ['-bD', /dialpost serve/],
  ['-q1h30m', /dialpost serve/],
  ['-q15', /dialpost serve/],
  ['-bt', /dialpost explain/],
  ['-bz', /Invalid operation mode z/],
  ['-qQ', /invalid argument of -q/],
  ['', /Recipient names must be specified/],
  ['-bv', /Recipient names must be specified/],
  ['-k eddy', /invalid option -- k/],
  ['-f', /option requires an argument -- f/],
  ['-B 9BIT eddy', /Illegal body type 9BIT/],
  ['-N never,delay eddy', /Invalid -N argument/],
  ['-N sometimes eddy', /Invalid -N argument/],
  ['-R half eddy', /Invalid -R value/],
  ['-V \u0007 eddy', /Invalid syntax in -V/],
]

for (const [typed, expected] of mistakes) {
  test(`sendmail ${JSON.stringify(typed)} is a mistake`, () => {
    const { wish } = parseArguments(
      'sendmail',
      typed.split(' ').filter((word) => word !== ''),
    )
    assert.ok(wish.kind === 'mistake')
    assert.match(wish.text, expected)
  })
}

test('settings, talkativeness and silence are taken along', () => {
  const { file, verbose, quiet } = parseArguments('mailq', ['-C', '/x.toml', '-v', '-oeq'])
  assert.deepEqual({ file, verbose, quiet }, { file: '/x.toml', verbose: true, quiet: true })
})
