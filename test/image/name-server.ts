/** The ISP's name server: every name under isp.example is at one address (RFC 1035 §4.1), and there are no others. */
import { createSocket } from 'node:dgram'

/** Listens on port 53 of that address, which is its answer too. */
export async function startNameServer(address: string): Promise<void> {
  const server = createSocket('udp4')
  server.on('message', (query, from) => server.send(answerTo(query, address), from.port, from.address))
  await new Promise<void>((ready) => server.bind(53, address, ready))
}

const under = Buffer.from('\x03isp\x07example\0', 'latin1')

function answerTo(query: Buffer, address: string): Buffer {
  const end = query.indexOf(0, 12) + 1
  const known = query.subarray(12, end).toString('latin1').toLowerCase().endsWith(under.toString('latin1'))
  const wanted = known && query.readUInt16BE(end) === 1
  const head = Buffer.from(query.subarray(0, 12))
  // A response that could recurse; 3: there is no such name.
  head.writeUInt16BE(0x8180 | (known ? 0 : 3), 2)
  head.writeUInt16BE(wanted ? 1 : 0, 6)
  head.writeUInt32BE(0, 8)
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, ...address.split('.').map(Number)])
  return Buffer.concat([head, query.subarray(12, end + 4), wanted ? record : Buffer.alloc(0)])
}
