import assert from 'node:assert/strict'
import { createHook } from 'node:async_hooks'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { fakeClock } from '../fake/clock.ts'
import type { Caller } from './caller.ts'
import { call } from './caller.ts'
import { openDoor } from './door.ts'

const minute = 60_000
const envelope = 'MAIL FROM:<keith@shire.lan>\r\nRCPT TO:<eddy@shire.lan>\r\nDATA\r\n'

test('it greets at once', async () => {
  await using house = await openDoor()
  const waits: number[] = []
  for (let i = 0; i < 5; i++) {
    const began = performance.now()
    const caller = await call(house.port)
    waits.push(performance.now() - began)
    await caller.end()
  }
  assert.ok(Math.min(...waits) < 90, `the quickest of five greetings took ${Math.min(...waits)} ms`)
})

test('it asks no name server for anything', async () => {
  const asked: string[] = []
  const hook = createHook({
    init(_id, type) {
      if (/^(QUERYWRAP|GETADDRINFOREQWRAP|GETNAMEINFOREQWRAP)$/.test(type)) asked.push(type)
    },
  }).enable()
  try {
    await using house = await openDoor()
    const caller = await call(house.port)
    await caller.ask('EHLO herring.shire.lan')
    assert.match((await letter(caller)) ?? '', /^250 /)
    await caller.end()
  } finally {
    hook.disable()
  }
  assert.deepEqual(asked, [])
})

test('a burst of commands is answered in one segment', async () => {
  await using house = await openDoor()
  const socket = connect(house.port, '127.0.0.1')
  const segments: string[] = []
  const answered = new Promise<void>((done) =>
    socket.on('data', (octets) => {
      segments.push(octets.toString())
      if (segments.length === 1) socket.write(`EHLO herring\r\nNOOP\r\nVRFY x\r\nRSET\r\n${envelope}`)
      if (octets.includes('354')) done()
    }),
  )
  await answered
  assert.equal(segments.length, 2)
  assert.equal(segments[1]?.split('\r\n').filter((line) => /^\d{3} /.test(line)).length, 7)
  socket.destroy()
})

test('the promise changes hands before the reply leaves', async () => {
  await using house = await openDoor()
  const caller = await call(house.port)
  await caller.ask('EHLO herring')
  await letter(caller)
  await caller.end()
  assert.deepEqual(
    house.log.filter(({ level }) => level === 'debug').map(({ event }) => event),
    ['data-begun', 'data-ended', 'accepted-250', 'replied'],
  )
})

test('whoever is one too many is told to come back', async () => {
  await using house = await openDoor({ maxClients: 2 })
  const [one, two] = [await call(house.port), await call(house.port)]
  const three = connect(house.port, '127.0.0.1')
  const heard = await new Promise<string>((resolve) => three.once('data', (octets) => resolve(octets.toString())))
  assert.match(heard, /^421 4\.3\.2 /)
  await one.end()
  await two.end()
  three.destroy()
})

test('when it closes, a letter under way comes to its end, and idle clients are sent away', async () => {
  const house = await openDoor()
  const [writer, idler] = [await call(house.port), await call(house.port)]
  await writer.ask('EHLO herring')
  writer.say(`${envelope}Subject: last\r\n\r\n`)
  for (let replies = 0; replies < 3; replies++) await writer.hear()
  const closed = house.door.close()
  assert.match((await idler.hear()) ?? '', /^421 4\.3\.2 /)
  writer.say('goodbye\r\n.\r\n')
  assert.match((await writer.hear()) ?? '', /^250 2\.0\.0 /)
  assert.match((await writer.hear()) ?? '', /^421 4\.3\.2 /)
  assert.equal(await writer.hear(), undefined)
  await closed
  assert.equal(house.intakes.kept.length, 1)
  assert.equal(house.door.sessions(), 0)
  await assert.rejects(once(connect(house.port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' })
})

test('when it closes, a letter that does not come to its end is discarded', async () => {
  const clock = fakeClock()
  const house = await openDoor({ clock })
  const caller = await call(house.port)
  await caller.ask('EHLO herring')
  caller.say(`${envelope}Subject: never\r\n`)
  for (let replies = 0; replies < 3; replies++) await caller.hear()
  const closed = house.door.close()
  await clock.advance(5000)
  await closed
  assert.deepEqual([house.intakes.kept.length, house.intakes.discarded.length], [0, 1])
  await caller.end()
})

test('a client that says nothing is sent away after five minutes', async () => {
  const clock = fakeClock()
  await using house = await openDoor({ clock })
  const caller = await call(house.port)
  await clock.advance(5 * minute)
  assert.match((await caller.hear()) ?? '', /^421 4\.4\.2 .*no command within five minutes$/)
  await caller.end()
})

test('a client that sends an octet a minute is sent away, in a command and in a letter', async () => {
  const clock = fakeClock()
  await using house = await openDoor({ clock })
  const [talker, writer] = [await call(house.port), await call(house.port)]
  await writer.ask('EHLO herring')
  writer.say(envelope)
  for (let replies = 0; replies < 3; replies++) await writer.hear()
  for (let i = 0; i < 5; i++) {
    talker.say('N')
    writer.say('x')
    await clock.advance(59_000)
  }
  await clock.advance(10_000)
  assert.match((await talker.hear()) ?? '', /^421 4\.4\.2 /)
  assert.match((await writer.hear()) ?? '', /^421 4\.4\.2 .*too slowly$/)
  await talker.end()
  await writer.end()
  await eventually(() => house.intakes.discarded.length === 1)
})

test('octets received are counted for whoever collects the garbage', async () => {
  let relieved = 0
  await using house = await openDoor({ maxMessage: 10_000_000, relieve: (octets) => (relieved += octets) })
  const caller = await call(house.port)
  await caller.ask('EHLO herring')
  await letter(caller, `${'x'.repeat(70)}\r\n`.repeat(40_000))
  await caller.end()
  assert.ok(relieved >= 72 * 40_000)
})

test('a port that is taken is an error, and the other one is given back', async () => {
  await using house = await openDoor()
  await assert.rejects(
    openDoor({
      listen: [
        { host: '127.0.0.1', port: 0 },
        { host: '127.0.0.1', port: house.port },
      ],
    }),
    { code: 'EADDRINUSE' },
  )
})

test('a domain is named by ETRN', async () => {
  await using house = await openDoor()
  const caller = await call(house.port)
  await caller.ask('EHLO herring')
  await caller.ask('ETRN Far.Example')
  await caller.end()
  assert.deepEqual(house.etrns, ['far.example'])
})

async function letter(caller: Caller, body = 'hello\r\n'): Promise<string | undefined> {
  caller.say(envelope)
  for (let replies = 0; replies < 3; replies++) await caller.hear()
  caller.say(`Subject: x\r\n\r\n${body}.\r\n`)
  return caller.hear()
}

/** Waits for what must come about, by turns of the event loop. */
async function eventually(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((done) => setImmediate(done))
}
