/**
 * The kernel's own windows, as set before anything is known of the line. Loopback's segments of 64 KB blur what a modem's would show:
 * without a pace the kernel holds megabytes here. What the windows do on a slow line is seen on one (test/bench/line).
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { test, type TestContext } from 'node:test'
import { tcpInfo, unacknowledged } from '../src/libc.ts'
import { pacer, type Use } from '../src/pace.ts'
import { fakeClock } from './fake/clock.ts'

const descriptor = (socket: Socket): number => (socket as Socket & { readonly _handle: { readonly fd: number } })._handle.fd

/** Whether it becomes so within that many turns of the event loop. */
async function within(turns: number, isSo: () => boolean): Promise<boolean> {
  for (let turn = 0; turn < turns; turn++) {
    if (isSo()) return true
    await new Promise((resolve) => setImmediate(resolve))
  }
  return false
}

async function served(t: TestContext, meet: (socket: Socket) => void, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    meet(socket)
  }).listen(0, host)
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function connected(t: TestContext, port: number, use: Use, pace = pacer(fakeClock()), host = '127.0.0.1'): Promise<Socket> {
  const socket = pace.open(host, use).connect({ host, port })
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

test('what is not read yet comes only a little ahead', async (t) => {
  const written = Promise.withResolvers<void>()
  const port = await served(t, (socket) => {
    socket.write(Buffer.alloc(1024 * 1024))
    // On loopback what the window allows is there when the system call returns.
    setImmediate(written.resolve)
  })
  const paced = await connected(t, port, 'collecting')
  await written.promise
  const { received = 0 } = tcpInfo(descriptor(paced)) ?? {}
  const unread = received - paced.bytesRead
  assert.ok(received > 0 && unread <= 16 * 1024, `${unread} octets are here unread`)
})

test('there is room while little is under way, and none once that much waits for its acknowledgement', async (t) => {
  const clock = fakeClock()
  const pace = pacer(clock)
  const port = await served(t, (socket) => socket.pause())
  const paced = await connected(t, port, 'sending', pace)
  const block = Buffer.alloc(2920)
  let given = 0
  // The other side reads nothing: once its window is full, what it has not acknowledged stays.
  while (await within(500, () => typeof pace.room(paced, block.length) === 'number')) {
    paced.write(block)
    given += block.length
  }
  const held = unacknowledged(descriptor(paced))
  assert.ok(given > held && held > 0 && held <= 12 * 1460, `${held} of ${given} octets wait`)

  // Who waits for room on a connection that goes is let go.
  const room = pace.room(paced, block.length)
  paced.destroy()
  await once(paced, 'close')
  await clock.advance(1000)
  await room
  assert.equal(pace.room(paced, block.length), 64 * 1024)
})

test('all octets arrive, both ways, over IPv4 and IPv6', async (t) => {
  for (const host of ['127.0.0.1', '::1']) {
    const port = await served(t, (socket) => socket.pipe(socket), host)
    const socket = await connected(t, port, 'sending', undefined, host)
    const sent = Buffer.alloc(3_000_000, 'dialpost')
    socket.end(sent)
    let got = 0
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      assert.ok(chunk.equals(sent.subarray(got, got + chunk.length)))
      got += chunk.length
    }
    assert.equal(got, sent.length)
  }
})

test('a connection that fails says so', async (t) => {
  const port = await served(t, () => {})
  const refused = pacer(fakeClock())
    .open('127.0.0.1', 'sending')
    .connect({ host: '127.0.0.1', port: port === 1 ? 2 : 1 })
  const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ECONNREFUSED')
})

/** The kernel counts SYN and FIN as octets. */
const isAbout = (octets: number, counted: number): boolean => counted >= octets && counted <= octets + 4

for (const holds of [true, false]) {
  test(`what connections carried is counted, and kept when they are closed${holds ? '' : ', with nothing held back, too'}`, async (t) => {
    const port = await served(t, (socket) => socket.pipe(socket))
    const pace = pacer(fakeClock(), { holds })
    assert.deepEqual(pace.carried(), { packets: 0, payload: 0, waiting: false })
    const socket = await connected(t, port, 'sending', pace)
    socket.write(Buffer.alloc(3000))
    let came = 0
    socket.on('data', ({ length }: Buffer) => {
      came += length
    })
    assert.ok(await within(10_000, () => came === 3000 && isAbout(6000, pace.carried().payload)))
    const { packets } = pace.carried()
    // SYN, its answer's acknowledgement, and at least a segment and an acknowledgement.
    assert.ok(packets >= 4 && packets < 10, `${packets} packets`)
    socket.destroy()
    assert.ok(isAbout(6000, pace.carried().payload))
    assert.ok(pace.carried().packets >= packets && pace.carried().packets <= packets + 4)
  })
}

test('an end that both sides agree on is counted, too', async (t) => {
  const port = await served(t, (socket) => socket.end(Buffer.alloc(500)))
  const pace = pacer(fakeClock())
  const socket = await connected(t, port, 'collecting', pace)
  socket.resume()
  await once(socket, 'close')
  assert.ok(isAbout(500, pace.carried().payload))
})

for (const abandoned of [true, false])
  test(`what the kernel had still to send ${abandoned ? 'is thrown away with a connection that is abandoned' : 'goes out otherwise'}`, async (t) => {
    const written = 8 * 1024 * 1024
    let heard = 0
    const over = Promise.withResolvers<string>()
    const port = await served(t, (socket) => {
      socket.on('data', ({ length }) => (heard += length))
      socket.on('error', ({ message }) => over.resolve(message)).on('end', () => over.resolve('end'))
    })
    const pace = pacer(fakeClock())
    const paced = await connected(t, port, 'sending', pace)
    const taken = new Promise((resolve) => paced.write(Buffer.alloc(written), resolve))
    if (abandoned) pace.abandon(paced)
    else await taken
    paced.destroy()
    const words = await over.promise
    if (abandoned) assert.match(words, /ECONNRESET/)
    else assert.deepEqual([words, heard], ['end', written])
  })
