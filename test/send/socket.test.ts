import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { describe, test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { sockets } from '../../src/send/socket.ts'
import { encrypter } from '../../src/tls.ts'
import type { Connected, TlsMode } from '../../src/send/wire.ts'
import { type Certificates, pem } from '../fake/certificate.ts'

type Attempt = {
  readonly certificate?: keyof Certificates
  readonly host?: string
  readonly tls?: TlsMode
  readonly clockIsKnown?: boolean
  readonly authorities?: readonly string[]
  readonly fingerprint?: string
}

/** One connection, encrypted from the start where `tls` does not say that it begins in clear. */
async function reach({
  certificate = 'server',
  host = 'smtp.isp.example',
  tls = 'implicit',
  clockIsKnown = true,
  authorities = [pem.authority],
  fingerprint,
}: Attempt) {
  const server = createTlsServer({ key: pem.key, cert: pem[certificate] }, (socket) => socket.on('error', () => {}))
  server.on('tlsClientError', () => {})
  const port = await listening(server)
  const connect = sockets({ encrypt: encrypter({ clockIsKnown: () => clockIsKnown, authorities: () => authorities }) })
  const connected = await connect(
    { host, address: '127.0.0.1', port, tls, ...(fingerprint === undefined ? {} : { fingerprint }) },
    new AbortController().signal,
  )
  const secured = connected.kind === 'failed' ? connected : tls === 'implicit' ? connected.wire.secured : await connected.wire.startTls()
  if (connected.kind === 'connected') connected.wire.close()
  await new Promise((closed) => server.close(closed))
  return secured
}

function listening(server: Server): Promise<number> {
  return new Promise((ready) => server.listen(0, '127.0.0.1', () => ready((server.address() as AddressInfo).port)))
}

describe('a certificate', () => {
  test('of an authority that is trusted, for this host, is good', async () => {
    const secured = await reach({})
    assert.ok(secured?.kind === 'secured')
    assert.equal(secured.fault, undefined)
    assert.match(secured.cipher, /^TLSv1\.3 /)
  })

  test('for the address is good where the host is an address', async () => {
    assert.equal((await reach({ host: '127.0.0.1' }))?.kind, 'secured')
  })

  const pinned = new X509Certificate(pem.expiredSelfSigned).fingerprint256
  for (const tls of ['implicit', 'required', 'opportunistic'] as const) {
    test(`whose fingerprint is in the settings is good whatever else is wrong with it (${tls})`, async () => {
      const secured = await reach({ certificate: 'expiredSelfSigned', fingerprint: pinned.replaceAll(':', '').toLowerCase(), tls })
      assert.deepEqual([secured?.kind, secured?.kind === 'secured' && secured.fault], ['secured', undefined])
    })

    test(`with another fingerprint than the settings have is refused, though an authority vouches for it (${tls})`, async () => {
      const secured = await reach({ fingerprint: pinned, tls })
      assert.ok(secured?.kind === 'failed')
      assert.match(secured.reason, /not the one whose fingerprint is in the settings/)
    })
  }

  const refused: readonly [string, Attempt, RegExp][] = [
    ['for another host', { host: 'mail.isp.example' }, /ALTNAME/],
    ['of an unknown authority', { authorities: [pem.expiredSelfSigned] }, /cannot be trusted/],
    ['that has expired', { certificate: 'expired' }, /CERT_HAS_EXPIRED/],
    ['that vouches for itself', { certificate: 'expiredSelfSigned' }, /cannot be trusted/],
    [
      'that vouches for itself, though the time is not known',
      { certificate: 'expiredSelfSigned', clockIsKnown: false },
      /cannot be trusted/,
    ],
    [
      'for another host, though the time is not known',
      { certificate: 'expired', host: 'mail.isp.example', clockIsKnown: false },
      /cannot be trusted/,
    ],
    [
      'of an unknown authority, though the time is not known',
      { clockIsKnown: false, authorities: [pem.expiredSelfSigned] },
      /cannot be trusted/,
    ],
  ]
  for (const tls of ['implicit', 'required'] as const)
    for (const [name, attempt, reason] of refused)
      test(`${name} is refused where TLS is ${tls}`, async () => {
        const secured = await reach({ ...attempt, tls })
        assert.ok(secured?.kind === 'failed')
        assert.match(secured.reason, reason)
      })

  test('that has expired is good while the time is not known, and said to be', async () => {
    const secured = await reach({ certificate: 'expired', clockIsKnown: false, tls: 'required' })
    assert.ok(secured?.kind === 'secured')
    assert.equal(secured.fault, 'CERT_HAS_EXPIRED')
  })

  test('of any kind will do for mere opportunity, and is not looked at', async () => {
    const secured = await reach({ certificate: 'expiredSelfSigned', host: 'mail.isp.example', tls: 'opportunistic' })
    assert.ok(secured?.kind === 'secured')
    assert.equal(secured.fault, 'not checked')
  })
})

test('TLS is resumed on the next call', async () => {
  let resumed = 0
  const server = createTlsServer({ key: pem.key, cert: pem.server }, (socket) => {
    socket.on('error', () => {})
    if (socket.isSessionReused()) resumed += 1
    socket.write('220 mail\r\n')
  })
  const port = await listening(server)
  const connect = sockets({ encrypt: encrypter({ clockIsKnown: () => true, authorities: () => [pem.authority] }) })
  for (let call = 0; call < 2; call++) {
    const connected = await connect({ host: 'smtp.isp.example', address: '127.0.0.1', port, tls: 'implicit' }, new AbortController().signal)
    assert.ok(connected.kind === 'connected')
    assert.equal(connected.wire.secured?.fault, undefined)
    // The session ticket has come with the greeting.
    await connected.wire.read()
    connected.wire.close()
  }
  await new Promise((closed) => server.close(closed))
  assert.equal(resumed, 1)
})

test('a server that does not speak TLS is a reason, and a handshake that is given up ends', async () => {
  const open: Socket[] = []
  const server = createServer((socket) => {
    open.push(socket)
    if (open.length === 1) socket.write('220 plain\r\n')
  })
  const port = await listening(server)
  const connect = sockets({ encrypt: encrypter({ clockIsKnown: () => true }) })
  const target = { host: 'smtp.isp.example', address: '127.0.0.1', port, tls: 'implicit' } as const
  assert.equal((await connect(target, new AbortController().signal)).kind, 'failed')
  const limit = new AbortController()
  const silent = connect(target, limit.signal)
  while (open.length < 2) await new Promise((next) => setImmediate(next))
  limit.abort()
  assert.equal((await silent).kind, 'failed')
  for (const socket of open) socket.destroy()
  await new Promise((closed) => server.close(closed))
})

test('nobody there is a reason, and so is a signal', async () => {
  const server = createServer()
  const port = await listening(server)
  await new Promise((closed) => server.close(closed))
  const connect = sockets({ encrypt: encrypter({ clockIsKnown: () => true }) })
  const target = { host: 'smtp.isp.example', address: '127.0.0.1', port, tls: 'off' } as const
  const refused: Connected = await connect(target, new AbortController().signal)
  assert.ok(refused.kind === 'failed')
  assert.match(refused.reason, /ECONNREFUSED/)
  assert.deepEqual(await connect(target, AbortSignal.abort()), { kind: 'failed', reason: 'given up' })
})

test('small writes of one turn leave in one segment', async () => {
  const segments: number[] = []
  const arrived = Promise.withResolvers<void>()
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (octets) => {
      segments.push(octets.length)
      if (segments.reduce((sum, length) => sum + length, 0) === 18) arrived.resolve()
    })
  })
  const port = await listening(server)
  const connected = await sockets({ encrypt: encrypter({ clockIsKnown: () => true }) })(
    { host: 'smtp.isp.example', address: '127.0.0.1', port, tls: 'off' },
    new AbortController().signal,
  )
  assert.ok(connected.kind === 'connected')
  for (const command of ['MAIL\r\n', 'RCPT\r\n', 'DATA\r\n']) await connected.wire.write(Buffer.from(command))
  await arrived.promise
  assert.deepEqual(segments, [18])
  connected.wire.close()
  await new Promise((closed) => server.close(closed))
})

test('a writer waits while the other side does not read, and goes on when it does', { timeout: 20_000 }, async () => {
  const far = Promise.withResolvers<Socket>()
  const server = createServer((socket) => {
    socket.pause()
    socket.on('error', () => {})
    far.resolve(socket)
  })
  const port = await listening(server)
  const connected = await sockets({ encrypt: encrypter({ clockIsKnown: () => true }) })(
    { host: 'smtp.isp.example', address: '127.0.0.1', port, tls: 'off' },
    new AbortController().signal,
  )
  assert.ok(connected.kind === 'connected')
  const { wire } = connected
  const block = Buffer.alloc(1024 * 1024)
  let written = 0
  const writing = (async () => {
    for (; written < 64; written++) await wire.write(block)
  })()
  for (let before = -1; before !== written; ) {
    before = written
    for (let turn = 0; turn < 200; turn++) await new Promise((next) => setImmediate(next))
  }
  assert.ok(written < 32, `${written} MB were taken`)
  ;(await far.promise).resume()
  await writing
  assert.equal(written, 64)
  wire.close()
  await new Promise((closed) => server.close(closed))
})
