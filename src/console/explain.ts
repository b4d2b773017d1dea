/** What becomes of an address, rule by rule, and how its letters look outside: what `dialpost explain` says. Sends nothing. */
import { formatAddress, formatPath, parseAddress, type ReversePath } from '../mail/address.ts'
import { formatReply } from '../mail/reply.ts'
import { placeOf, type Router } from '../route/route.ts'
import type { Masquerade } from '../send/masquerade.ts'

/** How the LAN looks in letters that go by an ISP; '' is the only one. */
export type Look = { readonly isp: string; readonly masquerade: Masquerade | undefined }

/** Who looks as he is. */
const inHouse = { isp: '', masquerade: undefined }

export async function explained(
  text: string,
  sender: string | undefined,
  { router, looks }: { readonly router: Router; readonly looks: readonly Look[] },
): Promise<readonly string[]> {
  const address = parseAddress(text)
  if (!address) return [`${text} is no address; write one such as eddy or linda@far.example`]
  const from: ReversePath | undefined = sender === '' || sender === '<>' ? null : parseAddress(sender ?? 'postmaster')
  if (from === undefined) return [`${sender} is no address; write one such as eddy@shire.lan, or <> for a bounce`]
  const routing = await router.route({ address }, from)
  const lines = [...routing.rules]
  if (routing.kind !== 'copies') return [...lines, `→ ${routing.kind}: ${formatReply(routing.reply)}`]
  for (const copy of routing.copies) {
    for (const { isp, masquerade } of copy.to.courier === 'smarthost' ? looks : [inHouse]) {
      const shownFrom = masquerade ? masquerade.path(copy.from) : copy.from
      const recipient = masquerade ? masquerade.recipient(copy.recipient) : copy.recipient
      const by = isp === '' ? '' : ` by ${isp}`
      lines.push(`→ ${placeOf(copy)}${by}: MAIL FROM:${formatPath(shownFrom)} RCPT TO:<${formatAddress(recipient)}>`)
    }
  }
  return lines
}
