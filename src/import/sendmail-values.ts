/** Values of sendmail's as settings write them: times, hosts behind a mailer, addresses to listen at, networks. Pure. */
import { parseIp } from '../ip.ts'

/** Seconds of `5d`, `4h30m`, or of a bare number in its unit; undefined if it is no time. */
export function seconds(text: string, unit: 's' | 'm' | 'h' | 'd'): number | undefined {
  if (!/^(?:\d{1,6}[smhdw])*\d{0,6}$/i.test(text) || text === '') return undefined
  const parts = [...text.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)]
  return parts.reduce((sum, [, count, of]) => sum + Number(count) * units[(of || unit) as keyof typeof units], 0)
}

const units = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const

/** The hosts of `relay:[a.example]:b.example`; none if the mailer speaks no SMTP, or the host is not known before the letter is. */
export function hostsBehind(text: string): readonly string[] {
  const [, mailer, rest = ''] = /^(?:([A-Za-z][\w-]*):(?!:))?([^]*)$/.exec(text.trim()) ?? []
  const plain = mailer === undefined || /^(?:relay|(?:[de]?smtp|smtp8))$/i.test(mailer)
  // `a:b` is a mailer and a host only if the mailer is one.
  const hosts = plain ? rest : /^[^:]*\./.test(text) ? text : ''
  if (hosts === '' || hosts.includes('$')) return []
  return [...hosts.matchAll(/\[([^\]]*)\]|[^:]+/g)].map(([whole, inside]) => (inside ?? whole).replace(/^IPv6:/i, ''))
}

const services: Readonly<Record<string, number>> = { smtp: 25, mail: 25, submission: 587, msa: 587 }

export function portOf(text: string): number | undefined {
  if (/^\d{1,5}$/.test(text)) return Number(text)
  return Object.hasOwn(services, text.toLowerCase()) ? services[text.toLowerCase()] : undefined
}

/** `address:port` of DAEMON_OPTIONS' `Family=inet, Name=MTA, Addr=192.168.1.1, Port=smtp`, or why there is none. */
export function listenAt(options: string): string | { readonly why: string } {
  const pairs = options.split(',').map((pair) => pair.split('=').map((part) => part.trim()))
  const of = (letter: string): string | undefined => pairs.find(([key = '']) => key.toUpperCase().startsWith(letter))?.[1]
  const family = (of('F') ?? 'inet').toLowerCase()
  const address = (of('A') ?? (family === 'inet6' ? '::' : '0.0.0.0')).replace(/^\[|\]$|^IPv6:/gi, '')
  const [port, ip] = [portOf(of('P') ?? 'smtp'), parseIp(address)]
  if (family !== 'inet' && family !== 'inet6') return { why: 'it is a door of another kind' }
  if ((of('M') ?? '').includes('s')) return { why: 'TLS begins with STARTTLS; see [accept.tls]' }
  if (port === undefined || !ip) return { why: 'address and port are written as numbers' }
  return ip.length === 4 ? `${address}:${port}` : `[${address}]:${port}`
}

/** `192.168.1` is all of 192.168.1.0/24, as sendmail has it; undefined if it is a name. */
export function networkBehind(text: string): string | undefined {
  const whole = text.replace(/^IPv6:/i, '')
  const parts = whole.replace(/\.$/, '').split('.')
  if (parseIp(whole)?.length === 16) return `${whole}/128`
  if (!parts.every((part) => /^\d{1,3}$/.test(part)) || parts.length > 4) return undefined
  return `${[...parts, '0', '0', '0'].slice(0, 4).join('.')}/${parts.length * 8}`
}

/** Of lists of sendmail's macros and classes. */
export function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

export function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)]
}
