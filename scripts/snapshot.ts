/**
 * The heap as a bundle leaves it, without code: what is not called costs nothing, and Node's own code would take 5 MB of RAM.
 * The same bundle makes the same octets: nothing that Node meets on its way is by chance, or has a name of this machine. Its own name it reads
 * from the kernel, which names the loader that it is started through. What its streams are it notes too, so that they are the same for whoever
 * builds: at a terminal, or into a pipe. Time and process id are fixed only by FAKETIME_LIBRARY in the environment,
 * the path of libfaketime.so.1 (Debian's libfaketime).
 */
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, writeFileSync } from 'node:fs'

const loaders: Readonly<Record<string, string>> = { x64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' }

/** When garbage is collected depends neither on other threads nor on how much memory this machine has. */
const chanceless = ['--random-seed=1', '--hash-seed=1', '--single-threaded', '--max-old-space-size=256', '--max-semi-space-size=16']

export function makeSnapshot(bundle: string, snapshot: string): void {
  const recipe = `${snapshot}.json`
  writeFileSync(recipe, JSON.stringify({ builder: '/dev/stdin', withoutCodeCache: true }))
  const library = process.env['FAKETIME_LIBRARY']
  const files = [openSync(bundle, 'r'), openSync(snapshot, 'w'), openSync(recipe, 'r')] as const
  const [from, to, how] = files
  const still = library === undefined ? [] : ['--preload', library]
  const node = ['--argv0', 'node', process.execPath, ...chanceless, '--disable-warning=ExperimentalWarning']
  const words = [...still, ...node, '--snapshot-blob', '/dev/stdout', '--build-snapshot-config', '/dev/fd/3']
  execFileSync(loaders[process.arch] ?? '', words, {
    cwd: '/',
    env: { FAKETIME: '2000-01-01 00:00:00', FAKETIME_FAKEPID: '1' },
    stdio: [from, to, 'pipe', how],
  })
  for (const file of files) closeSync(file)
}
