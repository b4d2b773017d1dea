/**
 * The lines that collecting adds to a letter's header: a Received line in fetchmail's form, and warnings for postmaster. They
 * stand before the first Received line that the letter brings; all other octets stay as they came.
 */
import { formatAddress, type Address } from '../mail/address.ts'
import { parseHeader } from '../mail/header.ts'
import type { MessageId } from '../mail/message.ts'

export type Trace = {
  /** `pop.isp.example [192.0.2.1]`. */
  readonly server: string
  readonly hostname: string
  readonly protocol: string
  readonly account: string
  readonly id: MessageId
  /** Said only where there is exactly one: whoever sorts the letter again relies on it. */
  readonly recipients: readonly Address[]
  readonly by: 'single-drop' | 'multi-drop' | 'by default'
  readonly date: string
}

export function receivedLine({ server, hostname, protocol, account, id, recipients, by, date }: Trace): string {
  const [only, second] = recipients
  const target = only && !second ? `\r\n\tfor <${formatAddress(only.domain === '' ? { ...only, domain: hostname } : only)}> (${by})` : ''
  return `Received: from ${server}\r\n\tby ${hostname} with ${protocol} (dialpost account ${account})\r\n\tid ${id}${target}; ${date}\r\n`
}

/** The header with our Received line and further fields (without line ends) put in. */
export function withTrace(header: Uint8Array, received: string, fields: readonly string[]): Uint8Array {
  const lines = [received, ...fields.map((field) => `${field.replace(/[^\x20-\x7e]+/g, '?').slice(0, 900)}\r\n`)].join('')
  const at = placeOfTrace(header)
  return Buffer.concat([header.subarray(0, at), Buffer.from(lines), header.subarray(at)])
}

function placeOfTrace(header: Uint8Array): number {
  let at = 0
  for (const { name, raw } of parseHeader(header)) {
    if (name === 'received') return at
    at += raw.length
  }
  return 0
}
