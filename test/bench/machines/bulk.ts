/**
 * Bulk TCP between two machines, run inside them (node bulk.ts …):
 *   serve PORT                                  at the far end: sends or takes octets as it is told
 *   measure HOST PORT WAYS TEXT WARM COUNT      at the near end: WAYS is down, up or both; TEXT is random or letters; seconds of warming up, then
 *                                               of counting. Prints {"down":N,"up":N}: octets of payload a second that were received
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { corpus } from '../line/corpus.ts'

const [command, ...words] = process.argv.slice(2)
if (command === 'serve') serve(Number(words[0]))
else process.stdout.write(`${JSON.stringify(await measure(words))}\n`)

function serve(port: number): void {
  createServer((socket) => {
    socket.on('error', () => {})
    // What comes behind the first line is counted, not read as lines.
    socket.once('data', (first: Buffer) => {
      const [what, ...rest] = first.toString('latin1').split('\n', 1)[0]?.split(' ') ?? []
      if (what === 'send') pour(socket, rest[0] ?? '')
      else void count(socket, Number(rest[0]), Number(rest[1])).then((rate) => socket.write(`${rate}\n`))
    })
  }).listen(port)
}

async function measure([host = '', port = '', ways = '', text = '', warm = '', seconds = '']: readonly string[]): Promise<object> {
  const call = async (line: string): Promise<Socket> => {
    const socket = connect(Number(port), host)
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.setNoDelay().write(`${line}\n`)
    return socket
  }
  const down = async (): Promise<number> => {
    const socket = await call(`send ${text}`)
    const rate = await count(socket, Number(warm), Number(seconds))
    // The other way may still be counted, beside a line as full as before.
    await delay(3000)
    socket.destroy()
    return rate
  }
  const up = async (): Promise<number> => {
    const socket = await call(`take ${warm} ${seconds}`)
    await delay(300)
    pour(socket, text)
    const [line] = (await once(createInterface({ input: socket }), 'line')) as [string]
    // What it still holds is thrown away, not sent beside the next measurement.
    socket.resetAndDestroy()
    return Number(line)
  }
  const rates = await Promise.all([ways === 'up' ? undefined : down(), ways === 'down' ? undefined : up()])
  return { down: rates[0], up: rates[1] }
}

/** Octets a second that come in, from so many seconds after now. */
async function count(socket: Socket, warm: number, seconds: number): Promise<number> {
  let total = 0
  let since = 0
  let last = 0
  let before = 0
  socket.on('data', (octets: Buffer) => {
    total += octets.length
    last = performance.now()
  })
  await delay(warm * 1000)
  ;[since, before] = [last, total]
  await delay(seconds * 1000)
  // From one arrival to another: what is under way belongs to neither end.
  return Math.round((total - before) / ((last - since) / 1000))
}

/** Sends as fast as it can. Random octets cannot be compressed; letters are those of the corpus, one after another. */
function pour(socket: Socket, text: string): void {
  const letters = text === 'letters' ? corpus('mixed', 3).map(({ octets }) => octets) : []
  let at = 0
  const piece = (): Buffer => letters[at++ % letters.length] ?? randomBytes(4096)
  const fill = (): void => {
    while (!socket.destroyed && socket.write(piece()));
  }
  socket.on('drain', fill)
  fill()
}
