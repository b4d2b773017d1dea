/** What each check makes of what people type: the form in which it is kept, or undefined where it is refused with words that help. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Parsed } from '../../src/config/kinds.ts'
import * as checks from '../../src/setup/checks.ts'

type Check = (typed: string) => Parsed<string>

const people: Check = (typed) => checks.people(typed, new Set(['daemon']))
const somebody: Check = (typed) => checks.somebody(typed, ['eddy', 'keith'])
const pop: Check = checks.server(110, 'pop.isp.example')
const orNone: Check = checks.orNone(checks.userName)
const long = 'x'.repeat(256)

const rows: readonly [name: string, check: Check, typed: string, kept: string | undefined][] = [
  ['hostname', checks.hostname, 'Moriah.Shire.LAN', 'moriah.shire.lan'],
  ['hostname', checks.hostname, 'a-1.lan', 'a-1.lan'],
  ['hostname', checks.hostname, 'moriah', undefined],
  ['hostname', checks.hostname, 'moriah.', undefined],
  ['hostname', checks.hostname, '.lan', undefined],
  ['hostname', checks.hostname, '-a.lan', undefined],
  ['hostname', checks.hostname, 'grün.lan', undefined],
  ['hostname', checks.hostname, 'a_b.lan', undefined],
  ['hostname', checks.hostname, 'a b.lan', undefined],
  ['hostname', checks.hostname, 'a;reboot.lan', undefined],
  ['hostname', checks.hostname, '192.168.1.1', undefined],
  ['hostname', checks.hostname, `${'a'.repeat(60)}.lan`, `${'a'.repeat(60)}.lan`],
  ['hostname', checks.hostname, `${'a'.repeat(61)}.lan`, undefined],
  ['LAN address', checks.lanAddress, '192.168.1.1/24', '192.168.1.1/24'],
  ['LAN address', checks.lanAddress, '10.0.0.1/8', '10.0.0.1/8'],
  ['LAN address', checks.lanAddress, '172.16.5.6/30', '172.16.5.6/30'],
  ['LAN address', checks.lanAddress, '172.16.5.7/30', undefined],
  ['LAN address', checks.lanAddress, '192.168.1.255/24', undefined],
  ['LAN address', checks.lanAddress, '192.168.1.255/23', undefined],
  ['LAN address', checks.lanAddress, '192.168.0.255/23', '192.168.0.255/23'],
  ['LAN address', checks.lanAddress, '192.168.1.1', undefined],
  ['LAN address', checks.lanAddress, '192.168.1.1/33', undefined],
  ['LAN address', checks.lanAddress, '192.168.01.1/24', undefined],
  ['LAN address', checks.lanAddress, '224.0.0.1/24', undefined],
  ['LAN address', checks.lanAddress, 'fd00::1/64', undefined],
  ['LAN address', checks.lanAddress, '0.0.0.1/24', undefined],
  ['yes or no', checks.yesOrNo, 'Y', 'yes'],
  ['yes or no', checks.yesOrNo, 'NO', 'no'],
  ['yes or no', checks.yesOrNo, 'ja', undefined],
  ['serial port', checks.serialPort, 'ttyS1', '/dev/ttyS1'],
  ['serial port', checks.serialPort, '/dev/serial/by-id/modem', '/dev/serial/by-id/modem'],
  ['serial port', checks.serialPort, '../etc/passwd', undefined],
  ['speed', checks.speed, '115200', '115200'],
  ['speed', checks.speed, '56000', undefined],
  ['speed', checks.speed, 'fast', undefined],
  ['numbers', checks.numbers, '0845 123-4567', '08451234567'],
  ['numbers', checks.numbers, '0,1;  2 ', '0,1; 2'],
  ['numbers', checks.numbers, '1;;2', undefined],
  ['numbers', checks.numbers, '1;', undefined],
  ['numbers', checks.numbers, '1\nATH', undefined],
  ['user name', checks.userName, 'eddy younger@isp', 'eddy younger@isp'],
  ['user name', checks.userName, '', undefined],
  ['user name', checks.userName, 'a\tb', undefined],
  ['user name', checks.userName, long, undefined],
  ['user name', checks.userName, 'ü'.repeat(128), undefined],
  ['password', checks.password, ' with "blanks" and \\ ', ' with "blanks" and \\ '],
  ['password', checks.password, '', undefined],
  ['password', checks.password, 'a\x7f', undefined],
  ['password', checks.password, long, undefined],
  ['server', pop, 'POP.isp.example', 'pop.isp.example'],
  ['server', pop, 'pop.isp.example:110', 'pop.isp.example'],
  ['server', pop, 'pop.isp.example:995', 'pop.isp.example:995'],
  ['server', pop, '10.0.0.1', '10.0.0.1'],
  ['server', pop, '[FD00::1]:995', '[fd00::1]:995'],
  ['server', pop, 'fd00::1', 'fd00::1'],
  ['server', pop, 'walls', undefined],
  ['server', pop, 'pop.isp.example:0', undefined],
  ['server', pop, 'pop isp', undefined],
  ['server', pop, 'eddy@pop.isp.example', undefined],
  ['appearance', checks.appearance, 'Shofar.ISP.example', 'shofar.isp.example'],
  ['appearance', checks.appearance, 'eddy@isp.example', 'eddy@isp.example'],
  ['appearance', checks.appearance, 'isp', undefined],
  ['appearance', checks.appearance, 'eddy@', undefined],
  ['appearance', checks.appearance, 'a b@isp.example', undefined],
  ['people', people, 'eddy', 'eddy:1000'],
  ['people', people, 'eddy, keith  sam', 'eddy:1000 keith:1001 sam:1002'],
  ['people', people, 'eddy keith:1000 sam:1001', 'eddy:1002 keith:1000 sam:1001'],
  ['people', people, 'eddy:01005', 'eddy:1005'],
  ['people', people, 'eddy:', undefined],
  ['people', people, 'eddy:999', undefined],
  ['people', people, 'eddy:65534', undefined],
  ['people', people, 'eddy:1000:x', undefined],
  ['people', people, 'eddy keith eddy', undefined],
  ['people', people, 'eddy:1005 keith:01005', undefined],
  ['people', people, 'root', undefined],
  ['people', people, 'postmaster', undefined],
  ['people', people, 'daemon', undefined],
  ['people', people, 'Eddy', undefined],
  ['people', people, '1eddy', undefined],
  ['people', people, '../eddy', undefined],
  ['people', people, 'eddy$(reboot)', undefined],
  ['people', people, ' ', undefined],
  ['postmaster', somebody, 'keith', 'keith'],
  ['postmaster', somebody, 'sam', undefined],
  ['postmaster', somebody, 'sam@far.example', 'sam@far.example'],
  ['postmaster', somebody, '@', undefined],
  ['time zone', checks.timeZone, 'UTC0', 'UTC0'],
  ['time zone', checks.timeZone, 'GMT0BST,M3.5.0/1,M10.5.0', 'GMT0BST,M3.5.0/1,M10.5.0'],
  ['time zone', checks.timeZone, 'EST5EDT', 'EST5EDT'],
  ['time zone', checks.timeZone, '<+0330>-3:30', '<+0330>-3:30'],
  ['time zone', checks.timeZone, 'Europe/London', undefined],
  ['time zone', checks.timeZone, 'CET', undefined],
  ['time zone', checks.timeZone, 'CET-1; reboot', undefined],
  ['or none', orNone, '-', '-'],
  ['or none', orNone, 'None', '-'],
  ['or none', orNone, '', undefined],
]

for (const [name, check, typed, kept] of rows) {
  const shown = JSON.stringify(typed.length > 40 ? `${typed.slice(0, 40)}…` : typed)
  test(kept === undefined ? `${name}: ${shown} is refused with advice` : `${name}: ${shown} is kept as ${JSON.stringify(kept)}`, () => {
    const parsed = check(typed)
    if ('wrong' in parsed) {
      assert.equal(kept, undefined, JSON.stringify(parsed.wrong))
      for (const { message } of parsed.wrong) assert.match(message, /write |type it|too long/)
    } else {
      assert.equal(parsed.value, kept)
      assert.deepEqual(check(parsed.value), { value: kept }, 'what is kept is taken again')
    }
  })
}

test('what is wrong with a password is said without it', () => {
  for (const typed of [`hunter2\x07`, `hunter2${long}`]) assert.doesNotMatch(JSON.stringify(checks.password(typed)), /hunter2/)
})
