/** Counts letters when the plug is out for good: of every copy that somebody has promised, one, and whole. */
import { arrivedAt } from '../journey/letters.ts'
import { readMbox } from '../peer/mbox.ts'
import type { MainsHouse } from './mains-house.ts'
import type { Direction } from './mains-traffic.ts'

export type Count = {
  /** Copies that were promised and are there, by direction. */
  readonly arrived: ReadonlyMap<Direction, number>
  /** Copies that nobody had promised: there and not there. */
  readonly unpromised: { readonly there: number; readonly absent: number }
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  /** Again at the smarthost, which took it just before a cut, and the gateway had no time to take note of that (RFC 1047). */
  readonly excused: readonly string[]
  /** Not as it was sent, or sent by nobody. */
  readonly spoilt: readonly string[]
}

/** `at`: when the smarthost took it (`performance.now()`), if it did. */
type Copy = { readonly body: string; readonly at?: number }
type Copies = Map<string, Copy[]>

/**
 * Milliseconds in which the smarthost's answer is heard, on this line and by this machine, whatever it is about: it may stand in line behind what
 * is collected, of which a letter of 40 KB takes 2.5 s.
 */
const hearing = 30_000

export function countLetters({ isp, traffic, cuts, noted }: MainsHouse, mboxes: ReadonlyMap<string, Buffer>): Count {
  const found: Copies = new Map()
  for (const { to, name, body, at } of isp.taken()) add(found, `${to} ${name}`, { body, at })
  for (const [user, mbox] of mboxes)
    for (const { octets } of readMbox(mbox)) {
      const { name, body, header } = arrivedAt(user, octets)
      add(found, name === '' ? header : `${user} ${name}`, { body })
    }
  const arrived = new Map<Direction, number>()
  const unpromised = { there: 0, absent: 0 }
  const [lost, doubled, excused, spoilt]: [string[], string[], string[], string[]] = [[], [], [], []]
  /** The earlier copy's answer may never have been heard. */
  const mayCome = (name: string, { at: earlier }: Copy, { at: later }: Copy): boolean => {
    if (earlier === undefined || later === undefined || later > (noted.get(name) ?? Infinity)) return false
    return cuts.some((cut) => earlier < cut && cut < later && cut - earlier < hearing)
  }
  /** When a copy came. */
  const beforeCut = (at = Infinity): string => {
    const next = cuts.findIndex((cut) => cut > at)
    return next < 0 ? 'after all cuts' : `${(((cuts[next] ?? at) - at) / 1000).toFixed(1)} s before cut ${next + 1}`
  }
  for (const { letter, direction, places, promised } of traffic.posted) {
    const { body } = arrivedAt('', letter.octets)
    for (const place of places) {
      const key = `${place} ${letter.name}`
      const copies = found.get(key) ?? []
      found.delete(key)
      if (!promised) unpromised[copies.length > 0 ? 'there' : 'absent']++
      else if (copies.length === 0) lost.push(key)
      else arrived.set(direction, (arrived.get(direction) ?? 0) + 1)
      if (copies.length > 1) {
        const isExcused = copies.every((copy, n) => n === 0 || mayCome(letter.name, copies[n - 1] ?? copy, copy))
        ;(isExcused ? excused : doubled).push(`${key}, ${copies.length} times: ${copies.map(({ at }) => beforeCut(at)).join(', ')}`)
      }
      for (const copy of copies)
        if (copy.body !== body) spoilt.push(`${key}, ${promised ? '' : 'not '}promised: ${difference(copy.body, body)}`)
    }
  }
  spoilt.push(...found.keys())
  return { arrived, unpromised, lost, doubled, excused, spoilt }
}

/** Where the copy is not the letter that was sent. */
function difference(copy: string, sent: string): string {
  let from = 0
  while (from < sent.length && copy[from] === sent[from]) from++
  const shown = (text: string): string => JSON.stringify(text.slice(Math.max(0, from - 20), from + 40))
  return `octet ${from} of ${copy.length} for ${sent.length}, ${shown(copy)} for ${shown(sent)}`
}

function add(copies: Copies, key: string, copy: Copy): void {
  copies.set(key, [...(copies.get(key) ?? []), copy])
}
