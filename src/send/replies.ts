/**
 * A server's octets, cut into replies (RFC 5321 §4.2) however they are segmented. Bounded: endless lines, endless replies
 * and what is no reply at all are `broken`, after which the connection is of no use. Pure.
 */
import type { Reply } from '../mail/reply.ts'

export type Reading = {
  readonly replies: readonly Reply[]
  /** What made no sense, in words; nothing behind it is read. */
  readonly broken?: string
}

export interface ReplyReader {
  push(octets: Uint8Array): Reading
  /** Forgets what has begun and not ended. */
  drop(): void
}

/** Octets of a line (RFC 5321 §4.5.3.1.5 allows 512), and lines of a reply. */
const longestLine = 4096
const mostLines = 256

export function replyReader(): ReplyReader {
  let tail: Uint8Array = new Uint8Array(0)
  let lines: string[] = []
  const drop = (): void => {
    tail = new Uint8Array(0)
    lines = []
  }
  return {
    drop,
    push(octets) {
      const replies: Reply[] = []
      let rest: Uint8Array = tail.length === 0 ? octets : Buffer.concat([tail, octets])
      for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
        if (end > longestLine) return { replies, broken: 'a reply line without end' }
        const line = decode(rest.subarray(0, end))
        rest = rest.subarray(end + 1)
        if (!/^[2-5]\d\d(?:[ -]|$)/.test(line)) return { replies, broken: `an unintelligible reply: ${line.slice(0, 80)}` }
        lines.push(line)
        if (line[3] === '-') {
          if (lines.length >= mostLines) return { replies, broken: 'a reply without end' }
          continue
        }
        replies.push(replyOf(lines))
        lines = []
      }
      if (rest.length > longestLine) return { replies, broken: 'a reply line without end' }
      tail = rest.slice()
      return { replies }
    },
  }
}

/** The code is the last line's; an enhanced code counts where it is of the same class, and is taken off every line that repeats it. */
function replyOf(lines: readonly string[]): Reply {
  const code = Number(lines.at(-1)?.slice(0, 3))
  const words = lines.map((line) => line.slice(4))
  const enhanced = /^([245]\.\d{1,3}\.\d{1,3})(?= |$)/.exec(words.at(-1) ?? '')?.[1]
  if (enhanced === undefined || Number(enhanced[0]) !== Math.floor(code / 100)) return { code, text: words.join('\n') }
  return { code, enhanced, text: words.map((line) => withoutPrefix(line, enhanced)).join('\n') }
}

function withoutPrefix(line: string, enhanced: string): string {
  return line === enhanced || line.startsWith(`${enhanced} `) ? line.slice(enhanced.length + 1) : line
}

/** UTF-8 or else Latin-1; controls become '?', for these words go into logs, lists and notices. */
function decode(octets: Uint8Array): string {
  const line = octets.at(-1) === 0x0d ? octets.subarray(0, -1) : octets
  return new TextDecoder(isUtf8(line) ? 'utf-8' : 'latin1')
    .decode(line)
    .replace(/[\x00-\x1f\x7f-\x9f]/g, '?')
    .trimEnd()
}

function isUtf8(octets: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(octets)
    return true
  } catch {
    return false
  }
}
