/**
 * RUN/control, the daemon's door for operators: a Unix socket on which each connection is one command. Requests and answers are
 * JSON, one a line: `{"command":["queue","--json"]}` is answered by any number of `{"say":…}`, `{"complain":…}`, `{"ask":…}`
 * (to be answered by `{"answer":true}`) and one `{"exit":N}`. Who has a terminal says so, `"terminal":{"columns":80,"rows":24}`: what a command
 * writes on it comes as `{"write":…}`, and what is typed goes as `{"typed":…}`, each character an octet. Mode 0660: who may write the socket may do
 * everything an operator may.
 */
import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import type { Size } from './paging.ts'
import type { Terminal } from './terminal.ts'
import type { Voice } from './voice.ts'

export interface ControlServer {
  close(): Promise<void>
}

/** The longest request line, octets. */
const longest = 64 * 1024

/** Listens; a socket that a dead daemon left is replaced, a living daemon's is an error (EADDRINUSE). */
export async function serveControl(
  path: string,
  perform: (words: readonly string[], voice: Voice) => Promise<number>,
): Promise<ControlServer> {
  if (await answers(path)) throw Object.assign(new Error(`another dialpost is running: it answers on ${path}`), { code: 'EADDRINUSE' })
  rmSync(path, { force: true })
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    void converse(socket, perform)
  })
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(path, listening)
  })
  chmodSync(path, 0o660)
  return {
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

type Said = { say?: string; complain?: string; ask?: string; write?: string; exit?: number }

/** Has the daemon perform a command; undefined if no daemon answers there. */
export async function askDaemon(path: string, words: readonly string[], voice: Voice): Promise<number | undefined> {
  const socket = await connected(path)
  if (!socket) return undefined
  voice.signal.addEventListener('abort', () => socket.destroy())
  const { terminal } = voice
  socket.write(`${JSON.stringify({ command: words, ...(terminal ? { terminal: terminal.size } : {}) })}\n`)
  terminal?.hear((octets) => socket.write(`${JSON.stringify({ typed: Buffer.from(octets).toString('latin1') })}\n`))
  terminal?.gone.addEventListener('abort', () => socket.destroy())
  for await (const line of linesOf(socket, Number.POSITIVE_INFINITY)) {
    const { say, complain, ask, write, exit } = JSON.parse(line) as Said
    if (write !== undefined) await terminal?.write(write)
    if (say !== undefined) voice.say(say)
    if (complain !== undefined) voice.complain(complain)
    if (ask !== undefined) socket.write(`${JSON.stringify({ answer: await voice.ask(ask) })}\n`)
    if (exit !== undefined) {
      socket.end()
      return exit
    }
  }
  return undefined
}

async function converse(socket: Socket, perform: (words: readonly string[], voice: Voice) => Promise<number>): Promise<void> {
  const gone = new AbortController()
  socket.on('close', () => gone.abort())
  socket.on('error', () => gone.abort())
  const tell = (answer: object): void => {
    if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`)
  }
  const lines = linesOf(socket, longest)
  try {
    const first = await lines.next()
    const request = first.done ? undefined : requestOf(first.value)
    if (!request) return tell({ complain: 'dialpost: {"command":["…"]} is expected on one line', exit: 64 })
    const code = await perform(request.words, {
      say: (text) => tell({ say: text }),
      complain: (text) => tell({ complain: text }),
      async ask(question) {
        tell({ ask: question })
        const answer = await lines.next()
        return !answer.done && (JSON.parse(answer.value) as { answer?: unknown }).answer === true
      },
      async ready() {
        if (socket.writableNeedDrain) await taken(socket)
      },
      signal: gone.signal,
      ...(request.size ? { terminal: terminalOf(socket, request.size, lines, tell, gone.signal) } : {}),
    })
    tell({ exit: code })
  } catch {
    tell({ complain: 'dialpost: that request is no JSON line', exit: 64 })
  } finally {
    socket.end()
  }
}

type Request = { readonly words: readonly string[]; readonly size: Size | undefined }

function requestOf(line: string): Request | undefined {
  const { command, terminal } = JSON.parse(line) as { command?: unknown; terminal?: { columns?: unknown; rows?: unknown } }
  if (!Array.isArray(command) || !command.every((word) => typeof word === 'string')) return undefined
  const { columns, rows } = terminal ?? {}
  const size = typeof columns === 'number' && typeof rows === 'number' ? { columns, rows } : undefined
  return { words: command, size }
}

/** The user's, at the other end of the socket. */
function terminalOf(
  socket: Socket,
  size: Size,
  lines: AsyncGenerator<string>,
  tell: (answer: object) => void,
  gone: AbortSignal,
): Terminal {
  return {
    size,
    rate: undefined,
    async write(text) {
      tell({ write: text })
      if (socket.writableNeedDrain) await taken(socket)
    },
    hear: (typed) => void listen(lines, typed),
    gone,
  }
}

async function listen(lines: AsyncGenerator<string>, typed: (octets: Uint8Array) => void): Promise<void> {
  try {
    for await (const line of lines) {
      const { typed: text } = JSON.parse(line) as { typed?: unknown }
      if (typeof text === 'string') typed(Buffer.from(text, 'latin1'))
    }
  } catch {
    // Not one of ours: nobody is heard any more.
  }
}

/** Resolves when the socket takes more, or has gone. */
function taken(socket: Socket): Promise<void> {
  return new Promise((done) => {
    const over = (): void => {
      socket.off('drain', over).off('close', over)
      done()
    }
    socket.on('drain', over).on('close', over)
  })
}

/** However the connection ends, there are just no more lines. */
async function* linesOf(socket: Socket, limit: number): AsyncGenerator<string> {
  let text = ''
  try {
    for await (const chunk of socket.setEncoding('utf8')) {
      text += String(chunk)
      if (text.length > limit && !text.includes('\n')) return
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      yield* lines
    }
  } catch {
    // The other side, or the user, has gone.
  }
}

async function answers(path: string): Promise<boolean> {
  const socket = await connected(path)
  socket?.destroy()
  return socket !== undefined
}

function connected(path: string): Promise<Socket | undefined> {
  return new Promise((done) => {
    const socket = connect(path)
    socket.once('connect', () => done(socket))
    socket.once('error', () => done(undefined))
  })
}
