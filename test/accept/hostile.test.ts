/** Clients that mean harm: whatever they send, the answer is clear and what is held in memory is bounded. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Caller } from './caller.ts'
import { call } from './caller.ts'
import type { TestDoor } from './door.ts'
import { openDoor } from './door.ts'

const envelope = 'MAIL FROM:<keith@shire.lan>\r\nRCPT TO:<eddy@shire.lan>\r\nDATA\r\n'
/** Two socket reads, and the replies to one. */
const bound = 256 * 1024

test('of ten thousand recipients a thousand are taken, the others are for the next letter', { timeout: 60_000 }, async () => {
  await using house = await openDoor()
  const caller = await greeted(house)
  caller.say('MAIL FROM:<keith@shire.lan>\r\n')
  await caller.hear()
  caller.say(Array.from({ length: 10_000 }, (_, i) => `RCPT TO:<u${i}@far.example>\r\n`).join(''))
  const answers = new Map<string, number>()
  for (let i = 0; i < 10_000; i++) {
    const answer = (await caller.hear()) ?? ''
    answers.set(answer, (answers.get(answer) ?? 0) + 1)
  }
  assert.deepEqual(
    [...answers],
    [
      ['250 2.1.5 Recipient ok', 1000],
      ['452 4.5.3 Too many recipients for one letter', 9000],
    ],
  )
  assert.equal(house.router.calls(), 1000)
  await caller.ask('DATA')
  caller.say('Subject: x\r\n\r\n.\r\n')
  assert.match((await caller.hear()) ?? '', /^250 /)
  assert.equal(house.intakes.kept[0]?.draft.copies.length, 1000)
  await caller.end()
})

test('a thousand times the same list costs no more than the list', async () => {
  const users = Array.from({ length: 200 }, (_, i) => `u${i}`)
  await using house = await openDoor({
    router: {
      isLocal: () => true,
      route: async ({ address }, from) => ({
        kind: 'copies',
        rules: [],
        copies: users.map((user) => ({ from, recipient: address, to: { courier: 'mailbox', user } })),
      }),
    },
  })
  const caller = await greeted(house)
  caller.say('MAIL FROM:<keith@shire.lan>\r\n')
  await caller.hear()
  caller.say('RCPT TO:<list@shire.lan>\r\n'.repeat(1000))
  for (let i = 0; i < 1000; i++) await caller.hear()
  await caller.ask('DATA')
  caller.say('.\r\n')
  await caller.hear()
  assert.equal(house.intakes.kept[0]?.draft.copies.length, 200)
  await caller.end()
})

test('a header line of a megabyte is refused, and nothing of it is written', async () => {
  await using house = await openDoor({ maxMessage: 10_000_000 })
  const caller = await greeted(house)
  caller.say(envelope)
  for (let i = 0; i < 3; i++) await caller.hear()
  caller.say(`Subject: ${'x'.repeat(1_000_000)}\r\n\r\nbody\r\n.\r\n`)
  assert.match((await caller.hear()) ?? '', /^552 5\.3\.4 Header is larger than 262144 octets$/)
  assert.equal(house.intakes.written(), 0)
  assert.match((await caller.ask('NOOP')) ?? '', /^250 /)
  await caller.end()
})

test('a disk that is slow slows the client down, and nothing heaps up', { timeout: 60_000 }, async () => {
  await using house = await openDoor({ maxMessage: 100_000_000 })
  const caller = await greeted(house)
  caller.say(envelope)
  for (let i = 0; i < 3; i++) await caller.hear()
  const release = house.intakes.hold()
  const body = `${'x'.repeat(1022)}\r\n`.repeat(32 * 1024)
  caller.say(`Subject: big\r\n\r\n${body}.\r\n`)
  const watched = watch(house)
  for (let turns = 0; turns < 500; turns++) await turn()
  assert.equal(house.intakes.written(), 0)
  assert.ok(caller.socket.writableLength > 0, 'the client should be held up')
  release()
  assert.match((await caller.hear()) ?? '', /^250 /)
  assert.ok(watched.most() <= bound, `${watched.most()} octets were held`)
  assert.ok((house.intakes.kept[0]?.content.length ?? 0) > body.length)
  await caller.end()
})

test('a client that reads no replies is not read from either', { timeout: 60_000 }, async () => {
  await using house = await openDoor()
  const caller = await greeted(house)
  caller.socket.pause()
  const watched = watch(house)
  caller.say(`EHLO ${'h'.repeat(250)}\r\n`.repeat(19_000))
  for (let turns = 0; turns < 2000; turns++) await turn()
  assert.ok(watched.most() <= bound, `${watched.most()} octets were held`)
  await caller.end()
})

test('a session of nothing but commands comes to an end', { timeout: 60_000 }, async () => {
  await using house = await openDoor()
  const caller = await greeted(house)
  caller.say('NOOP\r\n'.repeat(20_001))
  let last: string | undefined
  for (let reply = await caller.hear(); reply !== undefined; reply = await caller.hear()) last = reply
  assert.equal(last, '421 4.7.0 Too many commands and no letter')
})

test('a client that vanishes leaves nothing behind, wherever it was', async () => {
  await using house = await openDoor()
  for (const said of [
    '',
    'MAIL FROM:<keith@sh',
    envelope,
    `${envelope}Subject: x\r\n\r\nhalf a li`,
    envelope.replace('DATA', 'BDAT 500') + 'part of it',
  ]) {
    const caller = await greeted(house)
    caller.say(said)
    await turn()
    await caller.end()
  }
  while (house.door.sessions() > 0) await turn()
  assert.equal(house.intakes.kept.length, 0)
  assert.equal(house.intakes.discarded.length, house.log.filter(({ event }) => event === 'data-begun').length)
})

test('random octets are answered or dropped, and the door stays open', async () => {
  await using house = await openDoor()
  for (let seed = 1; seed <= 20; seed++) {
    const caller = await call(house.port)
    caller.socket.write(noise(seed, 20_000))
    caller.socket.end()
    while ((await caller.hear()) !== undefined);
  }
  const caller = await greeted(house)
  assert.match((await caller.ask('NOOP')) ?? '', /^250 /)
  await caller.end()
})

async function greeted(house: TestDoor): Promise<Caller> {
  const caller = await call(house.port)
  await caller.ask('EHLO herring')
  return caller
}

/** The most octets that the door held at any turn of the event loop. */
function watch(house: TestDoor): { most(): number } {
  let most = 0
  const look = (): void => {
    most = Math.max(most, house.door.buffered())
    if (house.door.sessions() > 0) setImmediate(look)
  }
  look()
  return { most: () => most }
}

function turn(): Promise<void> {
  return new Promise((done) => setImmediate(done))
}

/** Octets that look like nothing, with line ends among them; the same for the same seed. */
function noise(seed: number, length: number): Buffer {
  let state = seed
  return Buffer.from(
    Array.from({ length }, () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31
      return state % 40 === 0 ? 0x0a : (state >> 8) & 0xff
    }),
  )
}
