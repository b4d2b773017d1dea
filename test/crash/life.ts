/** The daemon in a process of its own, from its start to its death: what it logged, where it listens, and how it ended. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Line } from '../../src/log/events.ts'
import type { Hub } from '../journey/hub.ts'

/** Where a life ends: when this instant comes for this time, counted from 1. */
export type Fatal = { readonly instant: string; readonly occurrence: number }

export type Life = {
  /** The LAN's door; 0 if it died before it was open. */
  readonly port: number
  readonly fatal: Fatal | undefined
  isOver(): boolean
  /** Resolves with the exit code; null if it was killed. */
  readonly end: Promise<number | null>
  lines(): readonly Line[]
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
}

const program = join(import.meta.dirname, 'daemon.ts')
/** Compiled once for the hundreds of lives of these tests. */
const compiled = join(import.meta.dirname, '../../.cache/compiled')
const patience = 30_000

/** Resolves when it is ready, or has died on the way there. Rejects when it ends without having been killed. */
export async function live(hub: Hub, number: number, fatal?: Fatal): Promise<Life> {
  const logFile = join(hub.folder, `life-${number}.log`)
  const words = [program, hub.settings, hub.passwd, logFile, ...(fatal ? [fatal.instant, String(fatal.occurrence)] : [])]
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...words], {
    stdio: 'pipe',
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
  })
  let errors = ''
  child.stderr.on('data', (text) => (errors += String(text)))
  child.stdin.on('error', () => {})
  const end = once(child, 'close').then(([code]) => code as number | null)
  const ready = once(child.stdout, 'data').then(([text]) => Number(/ready (\d+)/.exec(String(text))?.[1]))
  const late = AbortSignal.timeout(patience)
  const port = await Promise.race([ready, end.then(() => 0), once(late, 'abort').then(() => Number.NaN)])
  if (Number.isNaN(port)) child.kill('SIGKILL')
  if (Number.isNaN(port) || (port === 0 && child.signalCode !== 'SIGKILL')) throw new Error(`life ${number} did not begin: ${errors}`)
  return {
    port,
    fatal,
    isOver: () => child.exitCode !== null || child.signalCode !== null,
    end: end.then((code) => {
      if (errors !== '') throw new Error(`life ${number} complained: ${errors}`)
      return code
    }),
    lines: () => linesOf(logFile),
    kill: (signal) => void child.kill(signal),
  }
}

/** The last line may have been cut off by the death. */
function linesOf(file: string): readonly Line[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Line)
}
