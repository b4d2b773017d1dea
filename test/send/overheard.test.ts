import assert from 'node:assert/strict'
import { test } from 'node:test'
import { overheard } from '../../src/send/overheard.ts'
import type { Connect, Wire } from '../../src/send/wire.ts'

const target = { host: 'smtp.isp.example', address: '192.0.2.1', port: 25, tls: 'off' } as const
const { signal } = new AbortController()

/** Only reads. */
function saying(...pieces: readonly string[]): Connect {
  const left = [...pieces]
  const wire: Partial<Wire> = { where: 'x', read: async () => (left.length > 0 ? Buffer.from(left.shift() ?? '') : undefined) }
  return async () => ({ kind: 'connected', wire: wire as Wire })
}

async function heardOf(connect: Connect): Promise<{ heard: readonly string[]; read: readonly string[] }> {
  const [heard, read]: [string[], string[]] = [[], []]
  const connected = await overheard(connect, (host, greeting) => heard.push(`${host}: ${greeting}`))(target, signal)
  if (connected.kind === 'failed') return { heard, read: [connected.reason] }
  for (let piece = await connected.wire.read(); piece; piece = await connected.wire.read()) read.push(Buffer.from(piece).toString())
  return { heard, read }
}

test('the first line of a server is heard once, and the courier reads all of it', async () => {
  const pieces = ['220-smtp.isp.example\r\n220 hello\r\n', '250 ok\r\n']
  assert.deepEqual(await heardOf(saying(...pieces)), { heard: ['smtp.isp.example: 220-smtp.isp.example'], read: pieces })
})

test('a server that says nothing, or is not there, is not heard', async () => {
  assert.deepEqual(await heardOf(saying()), { heard: [], read: [] })
  assert.deepEqual(await heardOf(async () => ({ kind: 'failed', reason: 'ECONNREFUSED' })), { heard: [], read: ['ECONNREFUSED'] })
})
