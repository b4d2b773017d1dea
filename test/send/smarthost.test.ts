import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { events } from '../../src/log/events.ts'
import { type Host, type SmarthostOptions, smarthost } from '../../src/send/smarthost.ts'
import type { Connect, Target } from '../../src/send/wire.ts'
import { fakeClock, type FakeClock } from '../fake/clock.ts'
import { type FakeLetter, type FakeLoad, fakeLetter, fakeLoad } from '../fake/load.ts'
import { type Mood, smtpServer } from '../fake/smtp-server.ts'
import { fakeConnect, type Peer } from '../fake/wire.ts'

const two: readonly Host[] = ['one.isp.example', 'two.isp.example'].map((host) => ({ host, port: 25, tls: 'off' }))

type Run = {
  readonly load: FakeLoad
  readonly clock: FakeClock
  readonly said: string[]
  readonly targets: Target[]
  readonly end: AbortController
  readonly done: Promise<void>
}

/** Carries letters to servers that `serve` plays. */
function carry(letters: readonly FakeLetter[], connect: Connect, options: Partial<SmarthostOptions> = {}, signal?: AbortSignal): Run {
  const load = fakeLoad(letters.map(fakeLetter))
  const clock = fakeClock()
  const said: string[] = []
  const targets: Target[] = []
  const end = new AbortController()
  const courier = smarthost({
    hosts: two.slice(0, 1),
    resolve: async () => ({ kind: 'found', addresses: ['192.0.2.1'] }),
    connect: (target, signal) => {
      targets.push(target)
      return connect(target, signal)
    },
    masquerade: undefined,
    hostname: 'moriah.shire.lan',
    clock,
    log: events(({ event, text }) => said.push(event === text ? text : `${event}: ${text}`)),
    ...options,
  })
  return { load, clock, said, targets, end, done: courier.carry(load, signal ?? end.signal) }
}

const good = (moods: readonly Mood[] = []): Connect =>
  fakeConnect((peer) => smtpServer({ pipelining: true, chunking: true, moods, pieces: [] }).serve(peer))

const answers = (load: FakeLoad): readonly string[] => load.lines().map((line) => line.split(' ').slice(0, 3).join(' '))
const letters = (count: number): readonly FakeLetter[] =>
  Array.from({ length: count }, (_, at) => ({ id: String(at + 1), to: [`r${at + 1}@a.example`] }))

test('without letters nobody is called', async () => {
  const { targets, done } = carry([], good())
  await done
  assert.deepEqual(targets, [])
})

describe('the next smarthost has its turn', () => {
  test('when one cannot be reached', async () => {
    const { load, targets, done, said } = carry(
      letters(2),
      (target, signal) =>
        target.host.startsWith('one') ? Promise.resolve({ kind: 'failed', reason: 'ECONNREFUSED' }) : good()(target, signal),
      { hosts: two },
    )
    await done
    assert.deepEqual(
      targets.map(({ host }) => host),
      ['one.isp.example', 'two.isp.example'],
    )
    assert.deepEqual(answers(load), ['1 r1@a.example accepted', '2 r2@a.example accepted'])
    assert.ok(said.includes('smarthost: one.isp.example: 451 4.4.1 ECONNREFUSED; the next smarthost has its turn'))
  })

  for (const [name, greeting] of [
    ['turns us away', '554 5.3.2 No\r\n'],
    ['is too busy', '421 4.3.2 Busy\r\n'],
    ['talks nonsense', 'HTTP/1.1 400 Bad Request\r\n'],
  ] as const)
    test(`when one ${name}`, async () => {
      const connect: Connect = (target, signal) =>
        target.host.startsWith('one') ? fakeConnect(async (peer) => peer.write(greeting))(target, signal) : good()(target, signal)
      const { load, done } = carry(letters(1), connect, { hosts: two })
      await done
      assert.deepEqual(answers(load), ['1 r1@a.example accepted'])
    })

  test('when its name is unknown, its password cannot be read, or it has no address', async () => {
    const hosts: readonly Host[] = [
      { host: 'unknown.example', port: 25, tls: 'off' },
      {
        host: 'secret.example',
        port: 25,
        tls: 'off',
        user: 'eddy',
        password: () => {
          throw new Error('EACCES')
        },
      },
      { host: 'nowhere.example', port: 25, tls: 'off' },
    ]
    const { load, done } = carry(letters(1), good(), {
      hosts,
      resolve: async (host) =>
        host.startsWith('nowhere') ? { kind: 'found', addresses: [] } : { kind: 'unknown', reason: 'no such host' },
    })
    await done
    assert.deepEqual(load.lines(), [
      '1 r1@a.example deferred 451 4.4.1 unknown.example: 451 4.4.4 no such host; ' +
        'secret.example: 454 4.7.0 its password cannot be read: EACCES; nowhere.example: 451 4.4.4 it has no address',
    ])
  })

  test('when a session dies before it has decided anything; what was sent in vain goes there', async () => {
    const servers = ['hang up', 'good'].map((mood) => smtpServer({ pipelining: true, chunking: false, moods: [mood as Mood], pieces: [] }))
    let turn = 0
    const connect = fakeConnect((peer) => servers[turn++]?.serve(peer) ?? Promise.resolve())
    const { load, targets, done } = carry(letters(2), connect, { hosts: two })
    await done
    assert.deepEqual(
      targets.map(({ host }) => host),
      ['one.isp.example', 'two.isp.example'],
    )
    assert.deepEqual(answers(load), ['1 r1@a.example accepted', '2 r2@a.example accepted'])
  })
})

test('all addresses of a host are tried before the next host', async () => {
  const connect: Connect = async (target, signal) =>
    target.address === '192.0.2.3' ? good()(target, signal) : { kind: 'failed', reason: 'EHOSTUNREACH' }
  const { targets, done } = carry(letters(1), connect, {
    hosts: two,
    resolve: async () => ({ kind: 'found', addresses: ['192.0.2.1', '192.0.2.2', '192.0.2.3'] }),
  })
  await done
  assert.deepEqual(
    targets.map(({ host, address }) => `${host} ${address}`),
    ['one.isp.example 192.0.2.1', 'one.isp.example 192.0.2.2', 'one.isp.example 192.0.2.3'],
  )
})

test('when every host fails everything waits, with the reasons, and no note was written', async () => {
  const { load, done } = carry(letters(3), async () => ({ kind: 'failed', reason: 'ENETUNREACH' }), { hosts: two })
  await done
  assert.deepEqual(
    new Set(load.lines().map((line) => line.replace(/^\S+ \S+ /, ''))),
    new Set(['deferred 451 4.4.1 one.isp.example: 451 4.4.1 ENETUNREACH; two.isp.example: 451 4.4.1 ENETUNREACH']),
  )
  assert.deepEqual(load.noted, [])
})

test('a connection that nobody answers is given up', async () => {
  const { load, clock, done } = carry(
    letters(1),
    (_, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve({ kind: 'failed', reason: 'no connection in time' }))),
  )
  await clock.advance(45_000)
  await done
  assert.match(load.lines()[0] ?? '', /deferred 451 4.4.1 .*no connection in time/)
})

describe('TLS', () => {
  const offering = async (peer: Peer, plain: string[]): Promise<void> => {
    peer.write('220 mail\r\n')
    for (let octets = await peer.read(); octets; octets = await peer.read()) {
      const line = Buffer.from(octets).toString('latin1')
      plain.push(line.split(' ')[0]?.trim() ?? '')
      peer.write(line.startsWith('EHLO') ? '250-mail\r\n250 STARTTLS\r\n' : line.startsWith('STARTTLS') ? '220 Go\r\n' : '550 5.7.1 No\r\n')
    }
  }
  const failing = { secured: { kind: 'failed', reason: 'wrong version' } } as const

  test('that fails where it is a mere opportunity costs a second connection, without', async () => {
    const plain: string[] = []
    const connect = fakeConnect(
      (peer) => offering(peer, plain),
      (turn) => (turn === 0 ? failing : {}),
    )
    const { load, targets, done } = carry(letters(1), connect, { hosts: [{ host: 'a.example', port: 25, tls: 'opportunistic' }] })
    await done
    assert.deepEqual(
      targets.map(({ tls }) => tls),
      ['opportunistic', 'off'],
    )
    assert.deepEqual(plain, ['EHLO', 'STARTTLS', 'EHLO', 'MAIL', 'QUIT'])
    assert.deepEqual(answers(load), ['1 r1@a.example refused'])
  })

  test('that fails where it is required keeps everything here', async () => {
    const plain: string[] = []
    const connect = fakeConnect(
      (peer) => offering(peer, plain),
      () => failing,
    )
    const { load, targets, done } = carry(letters(1), connect, { hosts: [{ host: 'a.example', port: 25, tls: 'required' }] })
    await done
    assert.equal(targets.length, 1)
    assert.deepEqual(plain, ['EHLO', 'STARTTLS'])
    assert.deepEqual(load.lines(), ['1 r1@a.example deferred 451 4.4.1 a.example: 454 4.7.5 no TLS: wrong version'])
  })

  test('from the start needs no STARTTLS', async () => {
    const plain: string[] = []
    const connect = fakeConnect((peer) => offering(peer, plain))
    const { done } = carry(letters(1), connect, { hosts: [{ host: 'a.example', port: 465, tls: 'implicit' }] })
    await done
    assert.deepEqual(plain, ['EHLO', 'MAIL', 'QUIT'])
  })
})

describe('when the call ends', () => {
  async function silentAfter(text: string, peer: Peer, hello: string, replies: string): Promise<void> {
    let heard = ''
    peer.write('220 mail\r\n')
    for (let octets = await peer.read(); octets; octets = await peer.read()) {
      heard += Buffer.from(octets).toString('latin1')
      if (heard.startsWith('EHLO')) {
        heard = ''
        peer.write(hello)
      }
      if (text !== '' && heard.includes(text)) {
        peer.write(replies)
        text = ''
      }
    }
  }

  test('letters whose end is out are unsure, one half out is deferred, the others are put back', async () => {
    const large = { id: '3', to: ['r3@a.example'], content: 'x'.repeat(100_000) }
    const run = carry(
      [...letters(2), large, { id: '4', to: ['r4@a.example'] }],
      fakeConnect((peer) => silentAfter('', peer, '250-mail\r\n250-PIPELINING\r\n250 CHUNKING\r\n', '')),
    )
    await run.clock.advance(0)
    run.end.abort()
    await run.clock.advance(500)
    await run.done
    assert.deepEqual(run.load.lines(), [
      '1 r1@a.example unsure 451 4.4.2 the call ended',
      '2 r2@a.example unsure 451 4.4.2 the call ended',
      '3 r3@a.example deferred 451 4.4.2 the call ended',
      '4 r4@a.example put back',
    ])
  })

  test('letters whose end the system never took over cannot have arrived', async () => {
    const run = carry(
      letters(4),
      fakeConnect(
        (peer) => silentAfter('', peer, '250-mail\r\n250-PIPELINING\r\n250 CHUNKING\r\n', ''),
        // EHLO, and two letters.
        () => ({ fullAt: 4 }),
      ),
    )
    await run.clock.advance(0)
    run.end.abort()
    await run.clock.advance(500)
    await run.done
    assert.deepEqual(run.load.lines(), [
      '1 r1@a.example unsure 451 4.4.2 the call ended',
      '2 r2@a.example unsure 451 4.4.2 the call ended',
      '3 r3@a.example deferred 451 4.4.2 the call ended',
      '4 r4@a.example put back',
    ])
  })

  test('a reply that is under way still counts', async () => {
    let late: Peer | undefined
    const run = carry(
      letters(1),
      fakeConnect((peer) => {
        late = peer
        return silentAfter('DATA', peer, '250-mail\r\n250 PIPELINING\r\n', '250 mail\r\n250 rcpt\r\n354 go on\r\n')
      }),
    )
    await run.clock.advance(0)
    run.end.abort()
    await run.clock.advance(300)
    late?.write('250 taken\r\n')
    await run.clock.advance(0)
    await run.done
    assert.deepEqual(run.load.lines(), ['1 r1@a.example accepted 250 taken'])
  })

  test('before the greeting, everything is put back', async () => {
    const run = carry(
      letters(2),
      fakeConnect(async () => {}),
    )
    await run.clock.advance(0)
    run.end.abort()
    await run.clock.advance(0)
    await run.done
    assert.deepEqual(run.load.lines(), ['1 r1@a.example put back', '2 r2@a.example left'])
  })

  test('while connecting, everything is put back', async () => {
    const run = carry(
      letters(1),
      (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({ kind: 'failed', reason: 'given up' }))),
    )
    await run.clock.advance(0)
    run.end.abort()
    await run.done
    assert.deepEqual(run.load.lines(), ['1 r1@a.example put back'])
  })

  test('before it began, nobody is called', async () => {
    const { load, targets, done } = carry(letters(1), good(), {}, AbortSignal.abort())
    await done
    assert.deepEqual(targets, [])
    assert.deepEqual(load.lines(), ['1 r1@a.example left'])
  })
})

test('what may have arrived already goes last, and the log says so', async () => {
  const order: string[] = []
  const server = smtpServer({ pipelining: true, chunking: true, moods: [], pieces: [] })
  const { load, said, done } = carry(
    [{ id: '1', to: [{ interrupted: 'one.isp.example [192.0.2.1]' }] }, ...letters(3).slice(1)],
    fakeConnect((peer) => server.serve(peer)),
  )
  await done
  for (const { delivery } of load.settled) order.push(delivery.message)
  assert.deepEqual(order, ['2', '3', '1'])
  assert.ok(said.includes('duplicate: 1: may arrive a second time: dialpost was cut off while it was sent to one.isp.example [192.0.2.1]'))
})

test('progress adds up to what was taken on and sent', async () => {
  const sum = { letters: 0, octets: 0, of: 0, settled: 0 }
  const list = [...letters(3), { id: '4', to: ['a@a.example', 'b@a.example'], content: `Subject: x\r\n\r\n${'y\r\n'.repeat(20_000)}` }]
  const { load, done } = carry(list, good(), {
    progress({ letters, octets, of, settled }) {
      sum.letters += letters
      sum.octets += octets
      sum.of += of
      sum.settled += settled
    },
  })
  await done
  const octets = 3 * 26 + 14 + 60_000
  assert.deepEqual(sum, { letters: 4, octets, of: octets, settled: octets })
  assert.equal(load.settled.length, 5)
})

describe('a far server that knows no CHUNKING', () => {
  /** Its replies take 200 ms; of the connections beyond `most` it wants none. */
  const far = (clock: FakeClock, most: number, turned: number[]): Connect => {
    const server = smtpServer({ pipelining: true, chunking: false, moods: [], pieces: [] })
    let open = 0
    return fakeConnect(async (peer, turn) => {
      const late: Peer = {
        ...peer,
        write: (octets) => void clock.sleep(clock.elapsed() + 200).then(() => peer.write(octets)),
        close: () => void clock.sleep(clock.elapsed() + 200).then(() => peer.close()),
      }
      if (open >= most) {
        turned.push(turn)
        late.write('421 4.7.0 Too many connections\r\n')
        return late.close()
      }
      open += 1
      await server.serve(late)
      open -= 1
    })
  }
  const play = async ({ clock, done }: Pick<Run, 'clock' | 'done'>): Promise<void> => {
    const run = new AbortController()
    void done.then(() => run.abort())
    while (!run.signal.aborted) await clock.advance(200)
  }

  test('is sent to over several connections, which share the letters', async () => {
    const clock = fakeClock()
    const run = carry(letters(30), far(clock, 9, []), { clock })
    await play({ ...run, clock })
    assert.equal(run.targets.length, 3)
    assert.equal(answers(run.load).filter((line) => line.endsWith('accepted')).length, 30)
    assert.equal(run.load.settled.length, 30)
  })

  test('is not called more often than is allowed', async () => {
    const clock = fakeClock()
    const run = carry(letters(30), far(clock, 9, []), { clock, connections: 2 })
    await play({ ...run, clock })
    assert.equal(run.targets.length, 2)
    assert.equal(run.load.settled.length, 30)
  })

  test('that takes one connection only gets all letters over it, each once, and is not tempted again', async () => {
    const clock = fakeClock()
    const turned: number[] = []
    const end = new AbortController()
    const courier = smarthost({
      hosts: two.slice(0, 1),
      resolve: async () => ({ kind: 'found', addresses: ['192.0.2.1'] }),
      connect: far(clock, 1, turned),
      masquerade: undefined,
      hostname: 'moriah.shire.lan',
      clock,
      log: events(() => {}),
    })
    for (const call of [1, 2]) {
      const load = fakeLoad(letters(20).map(fakeLetter))
      await play({ clock, done: courier.carry(load, end.signal) })
      assert.deepEqual(new Set(answers(load).map((line) => line.split(' ')[2])), new Set(['accepted']), `call ${call}`)
      assert.equal(load.settled.length, 20)
    }
    assert.deepEqual(turned, [1, 2])
  })
})

test('a server that wants one letter a connection gets them all', async () => {
  let turn = 0
  const connect = fakeConnect((peer) => {
    turn += 1
    return smtpServer({ pipelining: true, chunking: false, moods: ['good', 'good', 'good', 'good', 'enough'], pieces: [] }).serve(peer)
  })
  const { load, done } = carry(letters(4), connect)
  await done
  assert.equal(turn, 4)
  assert.deepEqual(
    answers(load).map((line) => line.split(' ')[2]),
    ['accepted', 'accepted', 'accepted', 'accepted'],
  )
})

test('no password reaches the log or an outcome', async () => {
  const password = 'speak friend'
  const connect = fakeConnect(async (peer) => {
    peer.write('220 mail\r\n')
    for (let octets = await peer.read(); octets; octets = await peer.read())
      peer.write(
        Buffer.from(octets).toString('latin1').startsWith('EHLO') ? '250-mail\r\n250 AUTH PLAIN LOGIN CRAM-MD5\r\n' : '535 5.7.8 No\r\n',
      )
  })
  const { load, said, done } = carry(letters(1), connect, {
    hosts: [{ host: 'a.example', port: 25, tls: 'off', user: 'eddy', password: () => password }],
  })
  await done
  const everything = [...said, ...load.lines()].join('\n')
  assert.match(everything, /535 5.7.8/)
  assert.ok(!everything.includes(password))
  assert.ok(!everything.includes(Buffer.from(`\0eddy\0${password}`).toString('base64')))
})
