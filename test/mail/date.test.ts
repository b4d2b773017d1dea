import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ctime, mailDate, stampDate } from '../../src/mail/date.ts'

test('a mail date is the moment it came from, in the zone it names', () => {
  const wall = Date.UTC(2000, 5, 3, 19, 58, 31)
  const written = mailDate(wall)
  assert.match(written, /^(Sun|Mon|Tue|Wed|Thu|Fri|Sat), \d{1,2} Jun 2000 \d\d:\d\d:31 [+-]\d{4}$/)
  assert.equal(Date.parse(written), wall)
})

test('the date of a box that does not know the time is still a date', () => {
  assert.equal(Date.parse(mailDate(0)), 0)
})

test('a stamp says when it is a guess', () => {
  assert.equal(stampDate(0, true), mailDate(0))
  assert.equal(stampDate(0, false), `${mailDate(0)} (clock not set)`)
})

test('ctime is 24 characters, the day padded by a blank', () => {
  const wall = new Date(2000, 5, 3, 20, 58, 31).getTime()
  assert.equal(ctime(wall), 'Sat Jun  3 20:58:31 2000')
  assert.equal(ctime(new Date(2000, 11, 13, 1, 2, 3).getTime()), 'Wed Dec 13 01:02:03 2000')
})
