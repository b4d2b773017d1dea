/** What `newaliases` says of the alias files. There is no database to build: the daemon reads the files themselves when they change. Pure. */
import { type AliasFile, parseAliases } from '../route/aliases.ts'
import { formatTarget } from '../route/targets.ts'

export type Checked = { readonly said: readonly string[]; readonly mistakes: readonly string[] }

/** `/etc/aliases: 3 aliases, longest 12 bytes, 60 bytes total`, a line a file; lengths are those of what the names stand for, the total has the names too. */
export function checkAliases(files: readonly AliasFile[]): Checked {
  const { byName, mistakes } = parseAliases(files)
  const sizes = [...byName.values()].map(({ name, targets, where }) => {
    const target = Buffer.byteLength(targets.map(formatTarget).join(', '))
    return { where, target, whole: Buffer.byteLength(name) + target }
  })
  return {
    said: files.map(({ path }) => {
      const own = sizes.filter(({ where }) => where.replace(/:\d+$/, '') === path)
      const longest = Math.max(0, ...own.map(({ target }) => target))
      return `${path}: ${own.length} aliases, longest ${longest} bytes, ${own.reduce((sum, { whole }) => sum + whole, 0)} bytes total`
    }),
    mistakes: mistakes.map(({ where, text }) => `${where}: ${text}`),
  }
}
