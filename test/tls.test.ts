import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { type TlsOptions, createServer as createTlsServer } from 'node:tls'
import { type Server, type Verdict, encrypter } from '../src/tls.ts'
import { pem } from './fake/certificate.ts'

type Meeting = { readonly verdict: Verdict /** As the server sees it. */; readonly resumed: boolean }

/** A server, and a client that keeps its tickets from one connection to the next. */
async function acquainted(t: TestContext, options: TlsOptions = {}) {
  let resumed = false
  const server = createTlsServer({ key: pem.key, cert: pem.server, ...options }, (socket) => {
    resumed = socket.isSessionReused()
    socket.on('error', () => {})
    socket.end('220 mail\r\n')
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const encrypt = encrypter({ clockIsKnown: () => true, authorities: () => [pem.authority] })
  const meet = async (more: Partial<Server> = {}): Promise<Meeting> => {
    const plain = connect({ port, host: '127.0.0.1' })
    const { socket, verdict } = encrypt(plain, { host: 'smtp.isp.example', port: 25, verify: true, ...more })
    const found = await verdict
    // The tickets have come with the greeting.
    if (found.kind === 'secured') await new Promise((closed) => socket.on('end', closed).resume())
    socket.destroy()
    plain.destroy()
    return { verdict: found, resumed }
  }
  return { meet, server }
}

const words = ({ verdict, resumed }: Meeting): string => {
  assert.equal(verdict.kind === 'secured' && verdict.resumed === true, resumed)
  return verdict.kind === 'failed' ? 'failed' : resumed ? 'resumed' : 'full'
}

for (const version of ['TLSv1.3', 'TLSv1.2'] as const)
  test(`the next handshake with a server resumes the last: ${version}`, async (t) => {
    const { meet } = await acquainted(t, { maxVersion: version })
    const meetings = [await meet(), await meet(), await meet()]
    assert.deepEqual(meetings.map(words), ['full', 'resumed', 'resumed'])
  })

test('a server that has lost its keys does the whole handshake, and the next one is resumed', async (t) => {
  const { meet, server } = await acquainted(t)
  const meetings = [await meet(), await meet()]
  server.setTicketKeys(Buffer.alloc(48, 'x'))
  meetings.push(await meet(), await meet())
  assert.deepEqual(meetings.map(words), ['full', 'resumed', 'full', 'resumed'])
})

describe('what a server has proved counts under the same conditions only:', () => {
  const fingerprint = new X509Certificate(pem.server).fingerprint256
  const rows: readonly [string, Partial<Server>, Partial<Server>, string][] = [
    ['another name is another server', {}, { host: 'mail.isp.example' }, 'failed'],
    ['so is another port', {}, { port: 465 }, 'full'],
    ['what was not checked is checked', { verify: false }, { verify: true }, 'full'],
    [
      'what was not checked under another name is refused',
      { host: 'mail.isp.example', verify: false },
      { host: 'mail.isp.example' },
      'failed',
    ],
    [
      'a fingerprint is looked at',
      {},
      { fingerprint: fingerprint.replaceAll(/[\dA-F]/g, (digit) => (digit === '0' ? '1' : '0')) },
      'failed',
    ],
    ['the right one, too', {}, { fingerprint }, 'full'],
    [
      'and in the same words in another spelling',
      { fingerprint },
      { fingerprint: fingerprint.toLowerCase().replaceAll(':', '') },
      'resumed',
    ],
    ['a name in other letters is the same', {}, { host: 'SMTP.isp.example' }, 'resumed'],
  ]
  for (const [name, before, after, found] of rows)
    test(name, async (t) => {
      const { meet } = await acquainted(t)
      await meet(before)
      assert.equal(words(await meet(after)), found)
    })
})

test('a server that fails to prove itself leaves no ticket behind', async (t) => {
  const { meet } = await acquainted(t, { cert: pem.expiredSelfSigned })
  assert.deepEqual([words(await meet()), words(await meet())], ['failed', 'failed'])
})

for (const verify of [true, false])
  test(`the first flight is short (${verify ? 'verified' : 'opportunistic'})`, async (t) => {
    const flight = Promise.withResolvers<Buffer>()
    const server = createServer((socket: Socket) => socket.on('error', () => {}).once('data', flight.resolve))
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    t.after(() => server.close())
    const plain = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
    const encrypt = encrypter({ clockIsKnown: () => true, authorities: () => [pem.authority] })
    const { socket } = encrypt(plain, { host: 'smtp.isp.example', port: 25, verify })
    const { length } = await flight.promise
    socket.destroy()
    plain.destroy()
    assert.ok(length < 300, `${length} octets`)
  })
