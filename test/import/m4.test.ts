import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readM4 } from '../../src/import/m4.ts'

/** Calls as `NAME[a|b]@line`, lines of sendmail.cf as `"text"@line`. */
function read(text: string): string {
  const { pieces, mistakes } = readM4(text)
  assert.deepEqual(mistakes, [])
  return pieces
    .map((piece) => `${'text' in piece ? JSON.stringify(piece.text) : `${piece.name}[${piece.args.join('|')}]`}@${piece.line}`)
    .join(' ')
}

const cases: readonly [what: string, text: string, expected: string][] = [
  ['quotes are taken off, and once more where the text is put in', "FEATURE(`a', ``b'')", 'FEATURE[a|b]@1'],
  ['blanks before an argument go, those behind stay', 'FEATURE( a ,\n\t b)', 'FEATURE[a |b]@1'],
  ['commas and parentheses in quotes or parentheses are none', "X_Y(`a,b)', c(d,e), `f')", 'X_Y[a,b)|c(d,e)|f]@1'],
  ['dnl takes the rest of the line, in arguments too', "dnl FEATURE(x)\ndefine(`A',dnl `no'\n`b')dnl more", 'define[A|b]@2'],
  ['dnl is one only as a whole word', 'dnlX\nX_dnl', '"dnlX"@1 "X_dnl"@2'],
  ['a comment is left as it is', "# FEATURE(`x'\nFEATURE(y) # `z", 'FEATURE[y]@2'],
  ['what is diverted away is no text, but its macros are', "divert(-1)\nthis isn't\nFEATURE(a)\ndivert(0)dnl\nCwx", 'FEATURE[a]@3 "Cwx"@5'],
  [
    'what is defined is put in, in quotes too, for they are read twice',
    "define(`_H', `x.example')\nFEATURE(_H, `_H', a._H)",
    'define[_H|x.example]@1 FEATURE[x.example|x.example|a.x.example]@2',
  ],
  ['and its arguments', "define(`_F', `FEATURE(`$1', $2)')_F(a, b)", 'define[_F|]@1 FEATURE[a|b]@1'],
  [
    'a name that is defined anew need not be in quotes',
    'define(SMART_HOST, a)define(SMART_HOST, b)',
    'define[SMART_HOST|a]@1 define[SMART_HOST|b]@1',
  ],
  [
    'ifdef chooses',
    "define(`_A')ifdef(`_A', `FEATURE(a)', `FEATURE(b)')ifdef(`_B', `FEATURE(c)', `FEATURE(d)')",
    'define[_A]@1 FEATURE[a]@1 FEATURE[d]@1',
  ],
  ['ifelse chooses', "ifelse(a, b, `FEATURE(a)', c, c, `FEATURE(c)', `FEATURE(e)')ifelse(a, b, c)", 'FEATURE[c]@1'],
  ['undefine forgets', "define(`_A', x)undefine(`_A')FEATURE(_A)", 'define[_A|x]@1 undefine[_A]@1 FEATURE[_A]@1'],
  ['quotes may be others', "changequote([, ])FEATURE([`a'])changequote()FEATURE(`b')", "FEATURE[`a']@1 FEATURE[b]@1"],
  ["a macro of sendmail's wants its parenthesis at once", 'FEATURE (x)\nMAILER_DEFINITIONS', '"FEATURE (x)"@1 MAILER_DEFINITIONS[]@2'],
  ['lines count through quotes and arguments', "FEATURE(`a\nb',\n\n c)\nMAILER(x)", 'FEATURE[a\nb|c]@1 MAILER[x]@5'],
]

for (const [what, text, expected] of cases) test(what, () => assert.equal(read(text), expected))

const mistakes: readonly [text: string, told: string][] = [
  ['\nFEATURE(`x)\n', "2: the quote that begins here has no end; ' is expected behind it"],
  ['\n\nFEATURE(x\n', '3: FEATURE( is never closed; ) is expected behind its arguments'],
  ["define(`A_', `A_')A_", '1: a simpler expression is expected: this nests too deeply, or a macro stands for itself'],
  ['FEATURE('.repeat(100), '1: a simpler expression is expected: this nests too deeply, or a macro stands for itself'],
]

for (const [text, told] of mistakes) {
  test(`${JSON.stringify(text.slice(0, 40))} is told by line`, () => {
    assert.deepEqual(
      readM4(text).mistakes.map(({ line, message }) => `${line}: ${message}`),
      [told],
    )
  })
}
