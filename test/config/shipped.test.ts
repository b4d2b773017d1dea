/** The files that are shipped, read as the device reads them. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readConfig } from '../../src/config/read.ts'

const top = join(import.meta.dirname, '../..')
const settings = join(top, 'rootfs/etc/dialpost.toml')
const machine = { hostname: 'moriah.shire.lan' }

const root = mkdtempSync(join(tmpdir(), 'dialpost-shipped-'))
after(() => rmSync(root, { recursive: true }))
mkdirSync(join(root, 'etc/dialpost.d'), { recursive: true })
writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\neddy:x:1000:1000::/home/eddy:/bin/sh\n')
for (const name of ['smarthost', 'work', 'shofar']) writeFileSync(join(root, 'etc/dialpost.d', name), 's3cret\n', { mode: 0o600 })

test('the first settings of a new device have no mistake', () => {
  const result = readConfig(settings, { root, machine })
  assert.deepEqual('mistakes' in result ? result.mistakes : [], [])
})

test('nor have they with every example in them filled in', () => {
  const path = join(root, 'filled-in.toml')
  writeFileSync(path, readFileSync(settings, 'utf8').replace(/^# (?=\[|[a-z_]+ = )/gm, ''))
  const result = readConfig(path, { root, machine })
  assert.ok('config' in result, JSON.stringify(result))
  assert.deepEqual(
    [result.config.smarthost.length, result.config.mailbox.map(({ name }) => name), result.config.masquerade?.recipients],
    [1, ['work', 'shofar'], true],
  )
})

for (const board of readdirSync(join(top, 'board'), { withFileTypes: true }).filter((entry) => entry.isDirectory()))
  test(`${board.name}: its meta is KEY=value, each key once, and names the board`, () => {
    const lines = readFileSync(join(top, 'board', board.name, 'meta'), 'utf8')
      .trimEnd()
      .split('\n')
    const facts = lines.filter((line) => !line.startsWith('#')).map((line) => /^([A-Z][A-Z0-9_]*)=("[^"]*"|[\w./-]+)$/.exec(line))
    assert.ok(facts.every((fact) => fact !== null))
    const keys = facts.map((fact) => fact[1])
    assert.equal(new Set(keys).size, keys.length)
    assert.ok(lines.includes(`BOARD=${board.name}`))
    for (const key of ['ARCH', 'NODE_PACKAGE', 'CONSOLE', 'RAM_MB']) assert.ok(keys.includes(key), key)
  })
