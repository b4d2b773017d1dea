/** Port: the files that routing reads, as functions, so that src/route touches no disk. Adapters read them each time they are asked. */
import type { AliasFile } from './aliases.ts'

/** Reasons are clauses that name their file: `/etc/aliases cannot be read (EIO)`. */
type Unreadable = { readonly kind: 'unreadable'; readonly reason: string }

export type RouteFiles = {
  aliases(): Promise<{ readonly kind: 'text'; readonly files: readonly AliasFile[] } | Unreadable>
  include(path: string): Promise<{ readonly kind: 'text'; readonly text: string } | Unreadable>
  /** The user's .forward: `unsafe` if somebody else could have written it or we may not read it, `unreadable` if the home is not there just now. */
  forward(
    user: string,
  ): Promise<
    | { readonly kind: 'none' }
    | { readonly kind: 'text'; readonly path: string; readonly text: string }
    | { readonly kind: 'unsafe'; readonly path: string; readonly reason: string }
    | Unreadable
  >
}
