/**
 * Where mail ends in these tests: an SMTP server that keeps every letter octet for octet, as the last stop behind Postfix and
 * Exim, and as the hub of a sendmail nullclient. It takes everything, says so at once, and offers nothing that changes a letter.
 */
import { EventEmitter, once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

export type SunkLetter = {
  /** As in HELO or EHLO. */
  readonly client: string
  /** MAIL's and RCPT's paths without angle brackets; the null sender is ''. */
  readonly from: string
  readonly recipients: readonly string[]
  /** MAIL's and RCPT's lines as they came, for their parameters. */
  readonly commands: readonly string[]
  /** Dots unstuffed, CRLF line ends as sent. */
  readonly octets: Buffer
  /** `performance.now()` at its final dot. */
  readonly at: number
}

export type Sink = {
  readonly port: number
  /** All so far, in the order of their final dots. */
  readonly letters: readonly SunkLetter[]
  /** Resolves when there are at least this many; rejects after `patience` milliseconds (default 30 s). */
  received(count: number, patience?: number): Promise<readonly SunkLetter[]>
  readonly stop: () => Promise<void>
}

export type SinkOptions = {
  /** A reply in place of the usual one, by command line (`RCPT TO:<x>`); the final dot is the command `.`. */
  readonly answer?: (command: string) => string | undefined
  /** Its first line, without the code. */
  readonly greeting?: () => string
}

export async function startSink({ answer = () => undefined, greeting = () => 'sink ESMTP' }: SinkOptions = {}): Promise<Sink> {
  const letters: SunkLetter[] = []
  const arrivals = new EventEmitter()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    socket.write(`220 ${greeting()}\r\n`)
    converse(socket, answer, (letter) => {
      letters.push(letter)
      arrivals.emit('letter')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    letters,
    async received(count, patience = 30_000) {
      const signal = AbortSignal.timeout(patience)
      while (letters.length < count)
        await once(arrivals, 'letter', { signal }).catch(() => {
          throw new Error(`${letters.length} of ${count} letters have arrived`)
        })
      return letters
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function converse(socket: Socket, answer: NonNullable<SinkOptions['answer']>, keep: (letter: SunkLetter) => void): void {
  let client = ''
  let commands: string[] = []
  let content: Buffer[] | undefined
  const reply = (command: string, usual: string): boolean => {
    const said = answer(command) ?? usual
    socket.write(`${said}\r\n`)
    return said < '4'
  }
  const command = (line: string): void => {
    const verb = line.slice(0, 4).toUpperCase()
    if (verb === 'EHLO' || verb === 'HELO') {
      client = line.slice(5)
      commands = []
      reply(line, `250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250-DSN\r\n250 SIZE 0`)
    } else if (verb === 'MAIL' || verb === 'RCPT') {
      if (reply(line, '250 2.1.0 Ok')) commands.push(line)
    } else if (verb === 'DATA') {
      if (reply(line, '354 Go on')) content = []
    } else if (verb === 'QUIT') {
      reply(line, '221 2.0.0 Bye')
      socket.end()
    } else if (verb === 'RSET' || verb === 'NOOP') {
      if (verb === 'RSET') commands = []
      reply(line, '250 2.0.0 Ok')
    } else reply(line, '502 5.5.1 Not here')
  }
  const bodyLine = (line: Buffer): void => {
    if (content === undefined) return
    if (!line.equals(dot)) return void content.push(line[0] === 0x2e ? line.subarray(1) : line)
    const letter = { client, ...envelope(commands), commands, octets: Buffer.concat(content), at: performance.now() }
    commands = []
    content = undefined
    if (reply('.', '250 2.0.0 Ok')) keep(letter)
  }
  lines(socket, (line) => (content ? bodyLine(line) : command(line.toString('utf8').trimEnd())))
}

const dot = Buffer.from('.\r\n')

function envelope(commands: readonly string[]): { from: string; recipients: readonly string[] } {
  const [from = '', ...recipients] = commands.map((line) => /<(.*?)>/.exec(line)?.[1] ?? '')
  return { from, recipients }
}

/** Calls with each line, its CRLF included. A bare LF or CR does not end a line. */
function lines(socket: Socket, take: (line: Buffer) => void): void {
  let rest: Buffer[] = []
  socket.on('data', (chunk: Buffer) => {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, end + 1)) {
      const line = Buffer.concat([...rest, chunk.subarray(start, end + 1)])
      if (line.at(-2) !== 13) continue
      rest = []
      start = end + 1
      take(line)
    }
    if (start < chunk.length) rest.push(chunk.subarray(start))
  })
}
