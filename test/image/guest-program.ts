/**
 * A program of this project for a machine of test/image, made one plain file of JavaScript first: to read forty sources and to leave their types
 * out takes an emulated machine eight seconds.
 */
import { basename, join } from 'node:path'
import { buildSync } from 'esbuild'
import { project } from './emulator.ts'

/** What starts it inside: the rest of a line of sh, before its arguments. `path`: within this project; `share`: the machine's folder. */
export function program({ share }: { readonly share: string }, path: string): string {
  const name = `${basename(path, '.ts')}.mjs`
  buildSync({
    entryPoints: [join(project, path)],
    outfile: join(share, name),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node26',
    logLevel: 'warning',
    // Whoever looks for the project's own files does so from two folders deep; and what is imported is not what is run.
    define: { 'import.meta.dirname': '"/repo/test/image"', 'import.meta.main': 'false' },
  })
  return `/repo/node_modules/.bin/node --disable-warning=ExperimentalWarning /share/${name}`
}
