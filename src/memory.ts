/** What this process occupies, from /proc/self/smaps_rollup (proc(5)); octets. And how it comes to occupy less. */
import { readFileSync } from 'node:fs'
import { releaseMalloc, thriftyMalloc } from './libc.ts'
import type { Memory } from './relief.ts'

export function memory(): { pss: number; anonymous: number } {
  const text = readFileSync('/proc/self/smaps_rollup', 'utf8')
  const value = (name: string): number => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0)
  return { pss: value('Pss'), anonymous: value('Anonymous') }
}

/**
 * This process's own memory. Collecting needs `--expose-gc`, which the executable has; without it V8 collects when it likes.
 * Malloc is told to be thrifty when something is first released: a start need not wait for that.
 */
export function ownMemory(): Memory {
  let thrifty = false
  const release = (): void => {
    if (!thrifty) thriftyMalloc()
    thrifty = true
    releaseMalloc()
  }
  return {
    buffers: () => process.memoryUsage().arrayBuffers,
    collectYoung: () => globalThis.gc?.({ type: 'minor' }),
    collectAll: () => globalThis.gc?.(),
    release,
    tidy() {
      globalThis.gc?.({ type: 'major', flavor: 'last-resort' })
      release()
    },
  }
}
