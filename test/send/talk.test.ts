import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reply } from '../../src/mail/reply.ts'
import { formatReply } from '../../src/mail/reply.ts'
import { openTalk } from '../../src/send/talk.ts'
import { fakeClock } from '../fake/clock.ts'
import { fakeWire } from '../fake/wire.ts'

function open() {
  const clock = fakeClock()
  const { wire, peer } = fakeWire({ host: 'smtp.isp.example', address: '192.0.2.1', port: 25, tls: 'off' })
  return { clock, wire, peer, talk: openTalk(wire, clock) }
}

const words = (reply: Reply | undefined): string => (reply ? formatReply(reply) : 'none')

test('replies go to those who expect them, in order', async () => {
  const { talk, peer } = open()
  const heard: string[] = []
  talk.expect('mail', (reply) => heard.push(`mail ${reply.code}`))
  talk.expect('rcpt', (reply) => heard.push(`rcpt ${reply.code}`))
  peer.write('250 Ok\r\n550 No\r\n')
  assert.equal(await talk.until(() => talk.pending() === 0), true)
  assert.deepEqual(heard, ['mail 250', 'rcpt 550'])
})

test('a server that is silent is left when patience ends, and not before', async () => {
  const { talk, clock, peer } = open()
  const asked = talk.ask('mail', 'MAIL FROM:<>\r\n')
  await clock.advance(299_000)
  assert.equal(talk.ending(), undefined)
  await clock.advance(1000)
  assert.equal(await asked, undefined)
  assert.equal(words(talk.ending()?.reply), '451 4.4.1 no reply (mail) for 300 s')
  assert.equal(talk.ending()?.sure, false)
  assert.equal(Buffer.from((await peer.read()) ?? []).toString(), 'MAIL FROM:<>\r\n')
  assert.equal(await peer.read(), undefined)
})

test('drops of a reply do not renew patience, but a whole one does', async () => {
  const { talk, clock, peer } = open()
  talk.expect('greeting', () => {})
  talk.expect('greeting', () => {})
  await clock.advance(100_000)
  peer.write('220 Hello\r\n')
  await clock.advance(100_000)
  assert.equal(talk.ending(), undefined)
  peer.write('220 Hel')
  await clock.advance(19_000)
  assert.equal(talk.ending(), undefined)
  await clock.advance(1000)
  assert.match(words(talk.ending()?.reply), /no reply \(greeting\) for 120 s/)
})

test('nobody is timed while nothing is expected', async () => {
  const { talk, clock } = open()
  await clock.advance(10_000_000)
  assert.equal(talk.ending(), undefined)
  assert.equal(clock.waiting(), 0)
})

test('a line that takes nothing is left', async () => {
  const clock = fakeClock()
  const { wire } = fakeWire({ host: 'smtp.isp.example', address: '192.0.2.1', port: 25, tls: 'off' })
  const talk = openTalk({ ...wire, write: () => new Promise(() => {}) }, clock)
  const writing = talk.write(Buffer.from('x'))
  await clock.advance(180_000)
  assert.equal(await writing, false)
  assert.equal(words(talk.ending()?.reply), '451 4.4.1 the line took nothing for 180 s')
})

test('a line that took blocks at once and stops is left after twenty seconds', async () => {
  const clock = fakeClock()
  const { wire } = fakeWire({ host: 'smtp.isp.example', address: '192.0.2.1', port: 25, tls: 'off' })
  let stalled = false
  const talk = openTalk({ ...wire, write: () => (stalled ? new Promise(() => {}) : clock.sleep(clock.elapsed() + 400)) }, clock)
  for (let block = 0; block < 5; block++) {
    const written = talk.write(Buffer.from('x'))
    await clock.advance(400)
    assert.equal(await written, true)
  }
  stalled = true
  const writing = talk.write(Buffer.from('x'))
  await clock.advance(19_000)
  assert.equal(talk.ending(), undefined)
  await clock.advance(1000)
  assert.equal(await writing, false)
  assert.equal(words(talk.ending()?.reply), '451 4.4.1 the line took nothing for 20 s')
})

test('a server that answered chunks at once and stops is left after twenty seconds, whose letter it cannot have', async () => {
  const { talk, clock, peer } = open()
  for (let chunk = 0; chunk < 5; chunk++) {
    const asked = talk.ask('chunk', 'BDAT 1\r\nx')
    await clock.advance(300)
    peer.write('250 Ok\r\n')
    assert.equal((await asked)?.code, 250)
  }
  const asked = talk.ask('chunk', 'BDAT 1\r\nx')
  await clock.advance(19_000)
  assert.equal(talk.ending(), undefined)
  await clock.advance(1000)
  assert.equal(await asked, undefined)
  assert.equal(words(talk.ending()?.reply), '451 4.4.1 no reply (chunk) for 20 s')
})

test('a handshake that does not end is left', async () => {
  const { talk, clock } = open()
  void talk.within('starttls', new Promise(() => {}))
  await clock.advance(120_000)
  assert.match(words(talk.ending()?.reply), /starttls/)
})

test('421 ends it for sure, and only who expects an end is told', async () => {
  for (const kind of ['mail', 'end'] as const) {
    const { talk, peer } = open()
    const told: number[] = []
    talk.expect(kind, ({ code }) => told.push(code))
    peer.write('421 4.3.2 Bye\r\n')
    const ending = await talk.over
    assert.deepEqual(ending, { reply: { code: 421, enhanced: '4.3.2', text: 'Bye' }, sure: true })
    assert.deepEqual(told, kind === 'end' ? [421] : [])
  }
})

test('a connection that ends lets everybody go, with its reason', async () => {
  const clock = fakeClock()
  const { wire } = fakeWire({ host: 'smtp.isp.example', address: '192.0.2.1', port: 25, tls: 'off' }, { breaksAt: 1, fault: 'ECONNRESET' })
  const talk = openTalk(wire, clock)
  talk.expect('greeting', () => {})
  const waiting = talk.until(() => false)
  await talk.write(Buffer.from('x'))
  assert.equal(await waiting, false)
  assert.equal(words(talk.ending()?.reply), '451 4.4.2 connection lost: ECONNRESET')
  assert.equal(await talk.write(Buffer.from('x')), false)
  assert.equal(clock.waiting(), 0)
})

test('stop lets writers and waiters go, and replies still come in until time is up', async () => {
  const { talk, clock, peer } = open()
  let answered = 0
  talk.expect('end', () => answered++)
  talk.expect('end', () => answered++)
  const waiting = talk.until(() => false)
  talk.stop()
  assert.equal(await waiting, false)
  assert.equal(await talk.write(Buffer.from('x')), false)
  const drained = talk.drain(clock.elapsed() + 500)
  peer.write('250 Ok\r\n')
  await clock.advance(499)
  assert.equal(answered, 1)
  assert.equal(talk.ending(), undefined)
  await clock.advance(1)
  await drained
})

test('what a server says in clear behind its 220 to STARTTLS is never believed', async () => {
  const { talk, peer } = open()
  const asked = talk.ask('starttls', 'STARTTLS\r\n')
  peer.write('220 Go\r\n250-AUTH PLAIN\r\n250 injected\r\n250-half')
  assert.equal((await asked)?.code, 220)
  talk.trustAgain()
  const hello = talk.ask('hello', 'EHLO x\r\n')
  peer.write('250 clean\r\n')
  assert.equal((await hello)?.text, 'clean')
})
