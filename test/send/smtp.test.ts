import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { events } from '../../src/log/events.ts'
import type { Letter } from '../../src/queue/courier.ts'
import { type SmarthostOptions, smarthost } from '../../src/send/smarthost.ts'
import { fakeClock } from '../fake/clock.ts'
import { type FakeLetter, type FakeLoad, type FakeLoadOptions, fakeLetter, fakeLoad } from '../fake/load.ts'
import { fakeConnect, type Peer } from '../fake/wire.ts'

const blind = '250-mail\r\n250-PIPELINING\r\n250 CHUNKING\r\n'
const grouping = '250-mail\r\n250 PIPELINING\r\n'

type Scene = {
  readonly load: FakeLoad
  readonly peer: Peer
  /** Everything the client has said since EHLO. */
  heard(): string
  /** Says replies, and lets everybody do what follows from them. */
  say(...replies: string[]): Promise<void>
  readonly done: Promise<void>
  readonly instants: string[]
}

/** A client before a server that says only what the test says. */
async function scene(
  letters: readonly (Letter | FakeLetter)[],
  hello: string,
  options: FakeLoadOptions & Partial<SmarthostOptions> = {},
): Promise<Scene> {
  const load = fakeLoad(
    letters.map((letter) => ('message' in letter ? letter : fakeLetter(letter))),
    options,
  )
  const opened = Promise.withResolvers<Peer>()
  const instants: string[] = []
  let heard = ''
  const courier = smarthost({
    hosts: [{ host: 'smtp.isp.example', port: 25, tls: 'off' }],
    resolve: async () => ({ kind: 'found', addresses: ['192.0.2.1'] }),
    connect: fakeConnect(async (peer) => {
      opened.resolve(peer)
      for (let octets = await peer.read(); octets; octets = await peer.read()) heard += Buffer.from(octets).toString('latin1')
    }),
    masquerade: undefined,
    hostname: 'moriah.shire.lan',
    clock: fakeClock(),
    log: events(({ event }) => instants.push(event)),
    ...options,
  })
  const done = courier.carry(load, new AbortController().signal)
  const peer = await opened.promise
  const say = async (...replies: string[]): Promise<void> => {
    peer.write(replies.map((reply) => `${reply}\r\n`).join(''))
    await turns()
  }
  await turns()
  await say('220 mail')
  heard = ''
  peer.write(hello)
  await turns()
  return { load, peer, heard: () => heard, say, done, instants }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await new Promise((next) => setImmediate(next))
}

const count = (text: string, part: string): number => text.split(part).length - 1
const large = (id: string, octets: number) => ({ id, to: ['frodo@a.example'], content: `Subject: x\r\n\r\n${'y'.repeat(octets - 16)}\r\n` })

describe('a large letter where CHUNKING is offered', () => {
  test('goes no further than the window until something is answered', async () => {
    const { heard, say, done, load } = await scene([large('1', 100_000)], blind)
    assert.equal(count(heard(), 'BDAT 8192\r\n'), 4)
    await say('250 mail', '250 rcpt')
    assert.equal(count(heard(), 'BDAT'), 4)
    await say('250 chunk')
    assert.equal(count(heard(), 'BDAT'), 5)
    for (let chunk = 1; chunk < 12; chunk++) await say('250 chunk')
    assert.equal(count(heard(), 'BDAT 8192\r\n'), 12)
    assert.ok(heard().includes('BDAT 1696 LAST\r\n'))
    await say('250 end')
    await done
    assert.equal(load.lines()[0], '1 frodo@a.example accepted 250 end')
  })

  test('stops when nobody is to have it, and the next one goes', async () => {
    const { heard, say, done, load } = await scene([large('1', 1_000_000), { id: '2', to: ['sam@a.example'] }], blind)
    await say('250 mail', '550 rcpt')
    await say('503 chunk', '503 chunk', '503 chunk', '503 chunk')
    assert.ok(heard().length < 40_000)
    assert.ok(heard().includes('RSET\r\nMAIL FROM:<eddy@shire.lan>\r\nRCPT TO:<sam@a.example>\r\n'))
    await say('250 rset', '250 mail', '250 rcpt', '250 end')
    await done
    assert.deepEqual(load.lines(), ['1 frodo@a.example refused 550 rcpt', '2 sam@a.example accepted 250 end'])
  })

  test('stops at the first chunk that is refused', async () => {
    const { heard, say, done, load } = await scene([large('1', 1_000_000)], blind)
    await say('250 mail', '250 rcpt', '552 too much')
    assert.ok(heard().length < 50_000)
    await say('503 chunk', '503 chunk', '503 chunk')
    await done
    assert.deepEqual(load.lines(), ['1 frodo@a.example refused 552 too much'])
    assert.ok(heard().endsWith('QUIT\r\n'))
  })
})

test('no more of a letter is read than the window lets out', async () => {
  let read = 0
  const letter = fakeLetter(large('1', 3_000_000))
  const content = async function* (from?: number): AsyncGenerator<Uint8Array> {
    for await (const octets of letter.content(from)) {
      read += octets.length
      yield octets
    }
  }
  await scene([{ ...letter, content }], blind)
  assert.ok(read > 32 * 1024 && read < 250_000, `${read} octets were read`)
})

describe('small letters where CHUNKING is offered', () => {
  const many = Array.from({ length: 40 }, (_, at) => ({ id: String(at), to: ['frodo@a.example'] }))

  test('no more than a window waits for an answer', async () => {
    const { heard, say } = await scene(many, blind)
    assert.equal(count(heard(), ' LAST'), 24)
    await say('250 mail', '250 rcpt', '250 end')
    assert.equal(count(heard(), ' LAST'), 25)
  })

  test('one flush serves eight of them', async () => {
    const { load } = await scene(many, blind)
    assert.deepEqual(
      load.noted.map(({ deliveries }) => deliveries.length),
      [8, 8, 8, 8],
    )
  })

  test('letters that come meanwhile leave over the same connection', async () => {
    const { load, say, done, heard } = await scene([{ id: '1', to: ['frodo@a.example'] }], blind)
    load.add(fakeLetter({ id: '2', to: ['sam@a.example'] }))
    await say('250 mail', '250 rcpt', '250 end')
    assert.match(heard(), /RCPT TO:<sam/)
    await say('250 rset', '250 mail', '250 rcpt', '250 end')
    await done
    assert.deepEqual(load.lines(), ['1 frodo@a.example accepted 250 end', '2 sam@a.example accepted 250 end'])
  })
})

for (const [how, hello] of [
  ['in chunks', blind],
  ['by DATA', grouping],
] as const) {
  test(`${how}: the end of a letter waits for its note, and nothing before does`, async () => {
    const flush = Promise.withResolvers<void>()
    const { heard, say, instants } = await scene([large('1', 10_000)], hello, { flush: () => flush.promise })
    await say('250 mail', '250 rcpt', ...(hello === grouping ? ['354 go on'] : []))
    assert.ok(heard().length > 8000)
    assert.doesNotMatch(heard(), / LAST|\r\n\.\r\n/)
    assert.ok(!instants.includes('dot-sent'))
    flush.resolve()
    await turns()
    assert.match(heard(), / LAST|\r\n\.\r\n/)
    assert.deepEqual(
      instants.filter((event) => event.endsWith('-sent')),
      ['mail-sent', 'dot-sent'],
    )
  })

  test(`${how}: a note that cannot be written keeps the letter here`, async () => {
    const { heard, say, done, load } = await scene([{ id: '1', to: ['frodo@a.example'] }], hello, { failsAt: 1 })
    if (hello === grouping) await say('250 mail', '250 rcpt', '354 go on')
    await done
    assert.doesNotMatch(heard(), / LAST|\r\n\.\r\n/)
    assert.deepEqual(load.lines(), ['1 frodo@a.example deferred 451 4.3.0 the disk is full'])
  })

  test(`${how}: a letter that can no longer be read is deferred, and the one behind it goes`, async () => {
    const torn: Letter = {
      ...fakeLetter({ id: '1', to: ['frodo@a.example'] }),
      async *content(from = 0) {
        if (from > 0) throw new Error('EIO')
        yield Buffer.from('Subject: x\r\n\r\n')
      },
    }
    const { load, say, heard } = await scene([torn, { id: '2', to: ['sam@a.example'] }], hello)
    if (hello === grouping) await say('250 mail', '250 rcpt', '354 go on')
    await turns()
    assert.doesNotMatch(heard(), /Subject: x\r\n\r\n\.\r\n/)
    assert.equal(load.lines()[0], '1 frodo@a.example deferred 451 4.3.0 EIO')
    if (hello === blind) assert.ok(heard().includes('RCPT TO:<sam@a.example>'))
  })
}

test('bodies are read while the line is busy, header first: the next envelope is ready when the dot goes', async () => {
  const { heard, say } = await scene(
    [
      { id: '1', to: ['frodo@a.example'] },
      { id: '2', to: ['sam@a.example'] },
    ],
    grouping,
  )
  await say('250 mail', '250 rcpt', '354 go on')
  assert.ok(heard().includes('\r\n.\r\nMAIL FROM:<eddy@shire.lan>\r\nRCPT TO:<sam@a.example>\r\nDATA\r\n'))
})

test('inside addresses are rewritten on the envelope and in the header', async () => {
  const outside: SmarthostOptions['masquerade'] = {
    path: (from) => from && { ...from, domain: 'isp.example' },
    recipient: (to) => ({ ...to, local: `${to.local}+x` }),
    header: (octets) => Buffer.from(Buffer.from(octets).toString('latin1').replace('shire.lan', 'isp.example')),
  }
  const letter = { id: '1', to: ['frodo@a.example'], content: 'From: eddy@shire.lan\r\n\r\neddy@shire.lan\r\n' }
  const { heard } = await scene([letter], '250-mail\r\n250-SIZE\r\n250-PIPELINING\r\n250 CHUNKING\r\n', { masquerade: outside })
  assert.equal(
    heard(),
    'MAIL FROM:<eddy@isp.example>\r\nRCPT TO:<frodo+x@a.example>\r\nBDAT 42 LAST\r\nFrom: eddy@isp.example\r\n\r\neddy@shire.lan\r\n',
  )
})

test('the size of a large letter is told, as it is outside', async () => {
  const outside: SmarthostOptions['masquerade'] = { path: (from) => from, recipient: (to) => to, header: (octets) => octets.subarray(3) }
  const { heard } = await scene([large('1', 10_000)], '250-mail\r\n250-SIZE\r\n250-PIPELINING\r\n250 CHUNKING\r\n', {
    masquerade: outside,
  })
  assert.ok(heard().startsWith('MAIL FROM:<eddy@shire.lan> SIZE=9997\r\n'))
})
