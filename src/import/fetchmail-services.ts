/** The ports that fetchmail's `service` may name, as /etc/services has them. Pure. */
import type { Given } from './fetchmail-file.ts'

const services: Readonly<Record<string, number>> = { pop3: 110, 'pop-3': 110, pop3s: 995, imap: 143, imap2: 143, imap4: 143, imaps: 993 }

export function portOf(given: Given | undefined): number | undefined {
  const value = given?.value
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return undefined
  return /^\d+$/.test(value) ? Number(value) : Object.hasOwn(services, value) ? services[value] : undefined
}
