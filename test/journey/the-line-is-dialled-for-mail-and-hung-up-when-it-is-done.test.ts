import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDialHouse } from './dial-house.ts'
import { sample } from './letters.ts'

test('an urgent letter is dialled for, mail goes both ways, and the line is hung up within two seconds', async (t) => {
  const house = await openDialHouse(t)
  house.isp.pop3.put('eddyy', sample('in', { from: 'boss@far.example', to: ['eddy.younger@isp.example'] }).octets)
  await house.submit(sample('out', { to: ['linda@far.example'], urgent: true }))
  await house.until('it is at the smarthost', () => house.isp.taken().some(({ name }) => name === 'out'))
  await house.until('the letter is in the mbox', () => house.mail().some(({ name }) => name === 'in'))
  const from = performance.now()
  await house.until('the modem is on hook', () => !house.connected())
  assert.ok(performance.now() - from < 6000, 'hanging up by +++ takes the guard times, too')
  await house.until('the line is down', async () => (await house.status()).line.kind === 'down')
  assert.deepEqual(house.calls(), ['08451234567'])
  assert.match(readFileSync(join(house.folder, 'pppd'), 'utf8'), /^call isp .* 115200 nodetach nopersist lock connect /)
})

test('a busy number is dialled again after a rest, at once when a person asks', async (t) => {
  const house = await openDialHouse(t)
  house.exchange.awaits('busy')
  await house.submit(sample('out', { to: ['linda@far.example'], urgent: true }))
  await house.until('it rests', async () => (await house.status()).line.kind === 'resting')
  assert.match((await house.status()).line.words, /^resting for 0:0\d \(.*busy/i)
  assert.deepEqual(house.calls(), ['08451234567'])
  // A person does not want to wait.
  assert.equal((await house.command('dial')).code, 0)
  await house.until('it is at the smarthost', () => house.isp.taken().some(({ name }) => name === 'out'))
  assert.deepEqual(house.calls(), ['08451234567', '08451234567'])
  await house.command('hangup')
  await house.until('the modem is on hook', () => !house.connected())
})

test('a wrong password stops it and tells a person; a person may try again', async (t) => {
  const house = await openDialHouse(t, { pppd: 'exit 19' })
  await house.submit(sample('out', { to: ['linda@far.example'], urgent: true }))
  await house.until('it is broken', async () => (await house.status()).line.kind === 'broken')
  const { line, plan } = await house.status()
  assert.match(line.words, /refuses our name or password: mend/)
  assert.notEqual(plan, '')
  assert.equal(house.connected(), false)
  assert.equal(house.calls().length, 1)
  await house.command('dial')
  await house.until('it is dialled again', () => house.calls().length === 2)
})

test('a LAN user’s flush dials at once, and says so', async (t) => {
  const house = await openDialHouse(t)
  await house.submit(sample('out', { to: ['linda@far.example'] }))
  await house.until('it waits', async () => (await house.queue()).length === 1)
  assert.match((await house.status()).plan, /^waiting for /)
  assert.deepEqual((await house.command('flush')).said, ['1 delivery will be tried once the line is up: it is dialled.'])
  await house.until('it is at the smarthost', () => house.isp.taken().some(({ name }) => name === 'out'))
  await house.until('the modem is on hook', () => !house.connected())
})
