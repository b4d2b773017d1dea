/** What this process occupies, from /proc/self/smaps_rollup (proc(5)); octets. */
import { readFileSync } from 'node:fs'

export function memory(): { pss: number; anonymous: number } {
  const text = readFileSync('/proc/self/smaps_rollup', 'utf8')
  const value = (name: string): number => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0)
  return { pss: value('Pss'), anonymous: value('Anonymous') }
}
