import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Token, tokens } from '../../src/import/fetchmail-tokens.ts'

/** Keywords as they are, strings in quotes, numbers behind #. */
function written(token: Token): string {
  if (token.kind === 'keyword') return token.text
  if (token.kind === 'string') return JSON.stringify(token.text)
  return token.kind === 'number' ? `#${token.value}` : token.kind === 'maps' ? '=' : '.'
}

const cases: readonly [what: string, text: string, expected: string][] = [
  ['noise is nothing', 'poll x with proto: pop3; and, has wants options', 'poll "x" protocol pop3 .'],
  [
    'a name is expected behind user, is, to, password and =',
    'user keep pass 12 is no to flush a=uidl',
    'user "keep" password "12" is "no" to "flush" "a" = "uidl" .',
  ],
  ['and but one', 'to eddy keep', 'to "eddy" keep .'],
  [
    'numbers are numbers, where no name is expected',
    'port 110 limit -5 timeout 5m',
    'service #110 limit #-5 timeout "5m" .'.replace('service', 'port'),
  ],
  ['a keyword is one only alone and in small letters', 'keeps POLL Pop3 POP3 keep#x', '"keeps" "POLL" "Pop3" pop3 "keep#x" .'],
  ['no may be glued to some', 'nokeep noidle nomimedec nosuch noproto', 'no keep no idle no mimedecode "nosuch" "noproto" .'],
  ['password is a way to log in behind auth', 'auth password pass x', 'authenticate password password "x" .'],
  ['quotes go over lines and know no escaped quote', 'pass "a\nb" \'c"d\' "e\\"', 'password "a\\nb" "c\\"d" "e" .'],
  ['the longest token wins over a quoted one', 'pass "a"b to "c",d', 'password "\\"a\\"b" to "c" "d" .'],
  ['escapes are those of C, decimal ones too', String.raw`pass \x41\65\0101\t\q\\`, `password ${JSON.stringify('AA\b1\tq\\')} .`],
  ['comments end with the line, and with the file', '# x "\nkeep # y\n#z', 'keep .'],
  ['a backslash joins lines', 'poll \\\nx "a\\\nb"', 'poll "x" "ab" .'],
]

for (const [what, text, expected] of cases) {
  test(what, () => {
    const read = tokens(text)
    assert.ok('tokens' in read)
    assert.equal(read.tokens.map(written).join(' '), expected)
  })
}

test('each token knows its line', () => {
  const read = tokens('poll x\n\n# y\npass "a\nb" keep')
  assert.ok('tokens' in read)
  assert.deepEqual(
    read.tokens.map(({ line }) => line),
    [1, 1, 4, 4, 5, 5],
  )
})

test('a string without end is told by the line on which it begins', () => {
  assert.deepEqual(tokens('poll x\npass "abc\n\nkeep'), {
    mistake: { line: 2, message: 'the string that begins here has no end; " is expected behind it' },
  })
})
