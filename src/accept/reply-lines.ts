/** A reply as it goes over the wire (RFC 5321 §4.2.1, RFC 2034 §4): no text, whoever wrote it, can become a second reply. */
import type { Reply } from '../mail/reply.ts'

/** Every line with its code, the last one with a blank behind it, and CR LF. */
export function replyLines({ code, enhanced, text }: Reply): string {
  const lines = text
    .split('\n')
    .map((line) => [enhanced, line.replace(/[\x00-\x1f\x7f-\x9f]/g, ' ').slice(0, longest)].filter(Boolean).join(' '))
  return lines.map((line, i) => `${code}${i === lines.length - 1 ? ' ' : '-'}${line}\r\n`).join('')
}

/** RFC 5321 §4.5.3.1.5: 512 octets with code and line end. */
const longest = 480
