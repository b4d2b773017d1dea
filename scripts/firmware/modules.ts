/** Which of a kernel's modules are to be loaded, in which order. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/**
 * Files of these modules and of all they depend on, each behind what it depends on. `folder`: lib/modules of one kernel. What is built into it
 * has no file; throws for a name that it has neither way.
 */
export function modulesInOrder(folder: string, names: readonly string[]): readonly string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = new Map(paths.filter((path) => path.endsWith('.ko')).map((path) => [nameOf(path), join(folder, path)]))
  const list = paths.find((path) => basename(path) === 'modules.builtin') ?? ''
  const builtIn = new Set(readFileSync(join(folder, list), 'utf8').split('\n').map(nameOf))
  const absent = names.filter((name) => !files.has(name) && !builtIn.has(name))
  if (absent.length > 0) throw new Error(`this kernel has no module of the name ${absent.join(', ')}`)
  const ordered = new Set<string>()
  const add = (name: string): void => {
    const path = files.get(name)
    if (path === undefined || ordered.has(path)) return
    for (const other of needs(path)) add(other)
    ordered.add(path)
  }
  for (const name of names) add(name)
  return [...ordered]
}

const nameOf = (path: string): string => basename(path, '.ko').replaceAll('-', '_')

function needs(path: string): readonly string[] {
  const depends = /\0depends=([^\0]*)\0/.exec(readFileSync(path, 'latin1'))?.[1] ?? ''
  return depends.split(',').filter(Boolean).map(nameOf)
}
