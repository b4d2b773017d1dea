import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { pretendModem } from '../../src/demo/modem.ts'

const servers: Server[] = []
const echoes: Socket[] = []
after(() => {
  for (const server of servers) server.close()
  for (const socket of echoes) socket.destroy()
})

/** A server that sends everything back. */
async function echo(): Promise<number> {
  const server = createServer((socket) => {
    echoes.push(socket)
    socket.on('error', () => socket.destroy()).pipe(socket)
  })
  servers.push(server)
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return (server.address() as AddressInfo).port
}

test('octets come through unchanged and are counted each way', async () => {
  const modem = pretendModem({ bitsPerSecond: 8_000_000, latency: 1 })
  const port = await modem.through(await echo())
  modem.pickUp()
  const sent = Buffer.alloc(20_000, 'abcdefg')
  const socket = connect(port, '127.0.0.1')
  socket.end(sent)
  const received: Buffer[] = []
  for await (const chunk of socket) received.push(chunk as Buffer)
  assert.deepEqual(Buffer.concat(received).length, sent.length)
  assert.ok(Buffer.concat(received).equals(sent))
  assert.deepEqual(modem.carried(), { out: sent.length, in: sent.length })
  await modem.close()
})

test('while the receiver is on the hook no connection comes to anything', async () => {
  const modem = pretendModem({ bitsPerSecond: 8_000_000, latency: 1 })
  const socket = connect(await modem.through(await echo()), '127.0.0.1')
  socket.resume()
  await once(socket, 'close')
  assert.deepEqual(modem.carried(), { out: 0, in: 0 })
  await modem.close()
})

test('hanging up cuts what is under way', async () => {
  const modem = pretendModem({ bitsPerSecond: 8000, latency: 1 })
  const port = await modem.through(await echo())
  modem.pickUp()
  const socket = connect(port, '127.0.0.1')
  socket.write(Buffer.alloc(50_000))
  await once(socket, 'data')
  modem.hangUp()
  socket.on('error', () => {})
  await once(socket, 'close')
  assert.ok(modem.carried().out < 50_000)
  await modem.close()
})
