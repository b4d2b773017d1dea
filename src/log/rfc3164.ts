/** A line of the log as syslog takes it (RFC 3164 §4.1), facility mail, at most 1024 octets. Pure. */
import type { Level, Line } from './events.ts'
import { printable } from './sinks.ts'

export type Stamp = {
  /** Wall clock, milliseconds; written in local time, without year, as RFC 3164 has it. */
  readonly now: number
  readonly pid: number
  /** For a log host elsewhere; the local daemon knows where it is, and expects none. */
  readonly hostname?: string
}

const mail = 2
const severities: Readonly<Record<Level, number>> = { error: 3, warn: 4, notice: 5, info: 6, debug: 7 }
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const longest = 1024

export function syslogPacket({ level, text }: Line, { now, pid, hostname }: Stamp): Uint8Array {
  const host = hostname === undefined ? '' : `${hostname} `
  return shortened(Buffer.from(`<${mail * 8 + severities[level]}>${timestamp(new Date(now))} ${host}dialpost[${pid}]: ${printable(text)}`))
}

/** `Jun  6 18:13:42`. */
function timestamp(date: Date): string {
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
  return `${months[date.getMonth()]} ${String(date.getDate()).padStart(2)} ${clock}`
}

/** Cut between two characters of UTF-8. */
function shortened(packet: Buffer): Uint8Array {
  if (packet.length <= longest) return packet
  let end = longest - 3
  while (((packet[end] ?? 0) & 0xc0) === 0x80) end--
  return Buffer.concat([packet.subarray(0, end), Buffer.from('...')])
}
