/** How busy a machine's processor was between two looks, as its own kernel saw it: whether the line was the limit, or the emulation. */
import type { Guest } from './guest.ts'

export type Ticks = { readonly busy: number; readonly all: number }

export async function ticks(guest: Guest): Promise<Ticks> {
  // user, nice, system, idle, waiting for a device, … (proc(5))
  const counts = (await guest.must('head -n 1 /proc/stat')).trim().split(/ +/).slice(1).map(Number)
  const all = counts.reduce((sum, one) => sum + one, 0)
  return { all, busy: all - (counts[3] ?? 0) - (counts[4] ?? 0) }
}

/** 0 to 1. */
export function busyShare(earlier: Ticks, later: Ticks): number {
  return (later.busy - earlier.busy) / (later.all - earlier.all)
}
