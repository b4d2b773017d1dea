/**
 * What a program and all it starts cost the processors: by a control group of its own, since proc(5) forgets children that nobody
 * waited for. The kernel's first version of them counts in `cpuacct`, the second in every group.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Meter {
  /** Seconds of processor time, of user and kernel, of all its processes, those that ended too. */
  seconds(): number
  /** Once all of them have ended. */
  close(): void
}

const groups = '/sys/fs/cgroup'
const first = join(groups, 'cpuacct')

/** Calls `start` within a new group, for its processes to be born there, and leaves the group again. */
export function metered<T>(start: () => T): { readonly started: T; readonly meter: Meter } {
  const root = existsSync(first) ? first : groups
  const group = join(root, `dialpost-bench-${process.pid}-${++count}`)
  mkdirSync(group)
  const meter = {
    seconds: () => (existsSync(first) ? nanoseconds(group) / 1e9 : microseconds(group) / 1e6),
    close: () => rmdirSync(group),
  }
  const own = ownGroup(root)
  enter(group)
  try {
    return { started: start(), meter }
  } finally {
    enter(own)
  }
}

let count = 0

function enter(group: string): void {
  writeFileSync(join(group, 'cgroup.procs'), String(process.pid))
}

/** Lines of /proc/self/cgroup are `NUMBER:CONTROLLERS:PATH` (cgroups(7)). */
function ownGroup(root: string): string {
  const lines = readFileSync('/proc/self/cgroup', 'latin1').split('\n')
  const line = lines.find((one) => (root === first ? /^\d+:(.*,)?cpuacct(,.*)?:/ : /^0::/).test(one))
  return join(root, line?.replace(/^\d+:[^:]*:/, '') ?? '/')
}

function nanoseconds(group: string): number {
  return Number(readFileSync(join(group, 'cpuacct.usage'), 'latin1'))
}

function microseconds(group: string): number {
  return Number(/^usage_usec (\d+)/m.exec(readFileSync(join(group, 'cpu.stat'), 'latin1'))?.[1])
}
