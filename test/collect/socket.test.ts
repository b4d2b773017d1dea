import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { test, type TestContext } from 'node:test'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { systemClock } from '../../src/clock.ts'
import { sockets } from '../../src/collect/socket.ts'
import { encrypter } from '../../src/tls.ts'
import { fakeClock } from '../fake/clock.ts'
import { type Certificates, pem } from '../fake/certificate.ts'

const encrypt = encrypter({ clockIsKnown: () => true, authorities: () => [pem.authority] })

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
  const connected = await sockets({ clock: systemClock, encrypt }).connect(['127.0.0.2', '127.0.0.3'], port, 2000, never)
  assert.equal(connected.kind === 'open' && connected.address, '127.0.0.3')
  if (connected.kind === 'open') connected.stream.destroy()
})

test('without an address, with nobody there, or with a name in place of an address, it says so', async (t) => {
  const port = await listening(t, createServer())
  const { connect } = sockets({ clock: systemClock, encrypt })
  const texts = await Promise.all([[], ['127.0.0.2'], ['localhost']].map(async (addresses) => connect(addresses, port, 2000, never)))
  assert.deepEqual(
    texts.map((failed) => failed.kind === 'failed' && failed.text.replace(/\d+$/, 'PORT')),
    ['It has no address', '127.0.0.2: connect ECONNREFUSED 127.0.0.2:PORT', 'localhost: localhost is no address'],
  )
})

test('a server that accepts and then says nothing of TLS is given up in time, or at once when stopped', async (t) => {
  const port = await listening(t, createServer())
  const clock = fakeClock()
  const { connect, secure } = sockets({ clock, encrypt })
  const trust = { host: 'pop.isp.example', port, verify: true }
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
  const { connect, secure } = sockets({ clock: systemClock, encrypt })
  for (let time = 0; time < 2; time++) {
    const connected = await connect(['127.0.0.1'], port, 2000, never)
    assert.ok(connected.kind === 'open')
    const secured = await secure(connected.stream, { host: 'pop.isp.example', port, verify: true }, 2000, never)
    assert.ok(secured.kind === 'open')
    secured.stream.resume()
    await once(secured.stream, 'close')
  }
  assert.deepEqual(resumed, [false, true])
})

type Meeting = {
  readonly certificate: keyof Certificates
  readonly host?: string
  readonly clockIsKnown?: () => boolean
  readonly verify?: boolean
  readonly server?: TlsOptions
}

/** What becomes of TLS with a server that shows this certificate, each time it is asked. */
async function meet(t: TestContext, { certificate, host = 'pop.isp.example', clockIsKnown = () => true, verify = true, server }: Meeting) {
  const far = createTlsServer({ key: pem.key, cert: pem[certificate], ...server }, (socket) => socket.on('error', () => {}).end('+OK\r\n'))
  far.on('tlsClientError', () => {})
  const port = await listening(t, far)
  const { connect, secure } = sockets({ clock: systemClock, encrypt: encrypter({ clockIsKnown, authorities: () => [pem.authority] }) })
  return async (): Promise<string> => {
    const connected = await connect(['127.0.0.1'], port, 2000, never)
    assert.ok(connected.kind === 'open')
    const secured = await secure(connected.stream, { host, port, verify }, 2000, never)
    if (secured.kind === 'failed') return secured.text
    secured.stream.resume()
    await once(secured.stream, 'close')
    return 'open'
  }
}

test('while the time is not known dates condemn nobody, and nothing else is forgiven', async (t) => {
  const clockIsKnown = () => false
  const meetings: readonly (readonly [Omit<Meeting, 'clockIsKnown'>, RegExp])[] = [
    [{ certificate: 'early' }, /^open$/],
    [{ certificate: 'expired' }, /^open$/],
    [{ certificate: 'early', host: 'another.example' }, /cannot be trusted/],
    [{ certificate: 'expiredSelfSigned' }, /cannot be trusted/],
  ]
  for (const [meeting, found] of meetings) assert.match(await (await meet(t, { ...meeting, clockIsKnown }))(), found)
})

test('once the time is known dates count again, also for a server that was let in before', async (t) => {
  let known = false
  const again = await meet(t, { certificate: 'early', clockIsKnown: () => known })
  assert.equal(await again(), 'open')
  known = true
  assert.match(await again(), /CERT_NOT_YET_VALID/)
})

test('a server of the nineties is good enough where the alternative is clear text, and nowhere else', async (t) => {
  const server = { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  assert.equal(await (await meet(t, { certificate: 'server', verify: false, server }))(), 'open')
  assert.match(await (await meet(t, { certificate: 'server', verify: true, server }))(), /protocol version|unsupported protocol/i)
})
