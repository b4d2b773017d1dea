/**
 * Who holds a lock file, as its content tells. Pure. The first line is a process id, as liblockfile, procmail's lockfile and
 * mutt write and read it; our second line names the machine, its boot and the process's start, so that a lock left behind
 * by a dead process of this very machine is known for what it is. A bare process id proves nothing: it may be of another host.
 */

export type Holder = {
  readonly pid: number | undefined
  /** Of a dialpost: `host` is its own name, `boot` the kernel's boot id, `started` the process's start in clock ticks since then. */
  readonly dialpost?: { readonly host: string; readonly boot: string; readonly started: string }
}

/** A process that can take locks: this one, or in tests one that is dead. */
export type Self = Required<Holder> & { readonly pid: number }

export function formatHolder({ pid, dialpost: { host, boot, started } }: Self): string {
  return `${pid}\ndialpost ${host} ${boot} ${started}\n`
}

export function parseHolder(content: string): Holder {
  const pid = /^\s*(\d{1,10})(?!\d)/.exec(content)?.[1]
  const ours = /^\d+\ndialpost (\S+) (\S+) (\d+)$/m.exec(content)
  const [, host, boot, started] = ours ?? []
  const number = pid === undefined || Number(pid) === 0 ? undefined : Number(pid)
  if (host === undefined || boot === undefined || started === undefined) return { pid: number }
  return { pid: number, dialpost: { host, boot, started } }
}

/** Whether it was a dialpost of this machine that lives no more; `startOf` tells when a living process of this boot started. */
export function isLeftBehind({ pid, dialpost }: Holder, self: Self, startOf: (pid: number) => string | undefined): boolean {
  if (pid === undefined || dialpost === undefined || dialpost.host !== self.dialpost.host) return false
  if (dialpost.boot !== self.dialpost.boot) return true
  if (pid === self.pid && dialpost.started === self.dialpost.started) return false
  return startOf(pid) !== dialpost.started
}

/** `process 1234 of moriah (dialpost)`. */
export function describeHolder({ pid, dialpost }: Holder): string {
  if (pid === undefined) return 'a process that left no number'
  return dialpost ? `process ${pid} of ${dialpost.host} (dialpost)` : `process ${pid} (of this or another host)`
}
