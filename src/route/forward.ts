/** What a user's .forward says, from what its adapter found. Pure. An unsafe one is as none; an unreadable home is no answer. */
import type { RouteFiles } from './files.ts'
import type { Mistake, Target } from './targets.ts'
import { formatTarget, parseTargetLines } from './targets.ts'

export type Forward =
  | { readonly kind: 'none'; readonly rule?: string }
  | { readonly kind: 'unsafe'; readonly rule: string }
  | { readonly kind: 'targets'; readonly targets: readonly Target[]; readonly mistakes: readonly Mistake[]; readonly rule: string }
  | { readonly kind: 'unreadable'; readonly reason: string }

/** A file that names nobody forwards nothing: the mail stays with its user. */
export function readForward(user: string, found: Awaited<ReturnType<RouteFiles['forward']>>): Forward {
  if (found.kind === 'none') return found
  if (found.kind === 'unreadable') return { kind: 'unreadable', reason: found.reason }
  if (found.kind === 'unsafe') return { kind: 'unsafe', rule: `the .forward of ${user} is ignored: ${found.reason}` }
  const { targets, mistakes } = parseTargetLines(found.path, found.text)
  if (targets.length === 0) return { kind: 'none', rule: `${found.path} names nobody` }
  return { kind: 'targets', targets, mistakes, rule: `${user} forwards to ${targets.map(formatTarget).join(', ')} (${found.path})` }
}
