/** A small SNTP server on loopback, whose answers a test may spoil: what a real one would say is built first. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

export type Answer = {
  leap: number
  version: number
  mode: number
  stratum: number
  /** Of 65536ths of a second. */
  rootDelay: number
  rootDispersion: number
  reference: string
  originate: bigint
  receive: bigint
  transmit: bigint
}

export type ClockServer = { readonly port: number; asked(): number; close(): Promise<void> }

/** `now`: milliseconds since 1970. `spoil` may change the answer, give several, or none. `port`: default any. */
export async function clockServer(
  now: () => number,
  spoil: (answer: Answer) => readonly Answer[] = (answer) => [answer],
  port = 0,
): Promise<ClockServer> {
  const socket = createSocket('udp4')
  let asked = 0
  let closing: Promise<unknown> | undefined
  socket.on('message', (question, { port, address }) => {
    asked += 1
    for (const answer of spoil(answerTo(question.readBigUInt64BE(40), now()))) socket.send(answerOctets(answer), port, address)
  })
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  return {
    port: socket.address().port,
    asked: () => asked,
    async close() {
      closing ??= once(socket.close(), 'close')
      await closing
    },
  }
}

export function answerTo(cookie: bigint, wall: number): Answer {
  const time = timestampOf(wall)
  const facts = { leap: 0, version: 4, mode: 4, stratum: 2, rootDelay: 655, rootDispersion: 655, reference: 'GPS\0' }
  return { ...facts, originate: cookie, receive: time, transmit: time }
}

export function answerOctets(answer: Answer): Buffer {
  const octets = Buffer.alloc(48)
  octets[0] = (answer.leap << 6) | (answer.version << 3) | answer.mode
  octets[1] = answer.stratum
  octets.writeInt32BE(answer.rootDelay, 4)
  octets.writeUInt32BE(answer.rootDispersion, 8)
  octets.write(answer.reference.padEnd(4, '\0'), 12, 4, 'latin1')
  octets.writeBigUInt64BE(answer.originate, 24)
  octets.writeBigUInt64BE(answer.receive, 32)
  octets.writeBigUInt64BE(answer.transmit, 40)
  return octets
}

/** Seconds since 1900 and their fraction, of whatever era it is. */
export function timestampOf(wall: number): bigint {
  const seconds = BigInt(Math.floor(wall / 1000)) + 2_208_988_800n
  const fraction = BigInt(Math.round(((((wall % 1000) + 1000) % 1000) * 2 ** 32) / 1000))
  return BigInt.asUintN(64, (seconds << 32n) + fraction)
}
