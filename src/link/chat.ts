/**
 * Adapter: dials by a chat(8) script that an installation already has, run by the real chat with the port as its input and output and the
 * number as \T. No shell. The port is set and kept open by the caller. It is ended on abort and when it takes longer than it may.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import { outcomeOfChat } from './chat-script.ts'
import type { Dialled } from './modem.ts'

export type ChatOptions = {
  /** chat itself, of Debian's package ppp. */
  readonly program: string
  readonly script: string
  readonly number: string
  /** A descriptor of the port, speed set, raw. */
  readonly port: number
  /** Milliseconds. */
  readonly within: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Characters of its report that are kept. */
const saidLimit = 4000
/** Milliseconds from asking it to end until it must. */
const grace = 2000

/** Never rejects. */
export async function chat({ program, script, number, port, within, clock, signal }: ChatOptions): Promise<Dialled> {
  const text = read(script)
  if (text === undefined) return { kind: 'failed', failure: 'refused', words: `the chat script ${script} cannot be read` }
  const child = spawn(program, ['-f', script, '-T', number], { stdio: [port, port, 'pipe'], env: {} })
  const over = new AbortController()
  const limit = limitTime(child, within, clock, AbortSignal.any([signal, over.signal]), over.signal)
  const end = await endOf(child)
  over.abort()
  await limit
  if (signal.aborted) return { kind: 'failed', failure: 'aborted', words: 'dialling was given up' }
  if (end.fault !== undefined) return { kind: 'failed', failure: 'refused', words: `${program} cannot be run: ${end.fault}` }
  if (end.code === null) return { kind: 'failed', failure: 'no-answer', words: `the chat script took more than ${within / 1000} seconds` }
  return outcomeOfChat(end, text)
}

async function limitTime(child: ChildProcess, within: number, clock: Clock, cut: AbortSignal, over: AbortSignal): Promise<void> {
  await clock.sleep(clock.elapsed() + within, cut)
  if (over.aborted) return
  child.kill('SIGTERM')
  await clock.sleep(clock.elapsed() + grace, over)
  if (!over.aborted) child.kill('SIGKILL')
}

function endOf(child: ChildProcess): Promise<{ code: number | null; said: string; fault?: string }> {
  let said = ''
  child.stderr?.setEncoding('latin1').on('data', (text: string) => {
    if (said.length < saidLimit) said += text
  })
  return new Promise((resolve) => {
    child.once('error', (fault) => resolve({ code: null, said, fault: fault.message }))
    child.once('close', (code) => resolve({ code, said }))
  })
}

function read(script: string): string | undefined {
  try {
    return readFileSync(script, 'utf8')
  } catch {
    return undefined
  }
}
