import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { test, type TestContext } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { systemClock } from '../../src/clock.ts'
import { sockets } from '../../src/collect/socket.ts'
import { fakeClock } from '../fake/clock.ts'
import { pem } from '../fake/certificate.ts'

const never = new AbortController().signal

async function listening(t: TestContext, server: Server, address: string = '127.0.0.1'): Promise<number> {
  server.listen(0, address)
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

test('the addresses are tried in order until one answers', async (t) => {
  const port = await listening(
    t,
    createServer((socket) => socket.on('error', () => {}).end('+OK\r\n')),
    '127.0.0.3',
  )
  const connected = await sockets({ clock: systemClock }).connect(['127.0.0.2', '127.0.0.3'], port, 2000, never)
  assert.equal(connected.kind === 'open' && connected.address, '127.0.0.3')
  if (connected.kind === 'open') connected.stream.destroy()
})

test('without an address, with nobody there, or with a name in place of an address, it says so', async (t) => {
  const port = await listening(t, createServer())
  const { connect } = sockets({ clock: systemClock })
  const texts = await Promise.all([[], ['127.0.0.2'], ['localhost']].map(async (addresses) => connect(addresses, port, 2000, never)))
  assert.deepEqual(
    texts.map((failed) => failed.kind === 'failed' && failed.text.replace(/\d+$/, 'PORT')),
    ['It has no address', '127.0.0.2: connect ECONNREFUSED 127.0.0.2:PORT', 'localhost: localhost is no address'],
  )
})

test('a server that accepts and then says nothing of TLS is given up in time, or at once when stopped', async (t) => {
  const port = await listening(t, createServer())
  const clock = fakeClock()
  const { connect, secure } = sockets({ clock })
  const trust = { host: 'pop.isp.example', verify: true }
  const streams = await Promise.all([0, 1].map(async () => connect(['127.0.0.1'], port, 30_000, never)))
  const [first, second] = streams.map((one) => (one.kind === 'open' ? one.stream : assert.fail(one.text)))
  assert.ok(first && second)
  const late = secure(first, trust, 30_000, never)
  const stop = new AbortController()
  const stopped = secure(second, trust, 30_000, stop.signal)
  stop.abort()
  assert.deepEqual(await stopped, { kind: 'failed', text: 'We were stopped' })
  await clock.advance(30_000)
  assert.deepEqual(await late, { kind: 'failed', text: 'No answer in 30 s' })
})

test('the second TLS session resumes the first, which spares the certificates', async (t) => {
  const resumed: boolean[] = []
  const server = createTlsServer({ key: pem.key, cert: pem.server }, (socket) => {
    resumed.push(socket.isSessionReused())
    socket.on('error', () => {})
    socket.end('+OK\r\n')
  })
  const port = await listening(t, server)
  const { connect, secure } = sockets({ clock: systemClock })
  for (let time = 0; time < 2; time++) {
    const connected = await connect(['127.0.0.1'], port, 2000, never)
    assert.ok(connected.kind === 'open')
    const secured = await secure(connected.stream, { host: 'pop.isp.example', verify: true, ca: pem.authority }, 2000, never)
    assert.ok(secured.kind === 'open')
    secured.stream.resume()
    await once(secured.stream, 'close')
  }
  assert.deepEqual(resumed, [false, true])
})
