import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFetchmailrc } from '../../src/import/fetchmail-file.ts'

const mistakes: readonly [text: string, ...told: string[]][] = [
  ['set daemon 5m', '1: a number is expected after daemon, not a text'],
  ['set daemon=300', '1: a number is expected after daemon, not a text'],
  ['set keep', '1: an option such as daemon or postmaster is expected after set, not keep'],
  ['set no daemon 5', '1: no is not expected before daemon'],
  ['hello', '1: poll, skip, defaults or set is expected here, not a text'],
  ['poll', '1: the name of a server is expected after poll, where the file ends'],
  ['poll pop3', '1: the name of a server is expected after poll, not pop3'],
  ['poll x proto ftp', '1: a protocol such as pop3 or imap is expected after protocol, not a text'],
  ['poll x auth secret', '1: a way to log in such as password is expected after authenticate, not a text'],
  ['poll x\nport ten', '2: a number is expected after port, not a text'],
  ['poll x envelope 1 keep', '1: the name of a header is expected after envelope and its number, not keep'],
  ['poll x aka keep', '1: a name is expected after aka, not keep'],
  ['poll x user y\n  proto pop3', '2: protocol is an option of the server, and is expected before those of its users'],
  ['poll x pass y user z', '1: user is expected before the other options of the user'],
  ['poll x user a b', '1: here is expected after these names, where the file ends'],
  ['poll x user a is b=', '1: a name of somebody here is expected after =, where the file ends'],
  ['poll x user a is = b', '1: a name is expected after is, not ='],
  ['poll x user a pass s3cret s3cret2', '1: an option is expected here, not a text'],
  ['poll x user a pass s3cret 12345', '1: an option is expected here, not a number'],
  ['poll x no via y', '1: no is not expected before via'],
  ['poll x\ndefaults keep', '2: defaults may stand but once, before the first poll'],
  ['defaults keep\ndefaults keep', '2: defaults may stand but once, before the first poll'],
  [
    'set daemon x\npoll a proto pop3\npoll b port c\n\nset syslog yes\npoll d wombat',
    '1: a number is expected after daemon, not a text',
    '3: a number is expected after port, not a text',
    '5: poll, skip, defaults or set is expected here, not a text',
    '6: an option is expected here, not a text',
  ],
]

for (const [text, ...told] of mistakes) {
  test(`${JSON.stringify(text)} is told by line, with what was expected, and without a word that may be a password`, () => {
    assert.deepEqual(
      readFetchmailrc(text).mistakes.map(({ line, message }) => `${line}: ${message}`),
      told,
    )
  })
}

const names: readonly [options: string, ...given: (readonly [name: string, value: unknown])[]][] = [
  ['user eddy', ['user', 'eddy']],
  ['user eddy there', ['user', 'eddy']],
  ['user eddy here', ['user', { names: [['eddy', 'eddy']] }]],
  [
    'user a b=c * here',
    [
      'user',
      {
        names: [
          ['a', 'a'],
          ['b', 'c'],
          ['*', '*'],
        ],
      },
    ],
  ],
  ['user a is b there', ['user', 'a'], ['user', 'b']],
  ['is b', ['to', { names: [['b', 'b']] }]],
  [
    'to b=c d here',
    [
      'to',
      {
        names: [
          ['b', 'c'],
          ['d', 'd'],
        ],
      },
    ],
  ],
]

for (const [options, ...given] of names) {
  test(`${options} names ${JSON.stringify(given)}`, () => {
    const { statements, mistakes } = readFetchmailrc(`poll x ${options}`)
    assert.deepEqual(mistakes, [])
    const [statement] = statements
    assert.ok(statement?.kind === 'poll')
    assert.deepEqual(
      statement.users.flat().map(({ name, value }) => [name, value]),
      given,
    )
  })
}
