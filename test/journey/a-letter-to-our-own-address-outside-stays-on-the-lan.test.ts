import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openHouse } from './house.ts'
import { sample } from './letters.ts'

test('what we are called outside, and what lies in our own box at the ISP, costs no line', async (t) => {
  const house = await openHouse(t, {})
  const own = { eddy: 'eddy.younger@isp.example', keith: 'keith@shofar.isp.example' }
  for (const [user, to] of Object.entries(own)) await house.submit(sample(`to-${user}`, { from: 'root@moriah.shire.lan', to: [to] }))
  await house.submit(sample('to-a-stranger', { from: 'eddy@shire.lan', to: ['linda@far.example', ...Object.values(own)] }))
  house.lineUp()
  await house.untilIdle()
  for (const user of Object.keys(own)) assert.equal(house.mbox(user).length, 2, user)
  assert.equal(house.isp.taken().length, 1, 'the stranger’s alone')
})
