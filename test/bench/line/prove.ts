/** Is the emulated line what it claims to be? A real ping over it, and bulk TCP through it, against what arithmetic says. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { addresses } from './emulator.ts'
import { type Line, modem, openLine } from './telephone.ts'

export type Proof = {
  /** Milliseconds, the median of what ping saw, and what 84 octets there and back take by arithmetic. */
  readonly roundTrip: number
  readonly expectedRoundTrip: number
  /** Payload that came through, as a share of the line rate; and the most that full segments allow. */
  readonly bulk: number
  readonly mostBulk: number
}

const busybox = join(import.meta.dirname, '../../../.cache/peers/tools/bin/busybox')
const pingPacket = 84
const bulkOctets = 200_000

export async function prove(): Promise<Proof> {
  // A window of four segments: what is proven is the line, not the queue in front of it.
  const line = await openLine(modem, { tcp_timestamps: 0, tcp_rmem: '4096 32768 32768' })
  try {
    const { up, down, mtu } = modem
    const once = ({ bitsPerSecond, latency, framing }: typeof up): number => ((pingPacket + framing) * 8000) / bitsPerSecond + latency
    return {
      roundTrip: await ping(line),
      expectedRoundTrip: once(up) + once(down),
      bulk: (await bulk(line)) / down.bitsPerSecond,
      mostBulk: (mtu - 40) / (mtu + down.framing),
    }
  } finally {
    await line.stop()
  }
}

async function ping(line: Line): Promise<number> {
  const child = inside(line.near.enter([busybox, 'ping', '-c', '5', addresses.far]))
  const times = [...(await outputOf(child)).matchAll(/time=([\d.]+)/g)].map(([, time]) => Number(time)).toSorted((a, b) => a - b)
  const median = times[Math.floor(times.length / 2)]
  if (median === undefined) throw new Error('no ping came back over the emulated line')
  return median
}

/** Bits of payload a second. */
async function bulk(line: Line): Promise<number> {
  const program = [process.execPath, join(import.meta.dirname, 'bulk.ts')]
  const server = inside(line.far.enter([...program, 'serve']))
  try {
    if (server.stdout) await once(server.stdout, 'data')
    const said = await outputOf(inside(line.near.enter([...program, 'take', addresses.far, String(bulkOctets)])))
    const { octets, milliseconds } = JSON.parse(said) as { octets: number; milliseconds: number }
    return (octets * 8000) / milliseconds
  } finally {
    server.kill()
  }
}

function inside([command = '', ...words]: readonly string[]): ChildProcess {
  const env = { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' }
  return spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'], env })
}

async function outputOf(child: ChildProcess): Promise<string> {
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await once(child, 'close')
  return text
}
