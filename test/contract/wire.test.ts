/** What every wire keeps, in memory or over loopback. */
import assert from 'node:assert/strict'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { test } from 'node:test'
import { TLSSocket } from 'node:tls'
import { sockets } from '../../src/send/socket.ts'
import { encrypter } from '../../src/tls.ts'
import type { Wire } from '../../src/send/wire.ts'
import { pem } from '../fake/certificate.ts'
import { fakeWire } from '../fake/wire.ts'

type Far = {
  read(): Promise<Uint8Array | undefined>
  /** Resolves when the other side can read it. */
  write(octets: string): Promise<void>
  close(): void
  /** Accepts the encryption that the wire is about to start. */
  secure(): void
}

type Pair = { readonly wire: Wire; readonly far: Far; close(): Promise<void> }

const pairs: Readonly<Record<string, () => Promise<Pair>>> = {
  'in memory': async () => {
    const { wire, peer } = fakeWire({ host: 'smtp.isp.example', address: '127.0.0.1', port: 25, tls: 'opportunistic' })
    return {
      wire,
      far: { read: () => peer.read(), write: async (text) => peer.write(text), close: () => peer.close(), secure: () => {} },
      close: async () => wire.close(),
    }
  },
  'over loopback': overLoopback,
}

for (const [kind, open] of Object.entries(pairs)) {
  const wire = (name: string, body: (pair: Pair) => Promise<void>): void =>
    void test(`${kind}: ${name}`, { timeout: 10_000 }, async () => {
      const pair = await open()
      try {
        await body(pair)
      } finally {
        await pair.close()
      }
    })

  wire('octets cross both ways in order', async ({ wire, far }) => {
    const sent: string[] = []
    await wire.write(Buffer.from('MAIL\r\n'), () => sent.push('mail'))
    await wire.write(Buffer.from('RCPT\r\n'), () => sent.push('rcpt'))
    assert.equal(await heard(far, 12), 'MAIL\r\nRCPT\r\n')
    assert.deepEqual(sent, ['mail', 'rcpt'])
    await far.write('250 Ok\r\n')
    await far.write('250 Ok\r\n')
    assert.equal(await heard(wire, 16), '250 Ok\r\n250 Ok\r\n')
    assert.equal(wire.where, 'smtp.isp.example [127.0.0.1]')
  })

  wire('what the other side said before it hung up is read first', async ({ wire, far }) => {
    await far.write('421 Bye\r\n')
    far.close()
    assert.equal(await heard(wire, 9), '421 Bye\r\n')
    assert.equal(await wire.read(), undefined)
    assert.equal(await wire.read(), undefined)
  })

  wire('a write to a connection that is gone lets its writer go and claims nothing', async ({ wire, far }) => {
    far.close()
    assert.equal(await wire.read(), undefined)
    wire.close()
    let claimed = false
    await wire.write(Buffer.from('MAIL\r\n'), () => {
      claimed = true
    })
    assert.equal(claimed, false)
  })

  wire('close lets a reader go', async ({ wire }) => {
    const reading = wire.read()
    wire.close()
    assert.equal(await reading, undefined)
  })

  wire('end lets everything out before it closes', async ({ wire, far }) => {
    const letter = Buffer.alloc(300_000, 'x')
    void wire.write(letter)
    void wire.write(Buffer.from('QUIT\r\n'))
    wire.end()
    const all = await heard(far, letter.length + 6)
    assert.equal(all.length, letter.length + 6)
    assert.ok(all.endsWith('xQUIT\r\n'))
    assert.equal(await far.read(), undefined)
  })

  wire('what was said in clear is forgotten once it is encrypted', async ({ wire, far }) => {
    await far.write('220 Go on\r\n')
    assert.equal(await heard(wire, 11), '220 Go on\r\n')
    await far.write('250 AUTH PLAIN\r\n')
    const encrypting = wire.startTls()
    far.secure()
    assert.equal((await encrypting).kind, 'secured')
    await far.write('250 Hello\r\n')
    assert.equal(await heard(wire, 11), '250 Hello\r\n')
    await wire.write(Buffer.from('EHLO\r\n'))
    assert.equal(await heard(far, 6), 'EHLO\r\n')
  })
}

/** Reads until so many octets are there, or no more come. */
async function heard(from: Pick<Far, 'read'>, length: number): Promise<string> {
  let text = ''
  while (text.length < length) {
    const octets = await from.read()
    if (!octets) break
    text += Buffer.from(octets).toString('latin1')
  }
  return text
}

async function overLoopback(): Promise<Pair> {
  const arrived = Promise.withResolvers<Socket>()
  const server = createServer((socket) => arrived.resolve(socket))
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  const connect = sockets({ encrypt: encrypter({ clockIsKnown: () => true }) })
  const target = { host: 'smtp.isp.example', address: '127.0.0.1', port, tls: 'opportunistic' } as const
  const connected = await connect(target, new AbortController().signal)
  assert.ok(connected.kind === 'connected')
  let socket = await arrived.promise
  socket.on('error', () => {})
  const chunks = new Map<Socket, AsyncIterator<Uint8Array>>()
  const reader = (): AsyncIterator<Uint8Array> => {
    const known = chunks.get(socket) ?? socket[Symbol.asyncIterator]()
    chunks.set(socket, known)
    return known
  }
  return {
    wire: connected.wire,
    far: {
      read: async () => (await reader().next()).value as Uint8Array | undefined,
      async write(text) {
        await new Promise((taken) => socket.write(text, taken))
        // On loopback it has arrived by now; the turns let our side see it.
        for (let turn = 0; turn < 3; turn++) await new Promise((next) => setImmediate(next))
      },
      close: () => void socket.end(),
      secure() {
        socket = new TLSSocket(socket, { isServer: true, key: pem.key, cert: pem.server })
      },
    },
    async close() {
      connected.wire.close()
      socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}
