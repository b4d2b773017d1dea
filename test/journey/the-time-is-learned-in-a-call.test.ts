import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { type Clock, systemClock } from '../../src/clock.ts'
import { mailDate } from '../../src/mail/date.ts'
import { clockServer } from '../time/clock-server.ts'
import { type House, openHouse } from './house.ts'
import { boxTables, masqueradeTable, smarthostTable } from './hub.ts'
import { sample } from './letters.ts'

/** Ten seconds of the daemon's are one of the test's. */
const hurry = 10
const elapsed = (): number => performance.now() * hurry
/** What the world outside has. */
const today = (): number => Date.UTC(2029, 5, 1, 12) + elapsed()
const minutes = (wall: number): number => Math.abs(wall - today()) / 60_000

type Box = {
  /** What the computer's clock shows at the start. */
  readonly boots: number
  readonly maySet?: boolean
  /** Who knows what time it is. */
  readonly knows: 'a time server' | 'the smarthost'
}

async function open(t: TestContext, { boots, maySet = true, knows }: Box) {
  const began = elapsed()
  let offset = boots - began
  const clock: Clock = { now: () => offset + elapsed(), elapsed, sleep: (until, signal) => systemClock.sleep(until / hurry, signal) }
  const server = await clockServer(today)
  t.after(() => server.close())
  const sets: number[] = []
  const house = await openHouse(t, {
    isp: {
      answer: (command: string) => (command.startsWith('RCPT TO:<busy@') ? '450 4.2.0 Come again' : undefined),
      ...(knows === 'the smarthost' ? { greeting: () => `smtp.isp.example ESMTP Exim 4.96 ${mailDate(today())}` } : {}),
    },
    tables: ({ near }) =>
      smarthostTable(near.smarthost) +
      boxTables(near.pop3) +
      masqueradeTable +
      (knows === 'a time server' ? `[time]\nservers = ["127.0.0.1:${server.port}"]\n` : ''),
    clock,
    setClock(wall) {
      sets.push(wall)
      if (!maySet) throw new Error('EPERM: clock_settime failed')
      offset = wall - elapsed()
    },
  })
  return { house, server, sets, computer: clock.now }
}

/** Letters before the call, in it and after it; what is left at the end is one that the smarthost does not want yet. */
async function mailOfADay(house: House): Promise<void> {
  await house.submit(sample('held-up', { to: ['busy@far.example'] }))
  await house.submit(sample('out-before', { to: ['linda@far.example', 'keith@shire.lan'] }))
  house.isp.pop3.put('eddyy', sample('in-before', { to: ['eddy.younger@isp.example'] }).octets)
  house.lineUp()
  await house.until('the first letters have gone both ways', () => house.isp.taken().length === 1 && house.mail().length === 2)
  await house.until('the time is learned', () => (house.said('clock-known') ?? house.said('clock-wrong')) !== undefined)
  await house.submit(sample('out-after', { to: ['linda@far.example'] }))
  house.isp.pop3.put('eddyy', sample('in-after', { to: ['eddy.younger@isp.example'] }).octets)
  await house.command('poll')
  await house.until('letters go on going', () => house.isp.taken().length === 2 && house.mail().length === 3)
  house.lineDown()
  await house.until('the line is down', async () => (await house.status()).line.kind === 'down')
  await house.until('what has come is settled', async () => (await house.queue()).length === 1)
}

async function nothingCameOfIt(house: House): Promise<void> {
  const queue = await house.queue()
  assert.deepEqual(
    queue.map(({ deliveries }) => deliveries.map(({ recipient, state }) => `${recipient} ${state}`)),
    [['busy@far.example waiting']],
  )
  assert.deepEqual(
    house.mail().map(({ to, name }) => `${to} ${name}`),
    ['eddy in-before', 'eddy in-after', 'keith out-before'],
    'once each, and no notice',
  )
  assert.deepEqual(
    house.isp.taken().map(({ name }) => name),
    ['out-before', 'out-after'],
  )
  assert.deepEqual(
    house.lines.filter(({ level, event }) => (level === 'warn' || level === 'error') && event !== 'clock-refused').map(({ text }) => text),
    [],
  )
}

for (const maySet of [true, false])
  test(`a box that boots in 1970 and ${maySet ? 'sets' : 'may not set'} its clock learns the time in the first call`, async (t) => {
    const { house, server, sets, computer } = await open(t, { boots: 0, maySet, knows: 'a time server' })
    assert.equal((await house.status()).clock, 'not set; learned in the first call')
    await mailOfADay(house)
    await nothingCameOfIt(house)
    const [waiting] = await house.queue()
    assert.ok(waiting?.keptKnown && minutes(waiting.kept) < 10, 'the stamp from before is corrected')
    assert.match(house.isp.taken()[1]?.header ?? '', /^Received: [^]*? Jun 2029 /, 'letters after it have the right date')
    assert.equal(server.asked(), 1)
    assert.ok(sets.length === 1 && minutes(sets[0] ?? 0) < 10)
    assert.equal(minutes(computer()) < 1, maySet)
    assert.equal(house.said('clock-refused') === undefined, maySet)
    assert.match(house.said('clock-known')?.text ?? '', /^it is 2029-06-01 \d\d:\d\d, says 127\.0\.0\.1; stamps from before are corrected$/)
    const { clock } = await house.status()
    assert.match(clock, /^2029-06-01 \d\d:\d\d, says 127\.0\.0\.1, \d:\d\d ago(; the computer itself does not know)?$/)
    assert.equal(clock.endsWith('know'), !maySet)
  })

test('a clock that runs fifteen years ahead is put back, and nothing comes of it', async (t) => {
  const { house, computer } = await open(t, { boots: Date.UTC(2044, 2, 3), knows: 'a time server' })
  assert.match((await house.status()).clock, /^2044-03-03 \d\d:\d\d, says the computer$/)
  await mailOfADay(house)
  await nothingCameOfIt(house)
  assert.ok(minutes(computer()) < 1)
  assert.match(
    house.said('clock-wrong')?.text ?? '',
    /^the clock was 53\d\dd \d\d:\d\d fast: it is 2029-06-01 \d\d:\d\d, says 127\.0\.0\.1$/,
  )
  const { began } = JSON.parse((await house.command('calls', '--json')).said[0] ?? '') as { began?: string }
  assert.ok(minutes(Date.parse(began ?? '')) < 10, 'the call is of today')
})

test('where there is no time server the smarthost’s greeting says what time it is', async (t) => {
  const { house, server, sets } = await open(t, { boots: 0, knows: 'the smarthost' })
  await mailOfADay(house)
  await nothingCameOfIt(house)
  assert.deepEqual([server.asked(), sets.length], [0, 1])
  assert.match(house.said('clock-known')?.text ?? '', /^it is 2029-06-01 \d\d:\d\d, says 127\.0\.0\.1 by its greeting; /)
})
