/** An ext4 of its own on a loop device: the kernel counts what reaches it, file system journal included. Only for root. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

export type VolumeOptions = {
  readonly name: string
  /** Octets of a block. */
  readonly block: number
  /** For mount(8). */
  readonly options: string
  readonly megabytes: number
}

/** Kilobytes written to the device, and flushes. */
export type Figures = { readonly kilobytes: number; readonly flushes: number }

export interface Volume {
  readonly name: string
  readonly path: string
  /** All that was ever written to it, once a sync has left nothing in flight. */
  read(): Figures
  /** Done at the process's end, if not before. */
  unmount(): void
}

/** Why there can be none here. */
export function whyNoVolume(megabytes: number): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can mount a loop device'
  if (!existsSync('/dev/loop-control')) return 'there are no loop devices here'
  const { bavail, bsize } = statfsSync(tmpdir())
  return bavail * bsize < megabytes * 2 ** 20 ? 'too little room for the images' : undefined
}

/** Its image lies in `scratch`. */
export function mount(scratch: string, { name, block, options, megabytes }: VolumeOptions): Volume {
  const image = join(scratch, `${name.replaceAll(' ', '-')}.img`)
  const path = `${image}.mnt`
  run('truncate', '-s', `${megabytes}M`, image)
  run('mkfs.ext4', '-q', '-F', '-b', String(block), '-E', 'lazy_itable_init=0,lazy_journal_init=0', image)
  const device = run('losetup', '-f', '--show', image).trim()
  try {
    mkdirSync(path)
    run('mount', '-o', options, device, path)
  } catch (cause) {
    run('losetup', '-d', device)
    throw cause
  }
  let mounted = true
  /** At once, though a program that was just killed may hold it a moment longer. */
  const unmount = (): void => {
    if (!mounted) return
    mounted = false
    run('umount', '--lazy', path)
    run('losetup', '-d', device)
  }
  process.prependOnceListener('exit', unmount)
  return {
    name,
    path,
    unmount,
    read() {
      run('sync', '-f', path)
      const fields = readFileSync(`/sys/block/${basename(device)}/stat`, 'latin1')
        .trim()
        .split(/\s+/)
        .map(Number)
      return { kilobytes: (fields[6] ?? 0) / 2, flushes: fields[15] ?? 0 }
    },
  }
}

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
