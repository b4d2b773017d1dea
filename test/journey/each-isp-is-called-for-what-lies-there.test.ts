/** Two ISPs, each with a smarthost, a masquerade and a box of its own, and a box beside them that is collected by whichever is called. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { CallRecord } from '../../src/call/record.ts'
import type { Config } from '../../src/config/config.ts'
import { openDialHouse } from './dial-house.ts'
import { type House, openHouse } from './house.ts'
import { type Isp, startIsp } from './isp.ts'
import { sample } from './letters.ts'
import { skippingClock } from './skipping-clock.ts'

const to = ['linda@far.example']

const box = (table: string, name: string, user: string, port: number): string => `
[[${table}]]
name = "${name}"
host = "127.0.0.1"
port = ${port}
tls = "off"
user = "${user}"
password_file = "PASSWORDS/${user}"
deliver_to = "eddy"
`
const isp = (name: string, { near }: Isp, own: string): string => `
[[isp]]
name = "${name}"
[isp.smarthost]
host = "127.0.0.1"
port = ${near.smarthost}
tls = "off"
[isp.masquerade]
as = "${name}.example"
domains = ["shire.lan"]
${own}`

/** `office` lies at the first one, too, but is everybody's to collect. */
const tables = (second: Isp) => (first: Isp) =>
  box('mailbox', 'anywhere', 'office', first.near.pop3) +
  isp('isp-a', first, box('isp.mailbox', 'work', 'eddyy', first.near.pop3)) +
  isp('isp-b', second, box('isp.mailbox', 'club', 'shofar', second.near.pop3))

const withNumbers = (config: Config): Config => ({
  ...config,
  isp: config.isp.map((one, index) => ({ ...one, numbers: [`0845100${index}`] })),
})

async function another(t: TestContext): Promise<Isp> {
  const second = await startIsp()
  t.after(() => second.close())
  return second
}

function fill(first: Isp, second: Isp): void {
  first.pop3.put('eddyy', sample('at-a', { to: ['eddy@isp-a.example'] }).octets)
  second.pop3.put('shofar', sample('at-b', { to: ['eddy@isp-b.example'] }).octets)
  first.pop3.put('office', sample('at-either', { to: ['eddy@elsewhere.example'] }).octets)
}

const here = (house: House): readonly string[] =>
  house
    .mail()
    .map(({ name }) => name)
    .toSorted()
const senders = ({ taken }: Isp): readonly string[] => taken().map(({ name, from }) => `${name} from ${from}`)

test('the second is used while the first is busy; then each is called for the box that waits there', async (t) => {
  const second = await another(t)
  // A Monday.
  const at = (hour: number, minute: number): number => new Date(2026, 10, 23, hour, minute).getTime()
  const clock = skippingClock(at(12, 0))
  const house = await openDialHouse(t, { clock, tables: tables(second), adjust: withNumbers })
  fill(house.isp, second)
  const onHook = () => house.until('the modem is on hook', async () => (await house.status()).line.kind === 'down' && !house.connected())

  house.exchange.awaits('busy')
  await house.submit(sample('urgent', { to, urgent: true }))
  await house.until('it is at the second smarthost', () => second.taken().length === 1)
  await house.until('what that call can reach is here', () => here(house).length === 2)
  await onHook()
  assert.deepEqual(house.calls(), ['08451000', '08451001'])
  assert.deepEqual([senders(house.isp), senders(second)], [[], ['urgent from eddy@isp-b.example']])
  assert.match(second.taken()[0]?.header ?? '', /^From: <eddy@isp-b\.example>/m)
  assert.deepEqual(here(house), ['at-b', 'at-either'])
  assert.equal(house.isp.pop3.box('eddyy').length, 1)
  assert.match((await house.status()).plan, /^waiting for (17:5|18:0)\d, max_wait, call to isp-a$/)
  assert.match(house.said('line-up')?.text ?? '', /^line up to isp-b on ppp0: urgent letter /)

  await house.submit(sample('later', { to }))
  await house.until('it waits', async () => (await house.queue()).length === 1)
  second.pop3.put('shofar', sample('more-at-b', { to: ['eddy@isp-b.example'] }).octets)
  clock.skipTo(at(18, 0))
  // The boxes of both have waited for six hours, those of the first for some seconds more.
  await house.until('the boxes of both are emptied', () => here(house).length === 4)
  await onHook()
  assert.deepEqual(house.calls(), ['08451000', '08451001', '08451000', '08451001'])
  assert.deepEqual(senders(house.isp), ['later from eddy@isp-a.example'])
  assert.equal(second.taken().length, 1)
  assert.deepEqual(here(house), ['at-a', 'at-b', 'at-either', 'more-at-b'])

  const calls = (await house.command('calls', '--json')).said
    .map((line) => JSON.parse(line) as CallRecord)
    .filter(({ number }) => number > 0)
  assert.deepEqual(
    calls.map((call) => [call.isp, call.out.letters, call.in.letters]),
    [
      ['isp-b', 1, 2],
      ['isp-a', 1, 1],
      ['isp-b', 0, 1],
    ],
  )
})

test('an operator calls one by its name, and is told of names that there are not', async (t) => {
  const second = await another(t)
  const house = await openDialHouse(t, { tables: tables(second), adjust: withNumbers })
  fill(house.isp, second)
  assert.deepEqual((await house.command('dial', 'isp-c')).complained, ['dialpost: there is no ISP isp-c; there are: isp-a isp-b'])
  assert.equal((await house.command('dial', 'isp-b')).code, 0)
  await house.until('its box is emptied', () => second.pop3.box('shofar').length === 0)
  assert.deepEqual(house.calls(), ['08451001'])
  assert.match((await house.status()).line.words, /^up to isp-b on ppp0 for /)
  assert.match(
    (await house.command('dial', 'isp-a')).complained.join(),
    /the line is up to isp-b; dialpost hangup, then dialpost dial isp-a$/,
  )
  await house.command('hangup')
  await house.until('the modem is on hook', () => !house.connected())
})

test('where pppd is somebody else’s it tells who is called', async (t) => {
  const second = await another(t)
  const house = await openHouse(t, { tables: tables(second) })
  fill(house.isp, second)
  const link = async (...words: readonly string[]): Promise<void> => {
    assert.equal((await house.command('link', ...words)).code, 0)
  }
  const up = (ipparam: string) => link('up', 'ppp0', '/dev/ttyS1', '33600', '10.0.0.2', '10.0.0.1', ipparam)
  await house.submit(sample('one', { to }))
  await up('isp-b')
  await house.until('it is at the second smarthost', () => second.taken().length === 1)
  await house.until('what that call can reach is here', () => here(house).length === 2)
  assert.match((await house.command('poll', 'work')).complained.join(), /work is collected in calls to isp-a, and this one is to isp-b; /)
  assert.match((await house.command('preview', 'work')).complained.join(), /work is collected in calls to isp-a/)
  assert.equal((await house.command('poll', 'club')).code, 0)
  await link('down', 'ppp0')

  await house.submit(sample('two', { to }))
  await up('isp-a')
  await house.until('it is at the first smarthost', () => house.isp.taken().length === 1)
  await house.until('the box there is emptied', () => here(house).length === 3)
  await link('down', 'ppp0')
  assert.deepEqual([senders(house.isp), senders(second)], [['two from eddy@isp-a.example'], ['one from eddy@isp-b.example']])
  assert.deepEqual(here(house), ['at-a', 'at-b', 'at-either'])

  house.isp.pop3.put('eddyy', sample('more-at-a', { to: ['eddy@isp-a.example'] }).octets)
  house.isp.pop3.put('office', sample('more-at-either', { to: ['eddy@elsewhere.example'] }).octets)
  await up('provider')
  await house.until('the box of every call is emptied', () => here(house).length === 4)
  assert.match(house.said('isp-unknown')?.text ?? '', /^ip-up names provider, which is no ISP of the settings: .* one of isp-a, isp-b$/)
  await link('down', 'ppp0')
  assert.equal(house.isp.pop3.box('eddyy').length, 1)
})
