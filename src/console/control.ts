/**
 * RUN/control, the daemon's door for operators: a Unix socket on which each connection is one command. Requests and answers are
 * JSON, one a line: `{"command":["queue","--json"]}` is answered by any number of `{"say":…}`, `{"complain":…}`, `{"ask":…}`
 * (to be answered by `{"answer":true}`) and one `{"exit":N}`. Mode 0660: who may write it may do everything an operator may.
 */
import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
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

/** Has the daemon perform a command; undefined if no daemon answers there. */
export async function askDaemon(path: string, words: readonly string[], voice: Voice): Promise<number | undefined> {
  const socket = await connected(path)
  if (!socket) return undefined
  voice.signal.addEventListener('abort', () => socket.destroy())
  socket.write(`${JSON.stringify({ command: words })}\n`)
  for await (const line of linesOf(socket, Number.POSITIVE_INFINITY)) {
    const { say, complain, ask, exit } = JSON.parse(line) as { say?: string; complain?: string; ask?: string; exit?: number }
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
    const words = first.done ? undefined : commandOf(first.value)
    if (!words) return tell({ complain: 'dialpost: {"command":["…"]} is expected on one line', exit: 64 })
    const code = await perform(words, {
      say: (text) => tell({ say: text }),
      complain: (text) => tell({ complain: text }),
      async ask(question) {
        tell({ ask: question })
        const answer = await lines.next()
        return !answer.done && (JSON.parse(answer.value) as { answer?: unknown }).answer === true
      },
      signal: gone.signal,
    })
    tell({ exit: code })
  } catch {
    tell({ complain: 'dialpost: that request is no JSON line', exit: 64 })
  } finally {
    socket.end()
  }
}

function commandOf(line: string): readonly string[] | undefined {
  const { command } = JSON.parse(line) as { command?: unknown }
  return Array.isArray(command) && command.every((word) => typeof word === 'string') ? command : undefined
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
