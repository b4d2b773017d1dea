import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDialHouse } from './dial-house.ts'
import { openHouse } from './house.ts'
import { submit } from './lan.ts'
import { sample } from './letters.ts'
import { skippingClock } from './skipping-clock.ts'

const size = 400_000
/** What the spool may take of the disk. */
const room = 8_000_000

test('while flash runs low the LAN hears 452 and the ISP keeps its letters; once mail has left, all goes on', async (t) => {
  let busy = true
  // Of all file systems here the one on which nobody else works.
  const spool = mkdtempSync('/dev/shm/dialpost-')
  const { bavail, bsize } = statfsSync(spool)
  const house = await openHouse(t, {
    isp: { answer: (command) => (busy && command.startsWith('RCPT') ? '450 4.2.0 Come again' : undefined) },
    adjust: (config) => ({ ...config, spool, queue: { ...config.queue, reserve: bavail * bsize - room } }),
  })
  t.after(() => rmSync(spool, { recursive: true }))
  const letter = sample('out', { to: ['linda@far.example'], size })
  let taken = 0
  let reply = await submit(house.port, letter)
  for (; reply?.startsWith('250') && taken < 100; reply = await submit(house.port, letter)) taken++
  assert.match(reply ?? '', /^452[ -]4\.3\.1 /)
  assert.ok(taken > 5 && taken < 100, `${taken} letters were taken`)
  assert.equal(house.said('spool-full')?.level, 'warn')

  house.isp.pop3.put('eddyy', sample('in', { to: ['eddy.younger@isp.example'], size }).octets)
  house.lineUp()
  await house.until('the box was looked at', () => house.said('collect-failed') !== undefined)
  assert.match(house.said('collect-failed')?.text ?? '', /^work: the spool is full/)
  assert.equal(house.isp.pop3.box('eddyy').length, 1)
  assert.deepEqual(house.mail(), [])
  const waits = async (): Promise<number> =>
    (await house.queue()).filter(({ deliveries }) => deliveries.every(({ state, attempts }) => state === 'waiting' && attempts === 1))
      .length
  await house.until('all that is ours was tried, and waits', async () => (await waits()) === taken)

  busy = false
  await house.command('flush')
  await house.until('all that was taken is at the smarthost', () => house.isp.taken().length === taken, 60_000)
  await house.command('poll')
  await house.untilIdle()
  assert.equal(house.mail()[0]?.name, 'in')
  // Room is looked for when somebody was refused.
  await house.until('the LAN is heard again', async () => (await submit(house.port, letter))?.startsWith('250') ?? false)
})

test('no call is paid for whose letters could not be taken; once there is room, they are called for', async (t) => {
  const at = (hours: number, minutes: number): number => new Date(2026, 10, 25, hours, minutes, 1).getTime()
  const clock = skippingClock(at(12, 0))
  const spool = mkdtempSync('/dev/shm/dialpost-')
  const filler = join(spool, 'filler')
  writeFileSync(filler, Buffer.alloc(4 * room))
  const { bavail, bsize } = statfsSync(spool)
  const house = await openDialHouse(t, {
    clock,
    adjust: (config) => ({
      ...config,
      spool,
      queue: { ...config.queue, reserve: bavail * bsize + room },
      call: { ...config.call, timetable: [13 * 60] },
    }),
  })
  // Once the house is closed, as what is registered first is done first.
  t.after(() => rmSync(spool, { recursive: true }))
  house.isp.pop3.put('eddyy', sample('in', { to: ['eddy.younger@isp.example'], size: 4000 }).octets)
  const plan = async (): Promise<string> => (await house.status()).plan
  await house.until('it waits for one o’clock', async () => (await plan()).startsWith('waiting for 13:00, timetable'))
  clock.skipTo(at(13, 0))
  await house.until('it waits for room', async () => (await plan()).startsWith('waiting for room on the disk'))
  assert.deepEqual(house.calls(), [])
  rmSync(filler)
  clock.skipTo(at(13, 10))
  await house.until('the letter has come', () => house.mail().some(({ name }) => name === 'in'))
  assert.deepEqual(house.calls(), ['08451234567'])
})
