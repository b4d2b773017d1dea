/** The text of an LMTP dialogue: replies (RFC 5321 §4.2.1) and transparency (§4.5.2). Pure. */
import type { Reply } from '../mail/reply.ts'
import type { Transform } from './mboxrd.ts'

/** The first whole reply in what was read, and what is behind it; undefined while it is not whole. Throws at what is no reply. */
export function parseReply(text: string): { readonly reply: Reply; readonly rest: string } | undefined {
  const lines: string[] = []
  for (let at = 0; ; ) {
    const end = text.indexOf('\n', at)
    if (end < 0) return undefined
    const [, code, more, words] = /^(\d{3})(?:([ -])(.*))?$/.exec(text.slice(at, end).replace(/\r$/, '')) ?? []
    if (code === undefined) throw new Error(`no LMTP answer: ${text.slice(at, end).slice(0, 80)}`)
    lines.push(words ?? '')
    at = end + 1
    if (more !== '-') return { reply: replyOf(Number(code), lines), rest: text.slice(at) }
  }
}

/** Doubles a dot that begins a line; `end` adds a missing line end and the final dot. */
export function dotStuffing(): Transform {
  let atStart = true
  return {
    push(octets) {
      const parts: Uint8Array[] = []
      let from = 0
      for (let at = 0; at < octets.length; ) {
        if (atStart && octets[at] === 0x2e) {
          parts.push(octets.subarray(from, at), dot)
          from = at
        }
        const lf = octets.indexOf(0x0a, at)
        atStart = lf >= 0
        at = lf < 0 ? octets.length : lf + 1
      }
      return parts.length === 0 ? octets : Buffer.concat([...parts, octets.subarray(from)])
    },
    end: () => Buffer.from(atStart ? '.\r\n' : '\r\n.\r\n'),
  }
}

const dot = new Uint8Array([0x2e])

/** The enhanced code (RFC 2034) is of the last line, and taken off all. */
function replyOf(code: number, lines: readonly string[]): Reply {
  const enhanced = /^([245]\.\d{1,3}\.\d{1,3})(?: |$)/.exec(lines.at(-1) ?? '')?.[1]
  if (enhanced === undefined) return { code, text: lines.join('\n') }
  return {
    code,
    enhanced,
    text: lines.map((line) => (line.startsWith(enhanced) ? line.slice(enhanced.length).trimStart() : line)).join('\n'),
  }
}
