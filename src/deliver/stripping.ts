/**
 * Takes out of a letter's header, as it streams by, what only this mailbox may say: readers trust Status, X-UID and
 * Content-Length (mboxcl), and one from outside could hide a letter or swallow the next. Nothing behind the header is
 * touched. Holds at most one line's first kilobyte, so it does not care how long a header is.
 */
import type { Transform } from './mboxrd.ts'
import { joined } from './mboxrd.ts'

/** Lower case. Our own mark, too: nobody else may claim to have been delivered by us. */
const strippedFields: ReadonlySet<string> = new Set([
  'return-path',
  'status',
  'x-status',
  'x-keywords',
  'x-uid',
  'x-uidl',
  'x-imap',
  'x-imapbase',
  'content-length',
  'x-dialpost-delivery',
])

const LF = 0x0a
/** No field's name is longer (RFC 5322 §2.1.1 limits a line to 998). */
const longestName = 998
const newline = new Uint8Array([LF])

type Line = { readonly kind: 'blank' | 'keep' | 'drop' | 'fold' | 'text'; readonly name?: string }

/** Expects bare LF line ends. A header that ends without a blank line (text follows, or nothing) is given one. */
export function stripping(): Transform {
  let place: 'start' | 'within' | 'body' = 'start'
  let dropping = false
  let first = true
  let held: Uint8Array = new Uint8Array(0)

  const begin = (head: Uint8Array, out: Uint8Array[]): void => {
    const line = lineOf(head, first)
    if (line.kind === 'drop' || line.kind === 'keep') dropping = line.kind === 'drop'
    if (line.kind === 'keep' || line.kind === 'drop' || line.kind === 'fold') first = false
    if (line.kind === 'text') out.push(newline)
    place = line.kind === 'blank' || line.kind === 'text' ? 'body' : 'within'
    if (place === 'body' || !dropping) out.push(line.name === 'from' ? withoutBlanks(head) : head)
    if (place === 'within' && head.at(-1) === LF) place = 'start'
  }

  return {
    push(octets) {
      const out: Uint8Array[] = []
      let rest = octets
      while (rest.length > 0 && place !== 'body') {
        const lf = rest.indexOf(LF)
        const stop = lf < 0 ? rest.length : lf + 1
        if (place === 'within') {
          if (!dropping) out.push(rest.subarray(0, stop))
          if (lf >= 0) place = 'start'
        } else {
          held = held.length === 0 ? rest.subarray(0, stop) : joined([held, rest.subarray(0, stop)])
          if (lf >= 0 || held.length > longestName) {
            const head = held
            held = new Uint8Array(0)
            begin(head, out)
          }
        }
        rest = rest.subarray(stop)
      }
      if (rest.length > 0) out.push(rest)
      held = held.slice()
      return joined(out)
    },
    end() {
      const out: Uint8Array[] = []
      const broken = held.length > 0 || (place === 'within' && !dropping)
      if (held.length > 0) begin(held, out)
      held = new Uint8Array(0)
      if (place === 'body') return joined(out)
      if (broken && !dropping) out.push(newline)
      out.push(newline)
      place = 'body'
      return joined(out)
    },
  }
}

function lineOf(head: Uint8Array, first: boolean): Line {
  if (head[0] === LF) return { kind: 'blank' }
  const text = latin1(head)
  if (/^[ \t]/.test(text)) return { kind: first ? 'text' : 'fold' }
  const name = /^([!-9;-~]+)[ \t]*:/.exec(text)?.[1]?.toLowerCase()
  if (name !== undefined) return { kind: strippedFields.has(name) ? 'drop' : 'keep', name }
  return { kind: /^>*From /.test(text) ? 'drop' : 'text' }
}

/** `From : eddy`, which RFC 5322 §4.5 allows, would be taken for the start of a letter. */
function withoutBlanks(head: Uint8Array): Uint8Array {
  const colon = head.indexOf(0x3a)
  return joined([head.subarray(0, 4), head.subarray(colon)])
}

function latin1(octets: Uint8Array): string {
  return new TextDecoder('latin1').decode(octets)
}
