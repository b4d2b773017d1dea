import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boxTables } from './hub.ts'
import { openHouse } from './house.ts'
import { sample } from './letters.ts'

test('a letter over the limit stays there, one note tells of it, and fetch brings it', async (t) => {
  const house = await openHouse(t, { tables: ({ near }) => boxTables(near.pop3, { limit: '10KB' }) })
  const big = sample('big', { from: 'boss@far.example', to: ['eddy.younger@isp.example'], size: 50_000 })
  house.isp.pop3.put('eddyy', big.octets)
  house.isp.pop3.put('eddyy', sample('small', { from: 'boss@far.example', to: ['eddy.younger@isp.example'] }).octets)
  house.lineUp()
  await house.until('note and small letter are there', () => house.mbox('eddy').length === 2)
  const note = house
    .mbox('eddy')
    .map(({ octets }) => octets.toString('latin1'))
    .find((text) => text.includes('fetch'))
  const uidl = house.isp.pop3.box('eddyy')[0]?.uidl ?? ''
  assert.match(note ?? '', /big/, 'it names the subject')
  assert.match(note ?? '', /boss@far\.example/, 'and who wrote it')
  assert.match(note ?? '', new RegExp(`fetch work ${uidl}`), 'and says what to type')
  assert.doesNotMatch(note ?? '', /^This is big\./m, 'the letter itself is not in it')
  assert.equal(house.isp.pop3.box('eddyy').length, 1)

  const preview = await house.command('preview', 'work')
  assert.ok(preview.said.join('\n').includes(uidl))
  const polls = (): number => house.lines.filter(({ event, text }) => event === 'collected' && text.startsWith('work')).length
  const before = polls()
  assert.equal((await house.command('poll', 'work')).code, 0)
  await house.until('it was looked at again', () => polls() > before)
  assert.equal(house.mbox('eddy').length, 2, 'one note is enough')

  assert.equal((await house.command('fetch', 'work', uidl)).code, 0)
  await house.until('the letter is there', () => house.mail().some(({ name, body }) => name === 'big' && body.length > 50_000))
  await house.untilIdle()
  assert.equal(house.mbox('eddy').length, 3)
})
