import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runBox } from '../../src/update/run-box.ts'
import { pretendBox } from '../update/pretend-box.ts'
import { openHouse } from './house.ts'
import { sample } from './letters.ts'

test('an update is written while mail moves, and both arrive whole', async (t) => {
  const box = pretendBox(t, 16 * 2 ** 20)
  const house = await openHouse(t, { box: runBox({ onLan: () => false, passed: () => {} }, box) })
  const { path, payload } = box.update('0.2.0', { root: 12_000_000, kernel: 2_300_000 })
  assert.equal((await house.status()).system, '0.1.0 in slot A')

  const names = Array.from({ length: 20 }, (_, at) => `out${at}`)
  for (const name of names) await house.submit(sample(name, { to: ['linda@far.example'], size: 4000 }))
  house.isp.pop3.put('eddyy', sample('in', { to: ['eddy'], size: 50_000 }).octets)
  house.lineUp()
  const [update] = await Promise.all([house.command('update', path), house.untilIdle()])

  assert.deepEqual(update.complained, [])
  assert.equal(update.code, 0)
  assert.equal(update.said.filter((line) => line.endsWith(' %')).length, 10)
  assert.equal(box.heard(), 'try B 23440+4493\n')
  assert.deepEqual(box.slot('B').subarray(0, payload.length), payload)
  assert.deepEqual(new Set(house.isp.taken().map(({ name }) => name)), new Set(names))
  assert.ok(house.mail().some(({ name }) => name === 'in'))
  assert.match((await house.status()).update, /^0\.2\.0 in slot B is about to be booted/)
  assert.match(house.said('update')?.text ?? '', /^Slot B holds 0\.2\.0\./)
})

test('a computer without slots says that it has none', async (t) => {
  const house = await openHouse(t)
  const { code, complained } = await house.command('update', '/tmp/new.update')
  assert.equal(code, 69)
  assert.match(complained.join(), /this computer has no second slot/)
  assert.equal((await house.status()).system, '')
})
