/** What scripts/ballast.ts blanks must be ballast: the runtime that is left does all that dialpost and its packages ask of it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { withoutBallast } from '../../scripts/ballast.ts'

let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'dialpost-ballast-'))
  writeFileSync(join(folder, 'node'), withoutBallast(readFileSync(process.execPath)), { mode: 0o755 })
})
after(() => rmSync(folder, { recursive: true }))

const asked: Readonly<Record<string, string>> = {
  'UTF-8 and latin1 are decoded': `new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from('Grüße 日本')) + new TextDecoder('latin1').decode(Buffer.from([0xe4, 0x80]))`,
  'what is no UTF-8 is told from it': `(() => { try { new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from([0xff])) } catch (cause) { return cause.code } })()`,
  'mailparser has its character sets of its own': `require('iconv-lite').decode(Buffer.from([0xc8, 0xb3]), 'gb18030') + require('iconv-lite').decode(Buffer.from([0xd0]), 'koi8-r')`,
  'letters have their properties': String.raw`[/^[\p{L}\p{N}\p{M}]+$/u.test('é日٣'), /\p{Cf}|\p{Cc}/u.test('\u200b')].join()`,
  'passwords are normalized (RFC 4013)': `'ﬁ①é'.normalize('NFKC') + 'é'.normalize('NFD').length`,
  'domains of other scripts have their ASCII form': `require('url').domainToASCII('bücher.例え.example') + require('url').domainToUnicode('xn--bcher-kva.example')`,
  'words are sorted, in capitals and not': `['b', 'ä', 'a', 'Z'].sort((one, other) => one.localeCompare(other)).join('') + 'Straße'.toLocaleUpperCase()`,
  'dates and numbers are English': `new Date(0).toLocaleString() + new Date(0) + (1e6).toLocaleString() + new Intl.PluralRules().select(1)`,
  'a time zone of a person is known': `new Date(0).toLocaleString('en', { timeZone: 'Europe/London' })`,
}

for (const [fact, expression] of Object.entries(asked))
  test(fact, () => {
    const answer = (node: string) => spawnSync(node, ['-p', expression], { encoding: 'utf8', env: { TZ: 'UTC' } })
    const lean = answer(join(folder, 'node'))
    assert.equal(lean.status, 0, lean.stderr)
    assert.equal(lean.stdout, answer(process.execPath).stdout)
  })

test('a runtime that is made otherwise is refused', () => {
  assert.throws(() => withoutBallast(Buffer.from('an executable')), /no ICU data/)
})
