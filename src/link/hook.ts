/**
 * RUN/hook, the FIFO by which pppd's ip-up and ip-down tell the daemon of the line without starting a second runtime, and
 * RUN/line, the state they leave for a daemon that starts later. Opened for reading and writing, so that it never ends
 * when a writer leaves, and polled by the event loop, so that no thread sits in read(2). What is no event is
 * logged and passed over.
 */
import { once } from 'node:events'
import { constants, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { makeFifo } from '../libc.ts'
import type { Log } from '../log/events.ts'
import { type HookEvent, lineReader, parseHookLine } from './hook-line.ts'
import { presence } from './presence.ts'

export type HookOptions = {
  /** The setting `run`; made if it is not there. */
  readonly run: string
  readonly log: Log
  readonly clock: Clock
  /** In the order of the FIFO. If the line is up already, that comes first, before `hook` returns. An interface that is gone without a word is told of, too. */
  readonly seen: (event: HookEvent) => void
  /** A computer of the LAN asks for the line: its name or IP address. */
  readonly asked?: (host: string) => void
  /** Where the kernel lists network interfaces; for tests. */
  readonly interfaces?: string
}

export interface Hook {
  /** Resolves when the FIFO is closed and gone. */
  close(): Promise<void>
}

/** Longer ones could not have been written in one piece (PIPE_BUF, pipe(7)). */
const longest = 4096

/** Throws when the FIFO cannot be made or opened. */
export function hook({ run, log, clock, seen, asked, interfaces = '/sys/class/net' }: HookOptions): Hook {
  const path = join(run, 'hook')
  mkdirSync(run, { recursive: true })
  // A new one each time: whoever still holds the last daemon's has nothing to tell this one.
  rmSync(path, { force: true })
  makeFifo(path, 0o600)
  const socket = new Socket({ fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK), readable: true, writable: false })
  const isThere = (name: string): boolean => name !== '' && existsSync(join(interfaces, name))
  const present = presence(isThere, clock, seen)
  const tell = (event: HookEvent): void => {
    present.heard(event)
    seen(event)
  }
  const garbage = (line: string, why: string): void =>
    log.warn('hook-garbage', `${path}: ${JSON.stringify(line.slice(0, 60))} is passed over: ${why}`)
  const heard = (line: string): void => {
    const parsed = parseHookLine(line)
    if ('event' in parsed) tell(parsed.event)
    else if ('ask' in parsed) asked?.(parsed.ask)
    else if (line.trim() !== '') garbage(line, parsed.wrong)
  }
  socket.setEncoding('utf8')
  socket.on(
    'data',
    lineReader(longest, heard, (beginning) => garbage(beginning, `it is longer than ${longest} characters`)),
  )
  socket.on('error', (error) =>
    log.error('hook-broken', `${path}: ${error.message}; ip-up and ip-down are not heard until dialpost is restarted`),
  )
  const before = stateLeft(join(run, 'line'), isThere, log)
  if (before) tell(before)
  return {
    async close() {
      present.close()
      if (socket.closed) return
      const closed = once(socket, 'close')
      socket.destroy()
      await closed
      rmSync(path, { force: true })
    },
  }
}

/** The event that a former ip-up left, if its interface is still there: a pppd that was killed has run no ip-down. */
function stateLeft(path: string, isThere: (name: string) => boolean, log: Log): HookEvent | undefined {
  if (!existsSync(path)) return undefined
  const parsed = parseHookLine(readFileSync(path, 'utf8').slice(0, longest))
  if (!('event' in parsed) || parsed.event.kind !== 'went-up') return undefined
  const { interface: name } = parsed.event.facts
  if (name === '' || isThere(name)) return { ...parsed.event, reason: 'up before dialpost started' }
  log.notice('hook-stale', `${path} says that the line is up, but there is no interface ${name}`)
  return undefined
}
