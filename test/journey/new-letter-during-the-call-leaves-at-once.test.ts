import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openHouse } from './house.ts'
import { sample } from './letters.ts'

test('a letter that is handed in while the line is up and idle is at the smarthost within a second', async (t) => {
  const house = await openHouse(t)
  house.lineUp()
  await house.until('the boxes have been emptied', () => house.lines.filter(({ event }) => event === 'collected').length === 2)
  for (const name of ['one', 'two']) {
    await house.submit(sample(name, { to: ['linda@far.example'] }))
    const from = performance.now()
    await house.until('it is there', () => house.isp.taken().some((letter) => letter.name === name))
    assert.ok(performance.now() - from < 1000)
  }
})
