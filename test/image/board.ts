/** A board besides QEMU's PC, as its `meta` describes it: the image that is flashed, and the computer of QEMU's that is like it. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { LoneOptions } from './lone-gateway.ts'
import { project } from './emulator.ts'

const imageOf = (name: string): string => join(project, 'dist/image', `${name}.img`)

/** Why it cannot be booted here, or false: what node:test wants as `skip`. */
export function noBoard(name: string): string | false {
  return !existsSync(imageOf(name)) && `dist/image/${name}.img is not there; scripts/image ${name} makes it`
}

/** What a gateway is made of; `firmware`: a file in place of the one that `meta` names behind -bios. */
export function board(name: string, firmware?: string): LoneOptions {
  const meta = parseEnv(readFileSync(join(project, 'board', name, 'meta'), 'utf8')) as Record<string, string>
  const computer = [join(project, 'scripts/firmware/qemu'), ...(meta['QEMU'] ?? '').split(' ')]
  if (firmware !== undefined) computer[computer.indexOf('-bios') + 1] = firmware
  return { computer, image: imageOf(name), memory: Number(meta['RAM_MB']) }
}

/** U-Boot for QEMU's arm64 board, of the same source as those that Debian has for boards. */
export function uBoot(): string {
  const words = ['-c', 'ONLY=yes scripts/firmware/debian "$(dpkg --print-architecture)" u-boot-qemu']
  return join(execFileSync('sh', words, { cwd: project, encoding: 'utf8' }).trim(), 'usr/lib/u-boot/qemu_arm64/u-boot.bin')
}
