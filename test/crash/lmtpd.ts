/** A mailbox server that speaks LMTP (RFC 2033) and keeps each letter as soon as its dot is here, whatever becomes of the client. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

export type Lmtpd = {
  readonly port: number
  readonly letters: readonly { readonly to: string; readonly octets: Buffer }[]
  close(): Promise<void>
}

export async function startLmtpd(): Promise<Lmtpd> {
  const letters: { to: string; octets: Buffer }[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    converse(socket, (to, octets) => letters.push({ to, octets }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    letters,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function converse(socket: Socket, keep: (to: string, octets: Buffer) => void): void {
  let unread = ''
  let to = ''
  let body: string[] | undefined
  const say = (reply: string): boolean => socket.write(`${reply}\r\n`)
  const hear = (line: string): void => {
    if (body && line !== '.') return void body.push(line.replace(/^\./, ''))
    if (body) {
      keep(to, Buffer.from(body.map((one) => `${one}\r\n`).join(''), 'latin1'))
      body = undefined
      return void say('250 2.0.0 Kept')
    }
    const verb = line.slice(0, 4).toUpperCase()
    if (verb === 'RCPT') to = /<([^@>]*)/.exec(line)?.[1] ?? ''
    if (verb === 'DATA') body = []
    if (verb === 'LHLO') say('250-mailboxes\r\n250-PIPELINING\r\n250 8BITMIME')
    else say(verb === 'DATA' ? '354 Go on' : '250 2.0.0 Ok')
    if (verb === 'QUIT') socket.end()
  }
  socket.setEncoding('latin1').on('data', (text: string) => {
    const lines = (unread + text).split('\r\n')
    unread = lines.pop() ?? ''
    for (const line of lines) hear(line)
  })
  say('220 mailboxes LMTP')
}
