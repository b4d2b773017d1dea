/** What a program and all it started has cost the processors, from proc(5). */
import { readFileSync } from 'node:fs'

const ticks = 100

/** Seconds of processor time, of user and kernel, of a process, its children that live, and those that were waited for. */
export function processorTime(pid: number): number {
  const spent = own(pid)
  return childrenOf(pid).reduce((sum, child) => sum + processorTime(child), spent)
}

/** Fields 14 to 17 of stat, counted behind the command, which may hold anything. */
function own(pid: number): number {
  const stat = read(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / ticks
}

function childrenOf(pid: number): readonly number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
}

/** A process may end between two looks. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
