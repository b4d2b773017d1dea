import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openHouse } from './house.ts'
import { sample } from './letters.ts'

test("each member gets a list's letter once, however many copies lie in the box, next to each other or a call apart", async (t) => {
  const house = await openHouse(t)
  const copy = (name: string, member: string): Buffer =>
    Buffer.from(
      `Received: from lists.example by pop.shofar.isp.example with ESMTP id ${name}${member}\r\n\tfor <${member}@shofar.isp.example>; Sun, 22 Nov 2026 09:30:00 +0000\r\n${sample(name, { from: 'someone@far.example', to: ['nelug@lists.example'] }).octets.toString('latin1')}`,
      'latin1',
    )
  const put = (name: string, ...members: readonly string[]): void => {
    for (const member of members) house.isp.pop3.put('shofar', copy(name, member))
  }
  put('monday', 'nelug', 'nelug', 'keith')
  put('tuesday', 'keith')
  put('monday', 'nelug', 'root', 'keith')
  house.lineUp()
  await house.untilIdle()
  house.lineDown()
  await house.until('the call has ended', () => house.said('line-down') !== undefined)
  put('monday', 'keith', 'nelug')
  put('wednesday', 'nelug')
  house.lineUp()
  await house.untilIdle()
  assert.deepEqual(
    house
      .mail()
      .map(({ to, name }) => `${to} ${name}`)
      .toSorted(),
    ['eddy monday', 'eddy wednesday', 'keith monday', 'keith tuesday', 'root monday'],
  )
})
