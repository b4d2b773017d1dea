/**
 * Adapter (node:fs): what this process may do to the computer. The daemon need not be root; rootfs/usr/lib/dialpost/as-dialpost names the least
 * that it needs, and config/lacking.ts says what goes without.
 */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Capability, Rights } from './config/lacking.ts'

/** By their numbers in linux/capability.h. */
const bits: Readonly<Record<Capability, bigint>> = { chown: 0n, sys_time: 25n }

export function ownRights(): Rights {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`)
  return {
    root: process.geteuid?.() === 0,
    has: (capability) => ((effective >> bits[capability]) & 1n) === 1n,
    mayWrite: (path) => !existsSync(path) || mayWrite(path),
    without: (folder, names) => names.filter((name) => !existsSync(join(folder, name))),
  }
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
