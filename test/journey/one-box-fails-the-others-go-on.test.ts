import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boxPasswords, boxTables, smarthostTable } from './hub.ts'
import { openHouse } from './house.ts'
import { sample } from './letters.ts'

const letter = sample('for-keith', { from: 'boss@far.example', to: ['keith@shofar.isp.example'] })

test("one box's wrong password stops neither the other box nor what leaves, and is told of once", async (t) => {
  const house = await openHouse(t, { isp: { passwords: new Map([...boxPasswords, ['eddyy', 'changed']]) } })
  house.isp.pop3.put('shofar', letter.octets)
  house.isp.pop3.put('eddyy', sample('for-eddy', { to: ['eddy.younger@isp.example'] }).octets)
  await house.submit(sample('out', { to: ['linda@far.example'] }))
  house.lineUp()
  await house.until('all that can move has moved', () => house.mail().length === 1 && house.isp.taken().length === 1)
  assert.equal(house.mail()[0]?.name, 'for-keith')
  await house.until('it is said', () => house.said('collect-login') !== undefined)
  assert.match(house.said('collect-login')?.text ?? '', /password_file/)
  assert.doesNotMatch(JSON.stringify(house.lines), /sesame|changed/, 'no password in the log')
  assert.match((await house.status()).boxes.find(({ name }) => name === 'work')?.words ?? '', /wrong user or password/)
  assert.equal(house.isp.pop3.box('eddyy').length, 1)
})

test('a server that is not there stops neither', async (t) => {
  const house = await openHouse(t, {
    tables: ({ near }) => smarthostTable(near.smarthost) + boxTables(near.pop3).replace(`port = ${near.pop3}`, 'port = 1'),
  })
  house.isp.pop3.put('shofar', letter.octets)
  await house.submit(sample('out', { to: ['linda@far.example'] }))
  house.lineUp()
  await house.until('all that can move has moved', () => house.mail().length === 1 && house.isp.taken().length === 1)
  await house.until('it is said', () => house.said('collect-failed') !== undefined)
  assert.match(house.said('collect-failed')?.text ?? '', /^work: .*ECONNREFUSED/)
})
