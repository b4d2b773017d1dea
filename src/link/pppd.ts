/**
 * Adapter (node:child_process): pppd on a port that a modem has connected. It is started by its path, without a shell, and in a process
 * group of its own, since it signals its whole group where it ends; what it says goes to the log. It takes the port as it is, for one call: what
 * a peers file from before dialpost says of dialling and of calling again is overridden, the rest (`modem` or `local`, authentication, routes)
 * is the peers file's. Where dialpost is not root and pppd is setuid, all this is what any user may say; a `connect` that the peers file has all the
 * same is then root's word, and pppd refuses to start. No second one is started beside it, and none is left behind: one that a killed daemon left on our port is ended before
 * the port is used, and one that runs when this process ends by a fault ends with it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import type { Usage } from './line.ts'
import { countedIn, telling } from './pppd-status.ts'

export type PppdOptions = {
  /** Its path. */
  readonly program: string
  readonly tty: string
  /** bit/s between computer and modem. */
  readonly speed: number
  readonly log: Log
  readonly clock: Clock
  /** Where the kernel lists processes; for tests. */
  readonly processes?: string
}

/** How it ended: its exit status, null if a signal ended it; `never` says why it could not be started; `said` is the last of its own words that tells why, `counted` what it says of the call. */
export type PppdEnd = { readonly status: number | null; readonly never?: string; readonly said?: string; readonly counted?: Usage }

export interface Pppd {
  /** Resolves when it has ended, hooks included as far as pppd waits for them. One at a time. */
  run(options: { readonly peer: string; readonly isp: string }): Promise<PppdEnd>
  /** asked: SIGTERM, pppd(8) says goodbye to the other side · killed: SIGKILL. */
  end(how: 'asked' | 'killed'): void
  /** Ends those that hold our port and are not ours: an earlier daemon's. */
  clear(): Promise<void>
}

/** Milliseconds that an earlier daemon's pppd has to end by itself. */
const grace = 10_000
/** Milliseconds from its end until nobody listens any more. */
const toRead = 500
/** Lines of its words that may hold a reason: its usage, which it prints for an option that it does not know, has 16. */
const kept = 20

export function pppds({ program, tty, speed, log, clock, processes = '/proc' }: PppdOptions): Pppd {
  let running: ChildProcess | undefined
  /** What it wrote has been read; a child of it may keep its output open for ever. */
  const heard = async (child: ChildProcess): Promise<void> => {
    const closed = new AbortController()
    child.once('close', () => closed.abort())
    await clock.sleep(clock.elapsed() + toRead, closed.signal)
  }
  return {
    async run({ peer, isp }) {
      if (running) throw new Error('a pppd runs already')
      // What comes later counts more (checked with the options that pppd 2.4.9 says are in effect, by `dryrun`).
      const own = [tty, String(speed), 'nodetach', 'nopersist', 'lock', 'connect', '', ...(isp === '' ? [] : ['ipparam', isp])]
      const child = spawn(program, ['call', peer, ...own], {
        stdio: ['ignore', 'pipe', 'pipe'],
        cwd: '/',
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
        detached: true,
      })
      running = child
      const leave = (): void => void child.kill('SIGTERM')
      process.once('exit', leave)
      const said: string[] = []
      for (const output of [child.stdout, child.stderr])
        createInterface({ input: output }).on('line', (line) => {
          log.info('pppd', `pppd: ${line}`)
          if (said.push(line) > kept) said.shift()
        })
      const end = await new Promise<PppdEnd>((resolve) => {
        child.once('error', ({ message }) => resolve({ status: null, never: `${program} cannot be started: ${message}` }))
        child.once('exit', (status) => void heard(child).then(() => resolve({ status })))
      })
      process.removeListener('exit', leave)
      running = undefined
      const [words, counted] = [telling(said), countedIn(said)]
      return { ...end, ...(words === undefined ? {} : { said: words }), ...(counted ? { counted } : {}) }
    },
    end(how) {
      // Asked, it tells its children itself.
      if (running?.pid !== undefined) tell(how === 'asked' ? running.pid : -running.pid, how === 'asked' ? 'SIGTERM' : 'SIGKILL')
    },
    async clear() {
      for (const pid of pppdsOn(tty, processes)) {
        if (!tell(pid, 'SIGTERM')) {
          log.warn('pppd-foreign', `pppd ${pid} holds ${tty} and could not be ended; as root: kill ${pid}`)
          continue
        }
        log.notice('pppd-left', `pppd ${pid} of an earlier run holds ${tty}: it is ended`)
        const until = clock.elapsed() + grace
        while (tell(pid, 0) && clock.elapsed() < until) await clock.sleep(clock.elapsed() + 100)
        tell(pid, 'SIGKILL')
      }
    },
  }
}

/** Processes called pppd that were given this tty. */
function pppdsOn(tty: string, processes: string): readonly number[] {
  return readdirSync(processes)
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const [program = '', ...words] = commandLine(`${processes}/${name}/cmdline`)
      return /(?:^|\/)pppd$/.test(program) && words.some((word) => word === tty || `/dev/${word}` === tty)
    })
    .map(Number)
}

function commandLine(path: string): readonly string[] {
  try {
    return readFileSync(path, 'latin1').split('\0')
  } catch {
    return []
  }
}

/** Whether there is such a process still, and it is ours to end: one that a root started is not. */
function tell(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
