import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openHouse } from './house.ts'
import { sample } from './letters.ts'

test('nobody can know whether it arrived, so it is said, waits long, and is sent again last', async (t) => {
  let drops = true
  const house = await openHouse(t, {
    isp: {
      answer(command, { modem }) {
        if (command === '.' && drops) modem.hangUp()
        return undefined
      },
    },
  })
  await house.submit(sample('doubtful', { to: ['linda@far.example'] }))
  house.lineUp()
  await house.until('it is in doubt', () => house.said('unsure') !== undefined)
  house.lineDown()
  await house.until('the call has ended', () => house.said('line-down') !== undefined)
  assert.match(house.said('unsure')?.text ?? '', /may have/)
  const [letter] = await house.queue()
  const [delivery] = letter?.deliveries ?? []
  assert.equal(delivery?.possibleDuplicate, true)
  assert.match(delivery?.words ?? '', /may have arrived/)
  assert.ok((delivery?.nextIn ?? 0) > 600)

  drops = false
  house.isp.modem.pickUp()
  await house.submit(sample('sure', { to: ['linda@far.example'] }))
  house.lineUp()
  await house.until('what came later is there', () => house.isp.taken().some(({ name }) => name === 'sure'))
  assert.equal((await house.queue()).length, 1, 'a new call does not cut its wait short (RFC 1047)')

  await house.command('flush')
  await house.untilIdle()
  assert.deepEqual(
    house.isp.taken().map(({ name }) => name),
    ['doubtful', 'sure', 'doubtful'],
  )
})
