/** What is said of options of fetchmail's that become no setting. Pure. */
import { itself, none } from './fate.ts'
import type { Account } from './fetchmail-accounts.ts'
import { type Given, textOf } from './fetchmail-file.ts'
import { optionOf } from './fetchmail-options.ts'
import type { Remark } from './page.ts'
import { portOf } from './fetchmail-services.ts'

export function fateOf({ name, value, line }: Given, behindSet = false): readonly Remark[] {
  const option = optionOf(name, behindSet)
  const said = value === false ? option?.denied : option?.fate
  return said === undefined ? [] : [{ line, text: `${value === false ? 'no ' : ''}${name}: ${said}` }]
}

/** Of the account's own options, in the order of the file; those of `defaults` are told of elsewhere, but where that depends on the account. */
export function fatesOf({ options, own }: Account, multidrop: boolean): readonly Remark[] {
  const mine = new Set(own)
  return [...options.values()]
    .flatMap((given) => {
      const special = specials[given.name]?.(given, options, multidrop)
      return special === undefined ? (mine.has(given) ? fateOf(given) : []) : [{ line: given.line, text: special }]
    })
    .toSorted((a, b) => a.line - b.line)
}

type Special = (given: Given, options: Account['options'], multidrop: boolean) => string | undefined

const headersOnly: Special = ({ name }, _options, multidrop) =>
  multidrop ? undefined : `${name}: not needed: all letters of this box are for one person, and their headers are not asked`

const specials: Readonly<Record<string, Special>> = {
  aka: headersOnly,
  localdomains: headersOnly,
  envelope: headersOnly,
  qvirtual: headersOnly,
  authenticate: (given) => {
    const way = textOf(given)
    return ['any', 'password', 'cram', 'cram-md5'].includes(way)
      ? `auth ${way}: ${itself('it shows the password only where it must')}`
      : `auth ${way}: ${none('dialpost logs in by password')}`
  },
  sslcertck: ({ value }) =>
    value === false
      ? `no sslcertck: ${none('with tls = "required" or "implicit" the certificate is checked; fingerprint names one that no authority vouches for')}`
      : undefined,
  sslproto: (_given, options) =>
    options.get('ssl')?.value === true ? `sslproto: ${itself('the newest TLS that both sides know')}` : undefined,
  service: (given) => (portOf(given) === undefined ? 'service: write the number of that service as port' : undefined),
  smtphost: ({ value }) =>
    Array.isArray(value) && value.every((host) => /^(?:localhost|127\.0\.0\.1|::1)(?:\/.*)?$/.test(host))
      ? `smtphost: ${itself('letters are delivered here')}`
      : `smtphost: ${none('letters are delivered here; deliver_to, or an alias, may be an address at that host')}`,
}
