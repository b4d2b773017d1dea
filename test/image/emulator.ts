/**
 * QEMU from its tree .cache/peers/qemu (scripts/peers), where nothing is installed. Every instruction is emulated, so that machines run
 * wherever this does. They die with the test process at the latest.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { preloadedLines } from '../modem/lines.ts'

/** This project's folder. */
export const project: string = join(import.meta.dirname, '../..')

/**
 * Seconds after which what should happen in a machine will not happen any more. It costs nothing where it happens, and a busy host is
 * slow.
 */
export const patience = 300

/** What scripts/peers has fetched under that name. */
export const tree = (name: string): string => join(project, '.cache/peers', name)

/** Why machines of these trees cannot be had here, or false: what node:test wants as `skip`. */
export function noMachines(...trees: readonly string[]): string | false {
  const absent = ['qemu', 'guest', ...trees].filter((name) => !existsSync(join(tree(name), '.stamp')))
  if (absent.length > 0) return `${absent.join(', ')} not in .cache/peers; scripts/peers fetches what Debian has`
  const [program = '', ...words] = emulator(['--version'])
  return spawnSync(program, words, { env: environment }).status === 0 ? false : 'QEMU does not run here'
}

/** What a machine's serial port is joined to: a backend of QEMU's (`-chardev`), and the file of its modem lines if it has some. */
export type ModemPort = { readonly backend: string; readonly lines?: string }

export type Emulated = {
  /** It is there as the chardev of that name, and a PC's has lines. */
  readonly modem?: ModemPort | undefined
  /** By its command; default: a PC as all machines here are. */
  readonly computer?: readonly string[] | undefined
  /**
   * MB for what has been translated, all of which is thrown away once they are full; default: QEMU's, which never are. Where a page has held code,
   * QEMU looks through all translations of it at every store to it, until that code is overwritten (accel/tcg/translate-all.c). A machine
   * with little memory uses its pages again all the time: with 64 MB it boots in 29 s with the default (1 GB), in 20 to 23 with 256 MB.
   */
  readonly translations?: number | undefined
}

/** A machine with nothing in it but what these arguments name. */
export function startEmulator(words: readonly string[], { modem, computer, translations }: Emulated): ChildProcess {
  const port = modem === undefined ? [] : ['-chardev', `${modem.backend},id=modem`]
  const accelerator = translations === undefined ? 'tcg' : `tcg,tb-size=${translations}`
  const rest = ['-accel', accelerator, '-nodefaults', '-display', 'none', ...port, ...words]
  if (computer) return begin([...computer, ...rest], process.env)
  const pc = ['-M', 'q35', '-cpu', 'Nehalem', ...rest]
  if (modem?.lines === undefined) return begin(emulator(pc), environment)
  return begin(emulator(pc, preloadedLines()), { ...environment, MODEM_LINES: modem.lines })
}

/** A death signal outlives exec. */
function begin(command: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', ...command], { stdio: ['ignore', 'ignore', 'inherit'], env })
}

/** As the mains plug does. Resolves when it is gone. */
export async function end(machine: ChildProcess): Promise<void> {
  if (machine.exitCode !== null || machine.signalCode !== null) return
  const gone = once(machine, 'exit')
  machine.kill('SIGKILL')
  await gone
}

const at = (path: string): string => join(tree('qemu'), path)
const libraries = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'].map(at)
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', QEMU_MODULE_DIR: at('usr/lib/x86_64-linux-gnu/qemu') }

/** Its own loader with its own libraries and firmware. */
function emulator(words: readonly string[], preloaded?: string): readonly string[] {
  const loader = [at('lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'), '--library-path', libraries.join(':')]
  if (preloaded !== undefined) loader.push('--preload', preloaded)
  return [...loader, at('usr/bin/qemu-system-x86_64'), '-L', at('usr/share/qemu'), '-L', at('usr/share/seabios'), ...words]
}
