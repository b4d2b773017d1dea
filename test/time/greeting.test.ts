import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { mailDate } from '../../src/mail/date.ts'
import { timeIn } from '../../src/time/greeting.ts'

const since = Date.UTC(2026, 10, 1)

const rows: readonly (readonly [string, string | undefined])[] = [
  ['220 smtp.isp.example ESMTP Exim 4.96 Wed, 25 Nov 2026 12:30:05 +0000', '2026-11-25T12:30:05.000Z'],
  ['220 smtp.isp.example ESMTP Sendmail 8.17.1.9/8.17.1.9/Debian-2; Wed, 25 Nov 2026 14:30:05 +0200; (No UCE)', '2026-11-25T12:30:05.000Z'],
  ['220 smtp.isp.example ESMTP; Wed, 25 Nov 2026 07:00:05 -0530 (XXX)', '2026-11-25T12:30:05.000Z'],
  ['220 smtp.isp.example Microsoft ESMTP MAIL Service ready at Wed, 25 Nov 2026 12:30 GMT', '2026-11-25T12:30:00.000Z'],
  ['+OK POP3 server ready <1896.1795609805@pop.isp.example>', '2026-11-25T12:30:05.000Z'],
  ['+OK <4711.1795609805.123456@pop.isp.example>', '2026-11-25T12:30:05.000Z'],
  ['220 smtp.isp.example ESMTP Postfix (Debian)', undefined],
  ['220 smtp.isp.example ESMTP; Wed, 25 Nov 2026 12:30:05 EST', undefined],
  ['220 smtp.isp.example ESMTP; Wed, 31 Nov 2026 12:30:05 +0000', undefined],
  ['220 smtp.isp.example ESMTP; Wed, 25 Nox 2026 12:30:05 +0000', undefined],
  ['220 smtp.isp.example ESMTP; Wed, 25 Nov 2026 25:30:05 +0000', undefined],
  ['220 smtp.isp.example ESMTP; Thu, 01 Jan 1970 00:01:05 +0000', undefined],
  ['220 smtp.isp.example ESMTP; Sat, 31 Oct 2026 23:59:59 +0000', undefined],
  ['220 smtp.isp.example ESMTP; Sat, 25 Nov 2096 12:30:05 +0000', undefined],
  ['+OK <1896.697170952@dbc.mtview.ca.us>', undefined],
  ['+OK Dovecot ready. <1f4.1.6567a1b2.QmFzZTY0=@pop.isp.example>', undefined],
  ['+OK <1795609805.4711@pop.isp.example>', undefined],
  ['', undefined],
]
for (const [greeting, time] of rows)
  test(`${greeting || 'nothing'}: ${time ?? 'tells no time'}`, () => {
    const found = timeIn(greeting, since)
    assert.equal(found === undefined ? undefined : new Date(found).toISOString(), time)
  })

test('a date as we write it ourselves is read to the second', () => {
  fc.assert(
    fc.property(fc.integer({ min: since / 1000, max: since / 1000 + 15 * 365 * 86_400 }), (seconds) => {
      assert.equal(timeIn(`220 x ESMTP ${mailDate(seconds * 1000)}`, since), seconds * 1000)
    }),
  )
})

test('any greeting tells a time that can be, or none', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (greeting) => {
      const time = timeIn(greeting, since)
      assert.ok(time === undefined || time >= since)
    }),
  )
})
