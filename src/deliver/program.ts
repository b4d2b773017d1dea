/**
 * `|command` in an alias or a .forward: the letter on its standard input, as the user whose rule it is. Never as root, nor as
 * a daemon's own user: a command of root's, or of anybody else where this process may not change its user, is refused. Bounded in time and in what
 * it may say. The one delivery that cannot be asked about after a crash: it is run again, and that is reported.
 */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Clock } from '../clock.ts'
import { type Account, isPerson } from '../config/passwd.ts'
import { formatAddress } from '../mail/address.ts'
import type { Outcome } from '../mail/outcome.ts'
import { brokenBy } from '../mail/outcome.ts'
import { reply } from '../mail/reply.ts'
import type { Accounts } from './account.ts'
import { outcomeOfExit } from './exit-status.ts'
import { programLetter } from './from-line.ts'
import type { Mail } from './mailbox.ts'
import type { Programs } from './local.ts'

export type ProgramOptions = {
  readonly accounts: Accounts
  readonly clock: Clock
  /** Milliseconds until the program and its children are ended. */
  readonly timeLimit?: number
  /** PATH of the programs. */
  readonly searchPath?: string
}

/** Octets of the program's words that a reply carries. */
const saidLimit = 1000
/** Milliseconds from asking a program to end until it must, and from its end until its children's output is left alone. */
const grace = 2000

export function programs({
  accounts,
  clock,
  timeLimit = 5 * 60_000,
  searchPath = '/usr/local/bin:/usr/bin:/bin',
}: ProgramOptions): Programs {
  async function run(command: string, user: string, mail: Mail, signal: AbortSignal): Promise<Outcome> {
    const account = accounts.find(user)
    const where = `|${command}`
    if (!account) return { kind: 'deferred', reply: reply(451, '4.3.5', `${where} is to run as ${user}, who has no account`), where }
    const refused = whyNot(account)
    if (refused !== undefined) return { kind: 'refused', reply: reply(554, '5.3.5', `${where} ${refused}`), where }
    try {
      return await fed(start(command, account, environment(account, mail, searchPath)), mail, where, signal)
    } catch (error) {
      return { ...brokenBy(error), where }
    }
  }

  async function fed(child: ChildProcess, mail: Mail, where: string, signal: AbortSignal): Promise<Outcome> {
    const over = new AbortController()
    const output = collect(child)
    const limit = limitTime(child, AbortSignal.any([over.signal, signal]))
    try {
      const [{ status, killed }, unread] = await Promise.all([endOf(child), feed(child, mail)])
      over.abort()
      await drained(child)
      if (await limit) return cut(where, signal.aborted ? 'was stopped with the daemon' : `took more than ${timeLimit / 1000} seconds`)
      if (unread) return cut(where, `could not be given the letter: ${unread.message}`)
      return killed === null ? outcomeOfExit(status ?? 0, output(), where) : cut(where, `was ended by ${killed}`)
    } finally {
      over.abort()
    }
  }

  /** Whether it had to be ended: at the time limit, or because the daemon stops. */
  async function limitTime(child: ChildProcess, signal: AbortSignal): Promise<boolean> {
    await clock.sleep(clock.elapsed() + timeLimit, signal)
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return false
    endGroup(child, 'SIGTERM')
    await clock.sleep(clock.elapsed() + grace, signalOfExit(child))
    endGroup(child, 'SIGKILL')
    return true
  }

  /** A child of the program may keep its output open for ever. */
  async function drained(child: ChildProcess): Promise<void> {
    const closed = new AbortController()
    child.once('close', () => closed.abort())
    if (!child.stdout?.readableEnded || !child.stderr?.readableEnded) await clock.sleep(clock.elapsed() + grace, closed.signal)
    child.stdout?.destroy()
    child.stderr?.destroy()
  }

  return { run }
}

function whyNot(account: Account): string | undefined {
  const self = process.geteuid?.()
  if (account.uid === 0) return 'would run as root; give the rule to another user'
  if (self === 0 || (self === account.uid && isPerson(account))) return undefined
  return `cannot be run as ${account.name}: dialpost does not run as root`
}

/** A process group of its own, so that its children end with it. The user's other groups are dropped with root's (setgroups). */
function start(command: string, { uid, gid, home }: Account, env: Record<string, string>): ChildProcess {
  const identity = process.geteuid?.() === uid ? {} : { uid, gid }
  return spawn('/bin/sh', ['-c', command], {
    ...identity,
    env,
    cwd: existsSync(home) ? home : '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** Nothing of ours: only what a command needs to know. */
function environment({ name, home }: Account, { from, recipient }: Mail, searchPath: string): Record<string, string> {
  const sender = from === null ? '' : formatAddress(from)
  return { PATH: searchPath, HOME: home, USER: name, LOGNAME: name, SHELL: '/bin/sh', SENDER: sender, RECIPIENT: formatAddress(recipient) }
}

function endOf(child: ChildProcess): Promise<{ status: number | null; killed: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (status, killed) => resolve({ status, killed }))
  })
}

/** What went wrong in reading the letter. A program that does not want to hear all of it decides by its status alone. */
async function feed(child: ChildProcess, mail: Mail): Promise<Error | undefined> {
  let broken: Error | undefined
  async function* letter(): AsyncGenerator<Uint8Array> {
    let given = false
    try {
      for await (const octets of programLetter(mail)) {
        given = true
        yield octets
        given = false
      }
    } catch (error) {
      // A stream throws into its source, at the yield, when the program has closed its input.
      if (given) return
      broken = error instanceof Error ? error : new Error(String(error))
      endGroup(child, 'SIGKILL')
    }
  }
  if (child.stdin) await pipeline(Readable.from(letter()), child.stdin).catch(() => undefined)
  return broken
}

function collect(child: ChildProcess): () => string {
  const parts: Buffer[] = []
  let length = 0
  const take = (octets: Buffer) => {
    if (length < saidLimit) parts.push(octets.subarray(0, saidLimit - length))
    length += octets.length
  }
  child.stdout?.on('data', take)
  child.stderr?.on('data', take)
  return () =>
    Buffer.concat(parts)
      .toString('utf8')
      .replace(/[^\P{Cc}\n]/gu, '')
      .trim()
}

function signalOfExit(child: ChildProcess): AbortSignal {
  const ended = new AbortController()
  child.once('exit', () => ended.abort())
  if (child.exitCode !== null || child.signalCode !== null) ended.abort()
  return ended.signal
}

function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // It has ended by itself.
  }
}

function cut(where: string, why: string): Outcome {
  return { kind: 'deferred', reply: reply(451, '4.3.0', `${where} ${why}`), where }
}
