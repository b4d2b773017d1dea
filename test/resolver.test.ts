import assert from 'node:assert/strict'
import { type Socket, createSocket } from 'node:dgram'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { addressesIn, resolver } from '../src/resolver.ts'
import { fakeClock } from './fake/clock.ts'

const signal = new AbortController().signal

describe('a hosts file', () => {
  const hosts = '127.0.0.1 localhost\n# 192.0.2.9 smtp.isp.example\n192.0.2.1\tsmtp.isp.example smtp # ISP\n::1 localhost\nnonsense smtp\n'
  const rows: readonly [string, readonly string[]][] = [
    ['localhost', ['127.0.0.1', '::1']],
    ['smtp', ['192.0.2.1']],
    ['smtp.isp.example', ['192.0.2.1']],
    ['isp', []],
  ]
  for (const [name, addresses] of rows)
    test(name, () => {
      assert.deepEqual(addressesIn(hosts, name), addresses)
    })
})

describe('a resolver', () => {
  let folder: string
  let server: Socket
  let servers: readonly string[]
  let asked: string[]
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dialpost-hosts-'))
    await writeFile(join(folder, 'hosts'), '192.0.2.7 pop.isp.example\n')
    server = createSocket('udp4')
    server.on('message', (query, from) => {
      const { name, type } = questionOf(query)
      asked.push(`${name} ${type === 28 ? 'AAAA' : type === 1 ? 'A' : type}`)
      const answer = name === 'silent.example' ? undefined : answerTo(query, name, type)
      if (answer) server.send(answer, from.port, from.address)
    })
    await new Promise<void>((ready) => server.bind(0, '127.0.0.1', ready))
    servers = [`127.0.0.1:${server.address().port}`]
  })
  beforeEach(() => {
    asked = []
  })
  after(async () => {
    server.close()
    await rm(folder, { recursive: true })
  })
  const open = (clock = fakeClock()) => resolver({ clock, servers: () => servers, hostsFile: join(folder, 'hosts') })

  test('asks nobody for an address, or what the hosts file has', async () => {
    const resolve = open()
    assert.deepEqual(await resolve('192.0.2.1', signal), { kind: 'found', addresses: ['192.0.2.1'] })
    assert.deepEqual(await resolve('2001:db8::1', signal), { kind: 'found', addresses: ['2001:db8::1'] })
    assert.deepEqual(await resolve('POP.isp.example', signal), { kind: 'found', addresses: ['192.0.2.7'] })
    assert.deepEqual(asked, [])
  })

  test('tells of each query that went over the line, and of none for what it knew', async () => {
    let queries = 0
    const resolve = resolver({ clock: fakeClock(), servers: () => servers, hostsFile: '/dev/null', sent: () => queries++ })
    for (const name of ['smtp.isp.example', 'smtp.isp.example', 'six.isp.example']) await resolve(name, signal)
    assert.equal(queries, 3)
  })

  test('works without a hosts file', async () => {
    const resolve = resolver({ clock: fakeClock(), servers: () => servers, hostsFile: join(folder, 'none') })
    assert.equal((await resolve('smtp.isp.example', signal)).kind, 'found')
  })

  test('asks once for the time that the answer lives, in time spent', async () => {
    const clock = fakeClock()
    const resolve = open(clock)
    const found = { kind: 'found', addresses: ['192.0.2.1'] }
    assert.deepEqual(await resolve('smtp.isp.example', signal), found)
    clock.jump(Date.UTC(2050, 0, 1))
    await clock.advance(59_000)
    assert.deepEqual(await resolve('SMTP.isp.example', signal), found)
    assert.deepEqual(asked, ['smtp.isp.example A'])
    await clock.advance(1000)
    assert.deepEqual(await resolve('smtp.isp.example', signal), found)
    assert.equal(asked.length, 2)
  })

  test('asks for AAAA only where there is no A', async () => {
    assert.deepEqual(await open()('six.example', signal), { kind: 'found', addresses: ['2001:db8::1'] })
    assert.deepEqual(asked, ['six.example A', 'six.example AAAA'])
  })

  test('tells a name that is not there from a server that does not know, and remembers neither', async () => {
    const resolve = open()
    for (let turn = 0; turn < 2; turn++) {
      assert.equal((await resolve('none.example', signal)).kind, 'unknown')
      assert.equal((await resolve('broken.example', signal)).kind, 'failed')
    }
    assert.ok(asked.filter((question) => question === 'none.example A').length === 2)
  })

  test('gives up at once when the call ends', async () => {
    const end = new AbortController()
    const asking = open()('silent.example', end.signal)
    while (asked.length === 0) await new Promise((next) => setImmediate(next))
    end.abort()
    assert.equal((await asking).kind, 'failed')
    assert.equal((await open()('smtp.isp.example', end.signal)).kind, 'failed')
  })

  describe('that reaches nobody', () => {
    let current: readonly string[]
    let clock: ReturnType<typeof fakeClock>
    let sent: number
    beforeEach(() => {
      current = ['127.0.0.1:1']
      clock = fakeClock()
      sent = 0
    })
    const ask = (signal: AbortSignal) =>
      resolver({ clock, servers: () => current, hostsFile: '/dev/null', sent: () => sent++ })('smtp.isp.example', signal)
    const pausing = async (): Promise<void> => {
      while (clock.waiting() === 0) await new Promise((next) => setImmediate(next))
    }

    test('asks again, whom pppd names by then', async () => {
      const asking = ask(signal)
      await pausing()
      current = servers
      await clock.advance(1000)
      assert.deepEqual(await asking, { kind: 'found', addresses: ['192.0.2.1'] })
      assert.equal(sent, 2)
    })

    test('gives up after seven seconds', async () => {
      const asking = ask(signal)
      for (const pause of [1000, 2000, 4000]) {
        await pausing()
        await clock.advance(pause)
      }
      assert.deepEqual(await asking, { kind: 'failed', reason: 'no name server can be reached that could say who smtp.isp.example is' })
      assert.equal(sent, 4)
    })

    test('waits no longer than the call', async () => {
      const end = new AbortController()
      const asking = ask(end.signal)
      await pausing()
      end.abort()
      assert.deepEqual(await asking, { kind: 'failed', reason: 'the call ended' })
      assert.equal(sent, 1)
    })
  })
})

/** RFC 1035 §4.1.2. */
function questionOf(query: Buffer): { name: string; type: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1) }
}

/** Names answer for themselves: `six` has AAAA only, `none` is not there, `broken` fails; others have A, with a life of 60 s. */
function answerTo(query: Buffer, name: string, type: number): Buffer {
  const code = name.startsWith('none') ? 3 : name.startsWith('broken') ? 2 : 0
  const address = name.startsWith('six') ? (type === 28 ? sixth : undefined) : type === 1 ? Buffer.from([192, 0, 2, 1]) : undefined
  const record =
    code === 0 && address
      ? Buffer.concat([Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, address.length]), address])
      : Buffer.alloc(0)
  const end = query.indexOf(0, 12) + 5
  const head = Buffer.from(query.subarray(0, 12))
  head.writeUInt16BE(0x8180 | code, 2)
  head.writeUInt16BE(record.length > 0 ? 1 : 0, 6)
  head.writeUInt32BE(0, 8)
  return Buffer.concat([head, query.subarray(12, end), record])
}

const sixth = Buffer.from('20010db8000000000000000000000001', 'hex')
