/**
 * What pppd's scripts say of the line, in one line of text, as events of the machine:
 * `up IFACE TTY SPEED LOCAL REMOTE IPPARAM [DNS1 DNS2]` and `down IFACE … IPPARAM [SECONDS SENT RECEIVED]`. Words may be
 * missing at the end, and `-` is an empty one. `ask HOST`: a computer of the LAN wants the line. Pure.
 */
import type { LinkFacts, Usage } from './line.ts'
import type { LinkEvent } from './machine.ts'

export type HookEvent = LinkEvent

export type Parsed = { readonly event: HookEvent } | { readonly wrong: string }

/** `ask`: the name or the IP address of who asks. */
export function parseHookLine(line: string): Parsed | { readonly ask: string } {
  const words = line.split(/\s+/).filter((word) => word !== '')
  return words[0] === 'ask' ? asking(words.slice(1)) : hookEvent(words, { up: 'ip-up', down: 'ip-down' })
}

/** The same from words, as `dialpost link` gets them; `reasons` are what the line's state then says. */
export function hookEvent(words: readonly string[], reasons: { readonly up: string; readonly down: string }): Parsed {
  const [verb = '', ...rest] = words
  const [name = '', tty = '', speed = '', local = '', remote = '', ipparam = '', ...more] = rest.map((word) => (word === '-' ? '' : word))
  const wrong = complaint(verb, { name, speed, local, remote })
  if (wrong !== undefined) return { wrong }
  if (verb === 'down') return { event: { kind: 'went-down', interface: name, reason: reasons.down, ...usage(more) } }
  const nameservers = more.filter(isAddress)
  const facts: LinkFacts = {
    interface: name,
    tty,
    speed: Number(speed),
    local,
    remote,
    ipparam,
    ...(nameservers.length > 0 ? { nameservers } : {}),
  }
  return { event: { kind: 'went-up', facts, reason: reasons.up } }
}

/** Cuts a stream of text into lines; one that is longer than `longest` is passed over, and reported once by its beginning. */
export function lineReader(longest: number, seen: (line: string) => void, overlong: (beginning: string) => void): (text: string) => void {
  let rest = ''
  let passing = false
  return (text) => {
    const pieces = text.split('\n')
    for (const [index, piece] of pieces.entries()) {
      if (!passing) rest += piece
      if (!passing && rest.length > longest) {
        overlong(rest.slice(0, 60))
        passing = true
      }
      if (index === pieces.length - 1) break
      if (!passing) seen(rest)
      passing = false
      rest = ''
    }
    if (passing) rest = ''
  }
}

function asking([host = '', ...more]: readonly string[]): { readonly ask: string } | { readonly wrong: string } {
  if (more.length === 0 && (isAddress(host) || isHostName(host))) return { ask: host }
  return { wrong: 'after "ask" stands one IP address or host name' }
}

function complaint(
  verb: string,
  { name, speed, local, remote }: Readonly<Record<'name' | 'speed' | 'local' | 'remote', string>>,
): string | undefined {
  if (verb !== 'up' && verb !== 'down') return 'it begins with neither "up" nor "down" nor "ask"'
  if (!/^[\w.-]{0,15}$/.test(name)) return 'the first word is no interface, such as ppp0'
  if (!/^\d{0,9}$/.test(speed)) return 'the third word is no speed in bit/s'
  return [local, remote].every((address) => address === '' || isAddress(address))
    ? undefined
    : 'the fourth and fifth word are not IP addresses'
}

function usage(words: readonly string[]): { readonly usage?: Usage } {
  const [seconds, sent, received] = words.map((word) => (/^\d{1,15}$/.test(word) ? Number(word) : Number.NaN))
  if (seconds === undefined || sent === undefined || received === undefined) return {}
  return Number.isNaN(seconds + sent + received) ? {} : { usage: { seconds, sent, received } }
}

function isAddress(word: string): boolean {
  return word.length <= 64 && (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(word) || /^[\da-f]*:[\da-f:.]+(?:%\w+)?$/i.test(word))
}

/** RFC 1123 §2.1, with the underscore that some have. */
function isHostName(word: string): boolean {
  return word.length <= 253 && word.split('.').every((label) => /^[\da-z_](?:[\w-]{0,61}[\da-z_])?$/i.test(label))
}
