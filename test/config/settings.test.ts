import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeSettings, isSetting } from '../../src/config/describe.ts'
import type { Section } from '../../src/config/rows.ts'
import { dotted, settingNames, settings, tablesOf } from '../../src/config/settings.ts'

const machine = { hostname: 'moriah.shire.lan' }
const sections = Object.entries(settings as Readonly<Record<string, Section>>)

test('every default is what its own kind takes', () => {
  for (const [section, { rows }] of sections) {
    const above: Record<string, unknown> = {}
    for (const [name, row] of Object.entries(rows)) {
      const raw = row.computed ? row.computed.from(above, machine) : row.default
      if (raw === undefined) continue
      const parsed = row.kind.parse(raw)
      assert.ok('value' in parsed, `${dotted(section, name)}: ${JSON.stringify(parsed)}`)
      above[name] = parsed.value
    }
  }
})

test('every setting has help that ends a sentence, and is described with its name', () => {
  for (const [section, { rows }] of sections)
    for (const [name, { help }] of Object.entries(rows)) {
      assert.match(help, /^[A-Za-z].*\.$/)
      assert.match(describeSettings(dotted(section, name)), new RegExp(`^${dotted(section, name).replaceAll('.', '\\.')}: `))
    }
})

test('the whole list names every setting once, those of an ISP with the tables whose settings they are, and keeps to 80 columns', () => {
  const lines = describeSettings().split('\n')
  const count = (name: string): number => lines.filter((line) => line.startsWith(`${name}: `)).length
  for (const [section, { rows, as }] of sections)
    for (const name of Object.keys(rows)) {
      assert.equal(count(dotted(section, name)), as === undefined ? 1 : 0, dotted(section, name))
      assert.equal(count(dotted(as ?? section, name)), 1)
    }
  assert.ok(settingNames().includes('isp.mailbox.multidrop.users'))
  assert.match(describeSettings('isp.mailbox'), /\nisp\.mailbox\.host: /)
  assert.deepEqual(
    lines.filter((line) => line.length > 80),
    [],
  )
})

test('a table is described with its settings, a misspelt name with what was meant', () => {
  assert.match(describeSettings('link.modem'), /^# \[link\.modem\] \(may be left out\)[^]*\nlink\.modem\.numbers: /)
  assert.match(describeSettings('queue.warn_aftr'), /did you mean queue\.warn_after\?/)
  assert.deepEqual(['queue', 'queue.warn_after', 'link.modem', '', 'queue.', 'constructor', 'queue.constructor'].map(isSetting), [
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ])
})

test('tables know what is inside them', () => {
  assert.deepEqual(tablesOf('link'), ['modem'])
  assert.deepEqual(tablesOf('mailbox'), ['multidrop'])
  assert.deepEqual(tablesOf('isp'), ['smarthost', 'masquerade', 'mailbox'])
  assert.ok(tablesOf('').includes('accept') && !tablesOf('').includes('tls'))
})
