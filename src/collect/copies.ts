/**
 * Copies of one letter in a multidrop box: a list with five readers behind it leaves five there. Which letters may be such copies their
 * sizes tell, at no cost; which are, their headers tell: all that the author and the list wrote is the same, octet for octet
 * (signatures and tokens included), and so is the length of what follows. Then one body is paid for. A letter that is only alike is
 * fetched: a double costs seconds, a loss costs a letter. Pure.
 */
import { createHash } from 'node:crypto'
import type { Header } from '../mail/header.ts'

/** Of a header that servers have written into, octets: below some six times that a look costs more than it is likely to save. */
const smallest = 6 * 1024
/** What a name more or less in a few trace lines makes, octets. */
const tolerance = 32
/** Letters that come at the same time lie near each other. */
const apart = 8

export type Sized = { readonly number: number; readonly size: number }

/** Whether the header of one of them is worth fetching, for the chance that they are copies. */
export function worthLooking(one: Sized, other: Sized): boolean {
  const near = Math.abs(one.number - other.number) <= apart && Math.abs(one.size - other.size) <= tolerance
  return near && one.size >= smallest && other.size >= smallest
}

/** Groups of two letters or more, each worth looking at beside the one before it, in the server's order. */
export function suspects<L extends Sized>(letters: readonly L[]): readonly (readonly L[])[] {
  const groups: L[][] = []
  let recent: L[][] = []
  for (const letter of letters.toSorted((a, b) => a.number - b.number)) {
    recent = recent.filter((group) => letter.number - (group.at(-1)?.number ?? 0) <= apart)
    const group = recent.find((group) => group.at(-1) && worthLooking(group.at(-1) as L, letter))
    if (group) group.push(letter)
    else {
      const own = [letter]
      groups.push(own)
      recent.push(own)
    }
  }
  return groups.filter(({ length }) => length > 1)
}

/** What the servers on the way and at the end write for each copy. */
const traces = new Set([
  'received',
  'x-received',
  'return-path',
  'delivered-to',
  'x-delivered-to',
  'x-original-to',
  'x-envelope-to',
  'envelope-to',
  'x-rcpt-to',
  'x-uidl',
  'status',
  'x-status',
])

/**
 * The same for copies of one letter alone. `octets` is the length of the whole header, its blank line included, `size` that of the letter
 * as the server counts it; `envelope` names one more header that the server writes. Undefined where the server counts in a way of its own.
 */
export function twinMark(header: Header, octets: number, size: number, envelope?: string): string | undefined {
  if (size < octets) return undefined
  const hash = createHash('sha256')
  for (const { name, raw } of header) if (!traces.has(name) && name !== envelope?.toLowerCase()) hash.update(raw)
  return `${hash.digest('base64url')} ${size - octets}`
}
