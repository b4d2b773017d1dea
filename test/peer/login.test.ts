/** Letters on the heels of the login (RFC 2920 leaves it open, see send/acquaintance.ts): what real smarthosts make of that. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { events } from '../../src/log/events.ts'
import { smarthost } from '../../src/send/smarthost.ts'
import { sockets } from '../../src/send/socket.ts'
import type { Connect } from '../../src/send/wire.ts'
import { encrypter } from '../../src/tls.ts'
import { type FakeLoad, fakeLetter, fakeLoad } from '../fake/load.ts'
import { startExim } from './exim.ts'
import { startPostfix } from './postfix.ts'
import { missing } from './room.ts'
import type { Sink } from './sink.ts'

const users = { shofar: 'trumpet' }

type Smarthost = { readonly port: number; readonly sink: Sink; readonly stop: () => Promise<void> }

const peers: readonly [string, string | false, () => Promise<Smarthost>][] = [
  ['Postfix', missing('postfix', 'dovecot'), () => startPostfix({ users, mechanisms: 'plain login' })],
  ['Postfix without CHUNKING', missing('postfix', 'dovecot'), () => startPostfix({ users, mechanisms: 'plain', without: ['chunking'] })],
  ['Exim', missing('exim'), () => startExim({ users })],
]

for (const [name, skip, start] of peers) {
  test(`${name} takes letters behind the login once it has let us in, and each of them once`, { skip }, async (t) => {
    const { call, sink } = await gateway(t, start)
    const first = await call(['one', 'two'], users.shofar)
    assert.ok(first.instants.indexOf('authenticated') < first.instants.indexOf('mail-sent'), first.instants.join())
    const second = await call(['three', 'four'], users.shofar)
    assert.ok(second.instants.indexOf('mail-sent') < second.instants.indexOf('authenticated'), second.instants.join())
    for (const { load } of [first, second]) assert.match(load.lines().join('\n'), /^. \S+ accepted 250 .*\n. \S+ accepted 250 .*$/)
    const letters = await sink.received(4)
    const subjects = letters.map(({ octets }) => String(/^Subject: (.*)\r$/m.exec(String(octets))?.[1]))
    assert.deepEqual(subjects.toSorted(), ['four', 'one', 'three', 'two'])
  })

  test(`${name}, whose password has changed, costs no letter anything`, { skip }, async (t) => {
    const { call, sink } = await gateway(t, start)
    await call(['one'], users.shofar)
    const wrong = await call(['two', 'three'], 'fiddle')
    assert.ok(wrong.instants.includes('mail-sent'), 'in a hurry')
    assert.match(wrong.load.lines().join('\n'), /^. \S+ deferred 451 4.4.1 127.0.0.1: 535 .*\n. \S+ deferred 451 4.4.1 127.0.0.1: 535 .*$/)
    const right = await call(['two', 'three'], users.shofar)
    assert.ok(right.instants.indexOf('authenticated') < right.instants.indexOf('mail-sent'), 'step by step')
    await sink.received(3)
  })
}

async function gateway(t: TestContext, start: () => Promise<Smarthost>) {
  const { port, sink, stop } = await start()
  t.after(stop)
  const notes = new Map<string, string>()
  const connect = fromAfar(sockets({ encrypt: encrypter({ clockIsKnown: () => true }) }))
  const call = async (subjects: readonly string[], password: string): Promise<{ load: FakeLoad; instants: readonly string[] }> => {
    const instants: string[] = []
    const load = fakeLoad(
      subjects.map((subject, at) =>
        fakeLetter({ id: String(at), to: [`${subject}@far.example`], content: `Subject: ${subject}\r\n\r\nHello.\r\n` }),
      ),
    )
    const courier = smarthost({
      hosts: [{ host: '127.0.0.1', port, tls: 'opportunistic', user: 'shofar', password: () => password }],
      resolve: async () => ({ kind: 'found', addresses: ['127.0.0.1'] }),
      connect,
      masquerade: undefined,
      hostname: 'moriah.shire.lan',
      clock: systemClock,
      connections: 1,
      notebook: {
        recall: (name) => notes.get(name),
        remember: (name, value) => void (value === undefined ? notes.delete(name) : notes.set(name, value)),
      },
      log: events(({ event }) => instants.push(event)),
    })
    await courier.carry(load, new AbortController().signal)
    return { load, instants }
  }
  return { call, sink }
}

/** What the server says arrives a tenth of a second late, as over a line: whoever waits for it is seen to wait. */
function fromAfar(connect: Connect): Connect {
  return async (target, signal) => {
    const connected = await connect(target, signal)
    if (connected.kind === 'failed') return connected
    const { wire } = connected
    const read: typeof wire.read = async () => {
      const octets = await wire.read()
      await systemClock.sleep(systemClock.elapsed() + 100)
      return octets
    }
    return { kind: 'connected', wire: { ...wire, read } }
  }
}
