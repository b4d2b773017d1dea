import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boxMistakes, parseBox, withValues } from '../../src/setup/box.ts'

const values = {
  HOSTNAME: 'moriah.shire.lan',
  LAN_ADDRESS: '192.168.1.1/24',
  LAN_DHCP: 'yes',
  ISP_USER: 'a = "b" #c',
  ISP_PASSWORD_FILE: 'dialpost.d/isp',
  PEOPLE: 'eddy:1000 keith:1001',
  TIMEZONE: undefined,
}
const text = withValues('', values)
const has = (name: string): boolean => name === 'dialpost.d/isp'

test('a value is all that follows the first =, as it is', () => {
  assert.equal(parseBox(text).ISP_USER, 'a = "b" #c')
  assert.equal(parseBox(text).TIMEZONE, undefined)
})

test('lines of others stay, and a key whose value has gone goes', () => {
  const mixed = `# ours\nFANCY=1\nHOSTNAME=old.lan\nTIMEZONE=UTC0\n`
  assert.equal(withValues(mixed, values), `${text}# ours\nFANCY=1\n`)
})

test('what root’s scripts could not use is named', () => {
  assert.deepEqual(boxMistakes(text, has), [])
  const rows: readonly [from: string, to: string, said: RegExp][] = [
    ['HOSTNAME=moriah.shire.lan', 'HOSTNAME=a b', /^box: HOSTNAME: /],
    ['192.168.1.1/24', '192.168.1.1', /^box: LAN_ADDRESS: /],
    ['LAN_DHCP=yes', 'LAN_DHCP=perhaps', /^box: LAN_DHCP: /],
    ['keith:1001', 'keith:1000', /^box: PEOPLE: .*uid/],
    ['dialpost.d/isp', 'dialpost.d/gone', /^box: ISP_PASSWORD_FILE: .*not there/],
    ['ISP_USER', 'ISP_USR', /^box: there is no ISP_USER/],
    ['LAN_DHCP=yes', 'LAN_DHCP=yes\nTIMEZONE=Mars', /^box: TIMEZONE: /],
  ]
  for (const [from, to, said] of rows) {
    const mistakes = boxMistakes(text.replace(from, to), has)
    assert.equal(mistakes.length, 1, to)
    assert.match(mistakes[0] ?? '', said)
  }
})
