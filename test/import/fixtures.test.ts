/**
 * Old files as they stood on real hubs, and what becomes of them: `test/fixtures/import/NAME.fetchmailrc` and `NAME.mc`, with the settings in
 * `NAME….toml`. `UPDATE_GOLDEN=1` writes those anew, to be read before committing. The real reader of settings has nothing against any.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fetchmailrcSettings } from '../../src/import/fetchmailrc.ts'
import { sendmailMcSettings } from '../../src/import/sendmail-mc.ts'
import { mistakesIn } from './accepted.ts'

const folder = join(import.meta.dirname, '../fixtures/import')
const files = readdirSync(folder).filter((file) => /\.(?:fetchmailrc|mc)$/.test(file))

for (const file of files) {
  test(`${file} becomes settings that dialpost check accepts`, () => {
    const text = readFileSync(join(folder, file), 'utf8')
    const read = (file.endsWith('.mc') ? sendmailMcSettings : fetchmailrcSettings)(text)
    assert.ok('toml' in read, JSON.stringify(read))
    const golden = join(folder, `${file}.toml`)
    if (process.env['UPDATE_GOLDEN']) writeFileSync(golden, read.toml)
    assert.equal(read.toml, readFileSync(golden, 'utf8'))
    assert.deepEqual(mistakesIn(read.toml), [])
    assert.doesNotMatch(read.toml, /s3cret/)
  })
}

test("the talk's two files together are a hub", () => {
  const [rc, mc] = ['talk.fetchmailrc', 'talk.mc'].map((file) => readFileSync(join(folder, file), 'utf8'))
  const [incoming, outgoing] = [fetchmailrcSettings(rc ?? ''), sendmailMcSettings(mc ?? '')]
  assert.ok('toml' in incoming && 'toml' in outgoing)
  assert.deepEqual(mistakesIn(`${incoming.toml}\n${outgoing.toml}`), [])
})
