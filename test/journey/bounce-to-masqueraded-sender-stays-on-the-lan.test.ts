import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openHouse } from './house.ts'
import { sample } from './letters.ts'

test('a notice to an address that only looks foreign is delivered here, and costs no line', async (t) => {
  const house = await openHouse(t, { isp: { answer: (command) => (command.startsWith('RCPT TO:<gone@') ? '550 5.1.1 Gone' : undefined) } })
  const senders = { eddy: 'eddy.younger@isp.example', keith: 'keith@shofar.isp.example' }
  for (const [user, from] of Object.entries(senders)) await house.submit(sample(`of-${user}`, { from, to: ['gone@far.example'] }))
  house.lineUp()
  await house.untilIdle()
  for (const user of Object.keys(senders)) {
    assert.equal(house.mbox(user).length, 1)
    assert.match(house.mbox(user)[0]?.octets.toString('latin1') ?? '', new RegExp(`^X-Letter: of-${user}\r$`, 'm'))
  }
  assert.deepEqual(house.isp.taken(), [])
})
