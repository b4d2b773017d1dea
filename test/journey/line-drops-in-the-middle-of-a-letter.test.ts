import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type House, openHouse } from './house.ts'
import { sample } from './letters.ts'

/** On loopback the kernel takes megabytes before the line has carried anything: what goes out has to be larger than that. */
const outward = { bitsPerSecond: 80_000_000, size: 15_000_000 }
const inward = { bitsPerSecond: 800_000, size: 200_000 }
const begun = 40_000

/** What pppd tells, and whether the connections end with the line or just fall silent, as they do on a real one. */
const cuts: Readonly<Record<string, (house: House) => void>> = {
  'connections end with the line': (house) => {
    house.isp.modem.hangUp()
    house.lineDown()
  },
  'connections just fall silent': (house) => house.lineDown(),
}

for (const [name, cut] of Object.entries(cuts)) {
  test(`a letter on its way out is sent whole by the next call, and once (${name})`, async (t) => {
    const house = await openHouse(t, { isp: { bitsPerSecond: outward.bitsPerSecond } })
    const letter = sample('out', { to: ['linda@far.example'], size: outward.size })
    await house.submit(letter)
    house.lineUp()
    await house.until('some of it is out', () => house.isp.modem.carried().out > begun)
    await assertStops(house, cut)
    assert.deepEqual(house.isp.taken(), [])
    const [waiting] = await house.queue()
    assert.equal(waiting?.deliveries[0]?.possibleDuplicate, false, 'no dot was out, so there is no doubt')

    house.isp.modem.pickUp()
    house.lineUp()
    await house.command('flush')
    await house.untilIdle()
    assert.deepEqual(
      house.isp.taken().map(({ to, body }) => ({ to, body })),
      [{ to: 'linda@far.example', body: letter.octets.subarray(letter.octets.indexOf('\r\n\r\n') + 4).toString('latin1') }],
    )
  })

  test(`a letter on its way in is collected whole by the next call, and once (${name})`, async (t) => {
    const house = await openHouse(t, { isp: { bitsPerSecond: inward.bitsPerSecond } })
    const letters = ['first', 'second'].map((one, at) =>
      sample(one, { from: 'boss@far.example', to: ['eddy.younger@isp.example'], size: at * inward.size + 100 }),
    )
    for (const { octets } of letters) house.isp.pop3.put('eddyy', octets)
    house.lineUp()
    await house.until('some of it is in', () => house.isp.modem.carried().in > begun)
    await assertStops(house, cut)
    assert.equal(house.isp.pop3.box('eddyy').length, 2, 'without QUIT nothing is deleted there')
    assert.deepEqual(
      house.mail().map((one) => one.name),
      ['first'],
    )
    assert.deepEqual(await house.queue(), [])

    house.isp.modem.pickUp()
    house.lineUp()
    await house.untilIdle()
    assert.deepEqual(
      house.mail().map(({ name: found, body }) => ({ found, body })),
      letters.map(({ name: found, octets }) => ({ found, body: octets.subarray(octets.indexOf('\r\n\r\n') + 4).toString('latin1') })),
    )
  })
}

async function assertStops(house: House, cut: (house: House) => void): Promise<void> {
  const from = performance.now()
  cut(house)
  await house.until('the call has ended', () => house.said('line-down') !== undefined)
  assert.ok(performance.now() - from < 1000, 'it stops within a second')
  assert.equal(house.said('call-late'), undefined)
}
