import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { openWebFile } from '../../src/update/web-file.ts'

const octets = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, at) => (at * 7) % 251))

async function served(t: TestContext, listener: RequestListener): Promise<URL> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/new.update`)
}

test('its front is read twice, the rest once, and no further than it goes', async (t) => {
  const url = await served(t, ({ url: path }, response) => {
    assert.equal(path, '/new.update')
    response.writeHead(200, { 'content-length': octets.length }).end(octets)
  })
  let passed = 0
  const file = await openWebFile(url, (more) => (passed += more))
  assert.equal(file.length, octets.length)
  const into = Buffer.alloc(100_000)
  assert.equal(await file.read(into.subarray(0, 2050), 0), 2050)
  assert.deepEqual(into.subarray(0, 2050), octets.subarray(0, 2050))
  for (let at = 300; at < octets.length; at += into.length) {
    const read = await file.read(into, at)
    assert.equal(read, Math.min(into.length, octets.length - at))
    assert.deepEqual(into.subarray(0, read), octets.subarray(at, at + read))
  }
  assert.equal(await file.read(into, octets.length), 0)
  assert.equal(passed, octets.length - 4096)
  await file.close()
})

test('a file shorter than its front is read whole', async (t) => {
  const file = await openWebFile(await served(t, (_, response) => response.writeHead(200, { 'content-length': 3 }).end('abc')), () => {})
  assert.equal(await file.read(Buffer.alloc(2050), 0), 3)
  await file.close()
})

test('what is not there, or of no known length, is an error in words', async (t) => {
  await assert.rejects(
    openWebFile(await served(t, (_, response) => response.writeHead(404).end()), () => {}),
    /its server answers 404/,
  )
  const endless = await served(t, (_, response) => void response.writeHead(200, { 'transfer-encoding': 'chunked' }).write('x'))
  await assert.rejects(
    openWebFile(endless, () => {}),
    /does not say how long it is/,
  )
})

test('a server that breaks off is an error, not an end', async (t) => {
  const url = await served(t, (_, response) => {
    response.writeHead(200, { 'content-length': octets.length })
    response.write(octets.subarray(0, 100_000), () => response.destroy())
  })
  const file = await openWebFile(url, () => {})
  await assert.rejects(file.read(Buffer.alloc(200_000), 0), { code: 'ECONNRESET' })
  await file.close()
})

test('a server that falls silent is an error, before its answer and within it', async (t) => {
  await assert.rejects(
    openWebFile(await served(t, () => undefined), () => {}, 50),
    /its server says nothing/,
  )
  const url = await served(t, (_, response) => {
    response.writeHead(200, { 'content-length': octets.length })
    response.write(octets.subarray(0, 100_000))
  })
  const file = await openWebFile(url, () => {}, 50)
  await assert.rejects(file.read(Buffer.alloc(200_000), 0), { code: 'ECONNRESET' })
  await file.close()
})
