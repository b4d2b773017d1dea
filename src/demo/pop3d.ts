/** The pretend ISP's POP3 server (RFC 1939, 2449): letters in memory, deleted at QUIT only. For the demo and the journeys. */
import { type AddressInfo, createServer, type Socket } from 'node:net'

export type Letter = { readonly uidl: string; readonly octets: Buffer }

export interface Pop3Server {
  readonly port: number
  /** What lies in a user's box. */
  box(user: string): readonly Letter[]
  put(user: string, octets: Buffer): void
  close(): Promise<void>
}

export async function pretendPop3(passwords: ReadonlyMap<string, string>): Promise<Pop3Server> {
  const boxes = new Map<string, Letter[]>([...passwords.keys()].map((user) => [user, []]))
  const sockets = new Set<Socket>()
  let serial = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    converse(socket, passwords, boxes)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    port: (server.address() as AddressInfo).port,
    box: (user) => boxes.get(user) ?? [],
    put(user, octets) {
      boxes.get(user)?.push({ uidl: `letter-${++serial}`, octets })
    },
    close: () =>
      new Promise((closed) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => closed())
      }),
  }
}

function converse(socket: Socket, passwords: ReadonlyMap<string, string>, boxes: Map<string, Letter[]>): void {
  let user = ''
  let letters: readonly Letter[] | undefined
  let input = ''
  const gone = new Set<Letter>()
  const ok = (text = ''): boolean => socket.write(`+OK ${text}\r\n`)
  const no = (text: string): boolean => socket.write(`-ERR ${text}\r\n`)
  const lines = (rows: readonly string[]): boolean => socket.write(['+OK', ...rows, '.', ''].join('\r\n'))
  const commands: Record<string, (argument: string, more: string) => unknown> = {
    CAPA: () => lines(['TOP', 'UIDL', 'USER', 'PIPELINING', 'RESP-CODES']),
    USER: (name) => {
      user = name
      ok()
    },
    PASS: (password) => {
      if (passwords.get(user) !== password) return no('[AUTH] wrong user or password')
      letters = [...(boxes.get(user) ?? [])]
      return ok(`${letters.length} letters`)
    },
    QUIT: () => {
      boxes.set(
        user,
        (boxes.get(user) ?? []).filter((letter) => !gone.has(letter)),
      )
      ok()
      socket.end()
    },
  }
  const inside: typeof commands = {
    STAT: () => ok(`${left().length} ${left().reduce((sum, { octets }) => sum + octets.length, 0)}`),
    LIST: (which) =>
      which === '' ? lines(each(({ octets }) => octets.length)) : one(which, (letter) => ok(`${which} ${letter.octets.length}`)),
    UIDL: (which) => (which === '' ? lines(each(({ uidl }) => uidl)) : one(which, (letter) => ok(`${which} ${letter.uidl}`))),
    RETR: (which) => one(which, ({ octets }) => content(octets)),
    TOP: (which, count) => one(which, ({ octets }) => content(top(octets, Number(count)))),
    DELE: (which) =>
      one(which, (letter) => {
        gone.add(letter)
        ok()
      }),
    NOOP: () => ok(),
    RSET: () => {
      gone.clear()
      ok()
    },
  }
  const left = (): readonly Letter[] => (letters ?? []).filter((letter) => !gone.has(letter))
  const each = (value: (letter: Letter) => string | number): string[] =>
    (letters ?? []).flatMap((letter, at) => (gone.has(letter) ? [] : [`${at + 1} ${value(letter)}`]))
  const one = (which: string, then: (letter: Letter) => unknown): unknown => {
    const letter = letters?.[Number(which) - 1]
    return letter && !gone.has(letter) ? then(letter) : no('no such letter')
  }
  const content = (octets: Buffer): void => {
    const text = octets.toString('latin1').replace(/^\./gm, '..')
    socket.write(`+OK\r\n${text}${text.endsWith('\r\n') ? '' : '\r\n'}.\r\n`, 'latin1')
  }
  ok('pretend ISP')
  socket.setEncoding('latin1').on('data', (data: string) => {
    input += data
    for (let end = input.indexOf('\n'); end >= 0; end = input.indexOf('\n')) {
      const [command = '', argument = '', more = ''] = input.slice(0, end).trim().split(' ')
      input = input.slice(end + 1)
      const act = commands[command.toUpperCase()] ?? (letters ? inside[command.toUpperCase()] : undefined)
      if (act) act(argument, more)
      else no('not now, or no such command')
    }
  })
}

/** The header and so many lines of the body. */
function top(octets: Buffer, count: number): Buffer {
  const text = octets.toString('latin1')
  const body = text.indexOf('\r\n\r\n') + 4
  return Buffer.from(text.slice(0, body) + text.slice(body).split('\r\n').slice(0, count).join('\r\n'), 'latin1')
}
