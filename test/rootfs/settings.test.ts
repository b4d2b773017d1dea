/** rootfs's usr/lib/dialpost/settings: what root takes from a file that the daemon's user writes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onDevice, skip } from './device.ts'

const names = ['HOSTNAME', 'LAN_ADDRESS', 'LAN_DHCP', 'ISP_USER', 'ISP_PASSWORD_FILE', 'PEOPLE', 'TIMEZONE', 'address', 'prefix', 'network']

async function read(box: string): Promise<{ readonly values: Readonly<Record<string, string>>; readonly complaints: readonly string[] }> {
  const lines = names.map((name) => `echo "${name}=$${name}"`).join('\n')
  const { code, out, err } = await onDevice(`. /usr/lib/dialpost/settings\n${lines}`, { box })
  assert.equal(code, 0, err)
  const values = out
    .trimEnd()
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
    .filter(([, value]) => value !== '')
  return { values: Object.fromEntries(values), complaints: err.trimEnd().split('\n').filter(Boolean) }
}

test('settings as setup writes them are variables, and the LAN address is taken apart', { skip }, async () => {
  const box = {
    HOSTNAME: 'moriah.shire.lan',
    LAN_ADDRESS: '10.4.7.1/22',
    LAN_DHCP: 'yes',
    ISP_USER: 'sho"f\\ar$(id)=x',
    ISP_PASSWORD_FILE: 'dialpost.d/isp',
    PEOPLE: 'eddy:1000 keith.b:1001',
    TIMEZONE: 'CET-1CEST,M3.5.0,M10.5.0/3',
  }
  const text = Object.entries(box).map(([name, value]) => `${name}=${value}\n`)
  assert.deepEqual(await read(`# a comment\n${text.join('')}OTHER=1\n`), {
    values: { ...box, address: '10.4.7.1', prefix: '22', network: '10.4.4.0/22' },
    complaints: [],
  })
})

test('without the file, and without the end of its last line, nothing breaks', { skip }, async () => {
  const { out } = await onDevice('rm /data/settings/box; . /usr/lib/dialpost/settings; echo "[$HOSTNAME$PEOPLE$network]"')
  assert.equal(out, '[]\n')
  assert.deepEqual((await read('HOSTNAME=a.lan\nLAN_DHCP=no')).values, { HOSTNAME: 'a.lan', LAN_DHCP: 'no' })
})

const impossible = [
  'HOSTNAME=a.lan dhcp-script=/data/x',
  'HOSTNAME=$(reboot)',
  'HOSTNAME=../../etc/passwd',
  'HOSTNAME=',
  'LAN_ADDRESS=192.168.1.1',
  'LAN_ADDRESS=192.168.1.0/24',
  'LAN_ADDRESS=192.168.1.1/31',
  'LAN_ADDRESS=300.1.1.1/24',
  'LAN_ADDRESS=1.2.3.4/24 accept',
  'LAN_DHCP=perhaps',
  'ISP_PASSWORD_FILE=/etc/shadow',
  'ISP_PASSWORD_FILE=dialpost.d/../../../etc/shadow',
  'ISP_PASSWORD_FILE=dialpost.d/',
  'PEOPLE=root:0',
  'PEOPLE=dialpost:100',
  'PEOPLE=eddy',
  'PEOPLE=eddy:1000:0',
  'PEOPLE=../eddy:1000',
  'PEOPLE=eddy:1000 keith:999',
  'TIMEZONE=`reboot`',
]

test('a value that could mean more than it should is passed over aloud, and the others hold', { skip }, async () => {
  for (const line of impossible) {
    const [name] = line.split('=')
    const { values, complaints } = await read(`${line}\nISP_USER=shofar\n`)
    assert.deepEqual(values, { ISP_USER: 'shofar' }, line)
    assert.match(complaints[0] ?? '', new RegExp(`^dialpost: /data/settings/box: ${name}: .* is passed over$`), line)
  }
})
