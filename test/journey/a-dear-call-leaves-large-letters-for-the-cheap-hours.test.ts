import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDialHouse } from './dial-house.ts'
import { boxTables, masqueradeTable, smarthostTable } from './hub.ts'
import type { Isp } from './isp.ts'
import { sample } from './letters.ts'
import { skippingClock } from './skipping-clock.ts'

const tariff = `
[[tariff]]
window = "Mon-Fri 08:00-18:00"
per_minute = 0.0395
[[tariff]]
per_minute = 0.01
`
const tables = ({ near }: Isp): string => smarthostTable(near.smarthost) + boxTables(near.pop3) + masqueradeTable + tariff
/** A Monday. */
const at = (hour: number, minute: number): number => new Date(2026, 10, 23, hour, minute).getTime()

test('what an urgent letter is dialled for does not make the others pay', async (t) => {
  const clock = skippingClock(at(17, 0))
  const house = await openDialHouse(t, { clock, tables })
  const to = ['linda@far.example']
  const sent = () => house.isp.taken().map(({ name }) => name)
  const onHook = () => house.until('the modem is on hook', async () => (await house.status()).line.kind === 'down' && !house.connected())
  await house.submit(sample('large', { to, size: 300_000 }))
  house.isp.pop3.put('eddyy', sample('large-in', { to: ['eddy.younger@isp.example'], size: 300_000 }).octets)
  house.isp.pop3.put('eddyy', sample('small-in', { to: ['eddy.younger@isp.example'] }).octets)
  await house.submit(sample('small', { to }))
  await house.submit(sample('urgent', { to, urgent: true }))
  await house.until('the small ones have gone', () => sent().includes('urgent') && sent().includes('small'))
  await house.until('the small one has come', () => house.mail().some(({ name }) => name === 'small-in'))
  await onHook()
  assert.deepEqual([sent().includes('large'), house.isp.pop3.box('eddyy').length], [false, 1])
  assert.match((await house.status()).plan, /^waiting for 18:00, cheap rate; 1 letter, /)
  assert.equal(house.calls().length, 1)

  clock.skipTo(at(17, 59))
  assert.equal(house.calls().length, 1)
  clock.skipTo(at(18, 0))
  await house.until('the large one has gone', () => sent().includes('large'))
  await house.until('the large one has come', () => house.mail().some(({ name }) => name === 'large-in'))
  await onHook()
  assert.equal(house.calls().length, 2)
})

test('who wants all of it now gets it', async (t) => {
  const house = await openDialHouse(t, { clock: skippingClock(at(17, 0)), tables })
  await house.submit(sample('large', { to: ['linda@far.example'], size: 300_000 }))
  await house.until('it waits', async () => (await house.queue()).length === 1)
  await house.command('flush')
  await house.until('it has gone', () => house.isp.taken().some(({ name }) => name === 'large'))
})
