/** Every fixture in test/fixtures/config: what is said of it stands beside it, line by line; the good ones say nothing. */
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { inspect } from 'node:util'
import { formatMistake, readConfig, readOutline } from '../../src/config/read.ts'

const fixtures = join(import.meta.dirname, '../fixtures/config')
const root = furnish(mkdtempSync(join(tmpdir(), 'dialpost-config-')))
after(() => rmSync(root, { recursive: true }))

const machine = { hostname: 'moriah.shire.lan' }
const read = (name: string) => readConfig(join(fixtures, name), { root, machine })

for (const name of readdirSync(fixtures).filter((file) => file.endsWith('.expected'))) {
  const toml = name.replace(/expected$/, 'toml')
  test(`${toml}: every mistake is named with its line`, () => {
    const result = read(toml)
    assert.ok('mistakes' in result, 'it was taken for good')
    const said = result.mistakes.map((mistake) => formatMistake({ ...mistake, file: toml }))
    assert.deepEqual(said, readFileSync(join(fixtures, name), 'utf8').trimEnd().split('\n'))
  })
}

for (const name of readdirSync(fixtures).filter((file) => /^good-.*toml$/.test(file))) {
  test(`${name}: is taken without a word`, () => {
    const result = read(name)
    assert.deepEqual('mistakes' in result ? result.mistakes : [], [])
  })
}

test('every bad file has its expected words, and there are enough kinds', () => {
  const files = readdirSync(fixtures)
  const bad = files.filter((file) => file.endsWith('.toml') && !file.startsWith('good-'))
  assert.deepEqual(
    bad.filter((file) => !files.includes(file.replace(/toml$/, 'expected'))),
    [],
  )
  assert.ok(bad.length >= 25)
})

test('no message shows a password, not even one that was put in the wrong place', () => {
  for (const name of readdirSync(fixtures).filter((file) => file.endsWith('.expected')))
    assert.doesNotMatch(readFileSync(join(fixtures, name), 'utf8'), /hunter2|s3cret/)
})

test('a file that is not there is one mistake, not an exception', () => {
  const result = readConfig(join(root, 'etc/dialpost.toml'), { root, machine })
  assert.ok('mistakes' in result)
  assert.match(result.mistakes.map(formatMistake).join('\n'), /dialpost\.toml:1: this file is not there/)
})

test('an empty file is a hub that takes mail for itself and touches no line', () => {
  const result = read('good-empty.toml')
  assert.ok('config' in result)
  const { config } = result
  assert.deepEqual(config.local_domains, ['moriah.shire.lan', 'moriah', 'localhost'])
  assert.deepEqual(config.accept.listen, [{ address: '127.0.0.1', port: 25 }])
  assert.deepEqual([config.postmaster, config.users, config.link.mode], ['root', 'passwd', 'hooks'])
  assert.deepEqual([config.smarthost, config.mailbox, config.tariff, config.call.windows], [[], [], [], []])
  assert.deepEqual([config.masquerade, config.web, config.accept.tls, config.link.modem], [undefined, undefined, undefined, undefined])
})

test("the interface's example comes out typed", () => {
  const result = read('good-interface.toml')
  assert.ok('config' in result)
  const { config } = result
  assert.equal(config.accept.max_message, 20 * 1024 * 1024)
  assert.equal(config.queue.return_after, 5 * 86_400_000)
  assert.deepEqual(config.call.timetable, [480, 780, 1080])
  assert.deepEqual(config.call.budget, [{ ms: 90 * 60_000, per: 'day' }])
  assert.deepEqual(config.masquerade?.users, new Map([['eddy', 'eddy.younger@isp.example']]))
  assert.equal(config.mailbox[1]?.multidrop?.users.get('nelug'), 'eddy')
  assert.equal(config.mailbox[1]?.port, 110)
  assert.equal(config.smarthost[0]?.host, 'smtp.isp.example')
})

test('a password is read without its line end, and prints as stars', () => {
  const result = read('good-interface.toml')
  assert.ok('config' in result)
  const { password } = result.config.mailbox[0] ?? {}
  assert.equal(password?.reveal(), 's3cret work ')
  assert.doesNotMatch(`${inspect(result, { depth: 9 })} ${JSON.stringify(result)} ${String(password)}`, /s3cret/)
})

/** The folder in which the fixtures' absolute paths are looked up. */
function furnish(folder: string): string {
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
    chmodSync(join(folder, path), mode)
  }
  write(
    'etc/passwd',
    'root:x:0:0:root:/root:/bin/sh\ngames:x:5:60::/usr/games:/bin/sh\neddy:x:1000:1000::/home/eddy:/bin/sh\nkeith:x:1001:1001::/home/keith:/bin/sh\n',
  )
  write('etc/aliases', 'postmaster: root\nNELUG-admin: eddy\nNELUG-list: eddy, keith\n')
  write('etc/aliases.open', 'postmaster: root\n', 0o666)
  write('etc/dialpost.d/smarthost', 's3cret\n', 0o600)
  write('etc/dialpost.d/work', 's3cret work \r\n', 0o600)
  write('etc/dialpost.d/shofar', 's3cret', 0o400)
  write('etc/dialpost.d/open', 's3cret\n', 0o644)
  write('etc/dialpost.d/empty', '\n', 0o600)
  write('etc/dialpost.d/lines', 's3cret\nand a note\n', 0o600)
  write('etc/dialpost.d/cert.pem', '-----BEGIN CERTIFICATE-----\n', 0o644)
  write('etc/dialpost.d/key.pem', '-----BEGIN PRIVATE KEY-----\n', 0o640)
  write('etc/dialpost.d/key-open.pem', '-----BEGIN PRIVATE KEY-----\n', 0o644)
  mkdirSync(join(folder, 'etc/dialpost.d/folder'))
  write('usr/sbin/pppd', '#!/bin/sh\n', 0o755)
  for (const peer of ['isp', 'isp-a']) write(`etc/ppp/peers/${peer}`, 'noauth\n')
  for (const path of ['var/lock', 'dev']) mkdirSync(join(folder, path), { recursive: true })
  // Whoever opens it has a terminal.
  symlinkSync('/dev/ptmx', join(folder, 'dev/ttyS1'))
  symlinkSync('/dev/null', join(folder, 'dev/null'))
  return folder
}

test('the outline is there for everybody, whatever else is wrong or may not be read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-outline-'))
  const file = join(folder, 'dialpost.toml')
  writeFileSync(
    file,
    'hostname = "moriah.shire.lan"\nrun = "/run/x"\nhostnam = 1\n[accept]\nlisten = ["127.0.0.1:2525"]\n[[smarthost]]\nhost = "smtp.isp.example"\nuser = "u"\npassword_file = "/nowhere"\n',
  )
  const { outline, trouble } = readOutline(file)
  assert.deepEqual(outline, {
    hostname: 'moriah.shire.lan',
    spool: '/var/spool/dialpost',
    run: '/run/x',
    aliases: ['/etc/aliases'],
    listen: [{ address: '127.0.0.1', port: 2525 }],
    smarthost: 'smtp.isp.example',
  })
  assert.equal(trouble, undefined)
  rmSync(folder, { recursive: true })
  const without = readOutline(file)
  assert.equal(without.trouble, `${file}:1: this file is not there`)
  assert.deepEqual(without.outline.listen, [{ address: '127.0.0.1', port: 25 }])
})

test('without its modem the settings hold all the same, where they may, and what is missing is told', () => {
  const strict = read('equipment-device.toml')
  const lenient = readConfig(join(fixtures, 'equipment-device.toml'), { root, machine, withoutModem: true })
  assert.ok('mistakes' in strict && 'equipment' in lenient)
  assert.deepEqual(lenient.equipment, strict.mistakes)
})
