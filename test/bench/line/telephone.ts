/** A telephone line with somebody at each end: two network namespaces, joined by the emulator. Everything goes when `stop` is called, or with us. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { LineOptions, Order, Report } from './emulator.ts'
import { type Namespace, openNamespace } from './namespace.ts'

export type Line = {
  readonly near: Namespace
  readonly far: Namespace
  /** Counts from here on. */
  begin(): void
  report(): Promise<Report>
  /** What is under way is lost, and nothing passes until `mend`. */
  cut(): void
  mend(): void
  readonly stop: () => Promise<void>
}

/** sysctl(8) names below net.ipv4, for the near end. */
export type EndSettings = Readonly<Record<string, string | number>>

export const modem: LineOptions = lineOf({ bitsPerSecond: 33_600, latency: 60, depth: 16 })

export function lineOf(way: { readonly bitsPerSecond: number; readonly latency: number; readonly depth: number }): LineOptions {
  const both = { ...way, framing: 8 }
  return { up: { ...both, queue: 'pfifo_fast' }, down: { ...both, queue: 'fifo' }, mtu: 1500 }
}

export async function openLine(options: LineOptions, settings: EndSettings = {}): Promise<Line> {
  const near = await openNamespace(settings)
  const far = await openNamespace({})
  const emulator = spawn(
    'chrt',
    // Ahead of everything else on the machine: what it does late, it does to the line.
    [
      '--fifo',
      '10',
      process.execPath,
      join(import.meta.dirname, 'emulator.ts'),
      String(near.pid),
      String(far.pid),
      JSON.stringify(options),
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' } },
  )
  const stop = async (): Promise<void> => {
    if (emulator.connected) emulator.disconnect()
    await gone(emulator)
    await Promise.all([near.stop(), far.stop()])
  }
  const order = (word: Order): void => void emulator.send(word)
  const [word] = await Promise.race([once(emulator, 'message'), once(emulator, 'exit')])
  if (word !== 'ready') {
    await stop()
    throw new Error('the emulated line does not start')
  }
  return {
    near,
    far,
    begin: () => order('begin'),
    async report() {
      order('report')
      const [report] = (await once(emulator, 'message')) as [Report]
      return report
    },
    cut: () => order('cut'),
    mend: () => order('mend'),
    stop,
  }
}

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}
