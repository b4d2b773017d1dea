/** Who a busy hub talks to: LAN clients that send as fast as they are read, and a smarthost that takes everything. Loopback. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

/** A letter of so many octets as the large ones are: one attachment in base64, which packs to three quarters. */
export function letterOf(octets: number, subject: string): Buffer {
  const header = Buffer.from(`From: <eddy@shire.lan>\r\nTo: <linda@far.example>\r\nSubject: ${subject}\r\n\r\n`)
  const lines = Buffer.from(randomBytes(750_000).toString('base64').replace(/.{76}/g, '$&\r\n'))
  const whole = Buffer.alloc(octets, lines)
  header.copy(whole)
  whole.write('\r\n', octets - 2)
  return whole
}

/** One session, one letter after another, each as fast as the hub reads. Rejects with the reply that refused. */
export async function send(port: number, to: string, letters: readonly Buffer[]): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const replies = linesOf(socket.setEncoding('latin1'))
  const expect = async (code: string): Promise<void> => {
    for (;;) {
      const { value } = await replies.next()
      const line = String(value)
      if (!line.startsWith(code)) throw new Error(`the hub said: ${line}`)
      if (line[3] !== '-') return
    }
  }
  try {
    await expect('220')
    socket.write('EHLO client.shire.lan\r\n')
    await expect('250')
    for (const letter of letters) {
      socket.write(`MAIL FROM:<eddy@shire.lan>\r\nRCPT TO:<${to}>\r\nDATA\r\n`)
      await expect('250')
      await expect('250')
      await expect('354')
      for (let at = 0; at < letter.length; at += piece) if (!socket.write(letter.subarray(at, at + piece))) await once(socket, 'drain')
      socket.write('.\r\n')
      await expect('250')
    }
    socket.end('QUIT\r\n')
    await expect('221')
  } finally {
    socket.destroy()
  }
}

const piece = 256 * 1024

async function* linesOf(socket: AsyncIterable<unknown>): AsyncGenerator<string> {
  let text = ''
  for await (const chunk of socket) {
    text += String(chunk)
    for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
      const line = text.slice(0, end)
      text = text.slice(end + 2)
      yield line
    }
  }
}

export interface Sink {
  readonly port: number
  /** Octets so far. */
  received(): number
  close(): void
}

/** A smarthost that offers CHUNKING and forgets what it is given. */
export async function startSink(): Promise<Sink> {
  let octets = 0
  const server = createServer((socket) => {
    let skip = 0
    let text = ''
    socket.on('error', () => {})
    socket.write('220 sink\r\n')
    socket.on('data', (data: Buffer) => {
      octets += data.length
      const skipped = Math.min(skip, data.length)
      skip -= skipped
      text += data.subarray(skipped).toString('latin1')
      for (let end = text.indexOf('\r\n'); end >= 0 && skip === 0; end = text.indexOf('\r\n')) {
        const command = text.slice(0, end)
        text = text.slice(end + 2)
        if (command.startsWith('BDAT')) {
          skip = Number(command.split(' ')[1])
          const here = Math.min(skip, text.length)
          skip -= here
          text = text.slice(here)
          socket.write('250 ok\r\n')
        } else if (command.startsWith('EHLO')) socket.write('250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 CHUNKING\r\n')
        else socket.write(command.startsWith('QUIT') ? '221 bye\r\n' : '250 ok\r\n')
      }
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return { port: (server.address() as AddressInfo).port, received: () => octets, close: () => void server.close() }
}
