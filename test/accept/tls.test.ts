/** STARTTLS (RFC 3207), with a certificate made for the occasion. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect as secure } from 'node:tls'
import { pem } from '../fake/certificate.ts'
import type { Caller } from './caller.ts'
import { call, callerOn } from './caller.ts'
import { openDoor } from './door.ts'

const tls = { key: pem.key, cert: pem.server }

test('a letter comes in under TLS, and Received says so', async () => {
  await using house = await openDoor({ tls })
  const plain = await call(house.port)
  assert.match((await plain.ask('EHLO herring')) ?? '', /^250-STARTTLS\r$/m)
  assert.equal(await plain.ask('STARTTLS'), '220 2.0.0 Ready to start TLS')
  const caller = await secured(plain)
  assert.match((await caller.ask('MAIL FROM:<keith@shire.lan>')) ?? '', /^503 /)
  assert.doesNotMatch((await caller.ask('EHLO herring')) ?? '', /STARTTLS/)
  await caller.ask('MAIL FROM:<keith@shire.lan>')
  await caller.ask('RCPT TO:<eddy@shire.lan>')
  await caller.ask('DATA')
  caller.say('Subject: secret\r\n\r\n.\r\n')
  assert.match((await caller.hear()) ?? '', /^250 2\.0\.0 /)
  await caller.end()
  assert.match(house.intakes.kept[0]?.content.toString() ?? '', / with ESMTPS id 4F1\r\n/)
})

test('what was said in the clear behind STARTTLS is never heard, and what was said before is forgotten', async () => {
  await using house = await openDoor({ tls })
  const plain = await call(house.port)
  await plain.ask('EHLO herring')
  await plain.ask('MAIL FROM:<forged@shire.lan>')
  plain.say('STARTTLS\r\nRCPT TO:<eddy@shire.lan>\r\nNOOP\r\nVRFY forged\r\n')
  assert.match((await plain.hear()) ?? '', /^220 /)
  const caller = await secured(plain)
  await caller.ask('EHLO herring')
  assert.match((await caller.ask('RCPT TO:<eddy@shire.lan>')) ?? '', /^503 5\.5\.1 Need MAIL/)
  assert.match((await caller.ask('EXPN x')) ?? '', /^502 /)
  assert.equal(house.router.calls(), 0)
  await caller.end()
})

test('the certificate is ours, not the public one of the package', async () => {
  await using house = await openDoor({ tls })
  const plain = await call(house.port)
  await plain.ask('EHLO herring')
  await plain.ask('STARTTLS')
  const socket = secure({ socket: plain.socket, ca: pem.authority, servername: 'moriah.shire.lan' })
  await new Promise((done, failed) => socket.once('secureConnect', done).once('error', failed))
  assert.equal(socket.authorized, true)
  socket.destroy()
})

test('a client that speaks no TLS after STARTTLS is dropped, and the door stays open', async () => {
  await using house = await openDoor({ tls })
  const plain = await call(house.port)
  await plain.ask('EHLO herring')
  await plain.ask('STARTTLS')
  plain.say('EHLO again\r\n')
  assert.equal(await plain.hear(), undefined)
  const other = await call(house.port)
  assert.match((await other.ask('NOOP')) ?? '', /^250 /)
  await other.end()
})

async function secured(plain: Caller): Promise<Caller> {
  plain.socket.removeAllListeners('data').removeAllListeners('readable')
  const socket = secure({ socket: plain.socket, rejectUnauthorized: false })
  await new Promise((done, failed) => socket.once('secureConnect', done).once('error', failed))
  return callerOn(socket)
}
