import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../src/clock.ts'
import { openHouse } from './house.ts'
import { sample } from './letters.ts'

/** Ten seconds of the daemon's are one of the test's. */
const hurry = 10

test('when the clock jumps by 56 years during a call nothing expires, warns or doubles, and stamps are corrected', async (t) => {
  let offset = 0
  const elapsed = (): number => performance.now() * hurry
  const clock: Clock = { now: () => offset + elapsed(), elapsed, sleep: (until, signal) => systemClock.sleep(until / hurry, signal) }
  const busy = { isp: { answer: (command: string) => (command.startsWith('RCPT TO:<busy@') ? '450 4.2.0 Come again' : undefined) } }
  const house = await openHouse(t, { ...busy, clock })
  await house.submit(sample('held-up', { to: ['busy@far.example'] }))
  await house.submit(sample('easy', { to: ['linda@far.example', 'keith@shire.lan'] }))
  house.isp.pop3.put('eddyy', sample('in-1970', { to: ['eddy.younger@isp.example'] }).octets)
  const [before] = await house.queue()
  assert.equal(before?.keptKnown, false)
  assert.ok((before?.kept ?? Number.POSITIVE_INFINITY) < Date.UTC(1971))

  house.lineUp()
  await house.until('the first letters have gone both ways', () => house.isp.taken().length === 1 && house.mail().length === 2)
  offset = Date.now() - elapsed()
  await house.until('it has noticed', () => house.said('clock-known') !== undefined)
  house.isp.pop3.put('eddyy', sample('in-2026', { to: ['eddy.younger@isp.example'] }).octets)
  await house.command('poll')
  await house.until('letters go on coming', () => house.mail().length === 3)

  await house.until('only one still waits', async () => (await house.queue()).length === 1)
  const [waiting] = await house.queue()
  assert.equal(waiting?.keptKnown, true)
  assert.ok(Math.abs((waiting?.kept ?? 0) - Date.now()) < 600_000, 'its stamp is of today')
  assert.equal(waiting?.deliveries[0]?.state, 'waiting')
  const shown = await house.command('show', waiting?.id ?? '')
  assert.doesNotMatch(shown.said.join('\n').split('\nReceived:')[0] ?? '', /1970/)
  assert.deepEqual(
    house.mail().map(({ to, name }) => `${to} ${name}`),
    ['eddy in-1970', 'eddy in-2026', 'keith easy'],
    'once each, and no notice',
  )
  assert.deepEqual(
    house.isp.taken().map(({ name }) => name),
    ['easy'],
  )
  assert.match(house.isp.taken()[0]?.header ?? '', /^Received: [^]*?\(clock not set\)\r\n/, 'our own line owns up')
})
