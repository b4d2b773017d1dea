/** The files that are shipped, read as the device reads them. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Config } from '../../src/config/config.ts'
import { readConfig } from '../../src/config/read.ts'

const top = join(import.meta.dirname, '../..')
const settings = join(top, 'rootfs/etc/dialpost.toml')
const machine = { hostname: 'moriah.shire.lan' }

const root = mkdtempSync(join(tmpdir(), 'dialpost-shipped-'))
after(() => rmSync(root, { recursive: true }))
mkdirSync(join(root, 'etc/dialpost.d'), { recursive: true })
writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\neddy:x:1000:1000::/home/eddy:/bin/sh\n')
for (const name of ['smarthost', 'work', 'shofar', 'old']) writeFileSync(join(root, 'etc/dialpost.d', name), 's3cret\n', { mode: 0o600 })

for (const folder of ['etc/ppp/peers', 'usr/sbin', 'var/lock', 'dev']) mkdirSync(join(root, folder), { recursive: true })
for (const peer of ['isp', 'isp-b']) writeFileSync(join(root, 'etc/ppp/peers', peer), 'noauth\n')
writeFileSync(join(root, 'usr/sbin/pppd'), '#!/bin/sh\n', { mode: 0o755 })
// Whoever opens it has a terminal.
symlinkSync('/dev/ptmx', join(root, 'dev/ttyS1'))

/** With the examples filled in, but for the paragraphs that have one of these lines. */
function filledIn(mode: 'hooks' | 'dial', ...others: readonly string[]): Config {
  const paragraphs = readFileSync(settings, 'utf8').replace('mode = "hooks"', `mode = "${mode}"`).split('\n\n')
  const filled = paragraphs.map((one) =>
    others.some((line) => one.includes(`\n# ${line}\n`) || one.startsWith(`# ${line}\n`)) ? one : one.replace(/^# (?=\[|[a-z_]+ = )/gm, ''),
  )
  const path = join(root, 'filled-in.toml')
  writeFileSync(path, filled.join('\n\n'))
  const result = readConfig(path, { root, machine })
  assert.ok('config' in result, JSON.stringify(result))
  return result.config
}

test('the first settings of a new device have no mistake', () => {
  const result = readConfig(settings, { root, machine })
  assert.deepEqual('mistakes' in result ? result.mistakes : [], [])
})

test('nor have they with every example in them filled in', () => {
  const { smarthost, mailbox, masquerade, isp } = filledIn('hooks', '[link.modem]', 'numbers = ["08451234567", "08457654321"]', '[[isp]]')
  assert.deepEqual([smarthost.length, mailbox.map(({ name }) => name), masquerade?.recipients, isp], [1, ['work', 'shofar'], true, []])
})

test('nor where dialpost is to dial, one ISP or several', () => {
  const one = filledIn('dial', '[[isp]]')
  assert.deepEqual([one.link.modem?.numbers?.length, one.link.modem?.peer, one.tariff.length], [2, 'isp', 2])
  const several = filledIn('dial', 'numbers = ["08451234567", "08457654321"]')
  assert.deepEqual(
    several.isp.map(({ name, peer, mailbox, masquerade }) => [name, peer, mailbox.length, masquerade?.as]),
    [
      ['isp-a', 'isp', 1, undefined],
      ['isp-b', 'isp-b', 0, 'shofar.isp-b.example'],
    ],
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
    for (const key of ['ARCH', 'FIRMWARE', 'CONSOLE', 'DISK_ID', 'SLOT_MB', 'GRUBENV_OFFSET']) assert.ok(keys.includes(key), key)
  })
