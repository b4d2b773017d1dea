/**
 * Debian's kernel as QEMU starts it at once: unpacked (PVH, an ELF file), and kept for the next time. To unpack it itself takes an emulated machine
 * seven seconds. Where there is no xz, it has to.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { project, tree } from './emulator.ts'

const unpacked = join(project, '.cache/compiled')
/** How what `xz` has packed begins. */
const magic = Buffer.from('\xfd7zXZ\0', 'latin1')

/** The only one in the tree `guest`. */
export function kernel(): string {
  const boot = join(tree('guest'), 'boot')
  const name = readdirSync(boot).find((one) => one.startsWith('vmlinuz-'))
  if (name === undefined) throw new Error(`${boot} has no kernel`)
  const plain = join(unpacked, name.replace('vmlinuz', 'vmlinux'))
  return existsSync(plain) || unpack(join(boot, name), plain) ? plain : join(boot, name)
}

function unpack(packed: string, plain: string): boolean {
  const octets = readFileSync(packed)
  const start = octets.indexOf(magic)
  if (start < 0) return false
  const { stdout, status } = spawnSync('xz', ['-dc', '--single-stream'], { input: octets.subarray(start), maxBuffer: 2 ** 28 })
  if (status !== 0) return false
  mkdirSync(unpacked, { recursive: true })
  const written = `${plain}.${process.pid}`
  writeFileSync(written, stdout)
  renameSync(written, plain)
  return true
}
