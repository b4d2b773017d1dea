/**
 * Whose is it? For one envelope recipient: which mailboxes, programs, files and outside addresses get a copy, and by
 * which rules. Promises that mail for an address of ours, in whatever guise, never leaves by modem, that nobody
 * gets two copies, and that postmaster exists. Knows no disk: the files come as functions.
 */
import { formatAddress } from '../mail/address.ts'
import { formatReply, reply } from '../mail/reply.ts'
import type { AliasFile, Aliases } from './aliases.ts'
import { parseAliases } from './aliases.ts'
import { claims, isLocalDomain } from './claims.ts'
import { expansion, lastResort } from './expand.ts'
import type { Router, Routing } from './route.ts'
import { withoutDoubles } from './route.ts'
import type { Settings } from './walk.ts'

export type RouterOptions = Settings

export function router(options: RouterOptions): Router {
  const aliasesOf = rememberedAliases(options)
  const claimsOf = claims(options)
  return {
    isLocal: (domain) => isLocalDomain(options, domain),
    async route(recipient, from) {
      const rules: string[] = []
      const read = await options.files.aliases()
      if (read.kind === 'unreadable') return deferred(rules, read.reason)
      const found = await expansion({ ...options, claimsOf, aliases: aliasesOf(read.files) }, recipient, from, rules)
      if (found.deferred !== undefined) return deferred(rules, found.deferred)
      if (found.copies.length > 0) return { kind: 'copies', copies: withoutDoubles(found.copies), rules }
      const answer = found.failed[0] ?? reply(550, '5.1.1', `<${formatAddress(recipient.address)}>... User unknown`)
      if (!found.isPostmaster) return { kind: 'refused', reply: answer, rules: [...rules, `refused: ${formatReply(answer)}`] }
      return { kind: 'copies', copies: [lastResort(options, recipient, from, rules)], rules }
    },
  }
}

function deferred(rules: readonly string[], reason: string): Routing {
  return { kind: 'deferred', reply: reply(451, '4.3.0', `Try again later: ${reason}`), rules: [...rules, `not now: ${reason}`] }
}

/** Parses the files anew only when they changed, and reports their mistakes only then. */
function rememberedAliases({ log }: RouterOptions): (files: readonly AliasFile[]) => Aliases {
  let known: readonly AliasFile[] = []
  let aliases = parseAliases(known)
  return (files) => {
    const same = files.length === known.length && files.every(({ path, text }, at) => known[at]?.path === path && known[at]?.text === text)
    if (!same) {
      known = files
      aliases = parseAliases(files)
      for (const { where, text } of aliases.mistakes) log.warn('alias-mistake', `${where}: ${text}`, { where })
    }
    return aliases
  }
}
