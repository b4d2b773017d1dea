/** Is this update for this box? Every objection names what is wrong and what to do. Pure; the signature was found good before. */
import type { Facts, SlotName } from './facts.ts'
import { type Header, payloadLength } from './package.ts'

export type Appraised = {
  readonly header: Header
  /** Octets of the two lines before the payload, and of the whole file. */
  readonly head: number
  readonly length: number
  /** The slot to be written, and how much it holds, octets. */
  readonly slot: SlotName
  readonly room: number
}

/** Undefined: it can be written. */
export function objection({ header, head, length, slot, room }: Appraised, { board }: Facts): string | undefined {
  const payload = payloadLength(header)
  if (header.board !== board) return `it is for the board ${header.board}, and this one is ${board}: take ${board}.update`
  if (payload > room)
    return `it takes ${payload} octets, and slot ${slot} holds ${room}: only a new image, written to the whole disk, makes room for it`
  if (length < head + payload) return `it ends after ${length} of ${head + payload} octets: copy it anew`
  if (length > head + payload) return `it goes on after its ${head + payload} octets, up to ${length}: copy it anew`
  return undefined
}

/** What to ask a person first; undefined where there is nothing to ask. */
export function doubt({ version }: Header, facts: Facts): string | undefined {
  const order = compareVersions(version, facts.version)
  if (order > 0) return undefined
  return order === 0
    ? `${version} is what is running. Write it anew?`
    : `${version} is older than ${facts.version}, which is running. Go back?`
}

/** Negative where the first is older. Numbers count as numbers; an addition after `~` or `-` comes before the version without (0.2.0-rc1). */
export function compareVersions(a: string, b: string): number {
  const [ours, theirs] = [piecesOf(a), piecesOf(b)]
  for (let at = 0; at < Math.max(ours.length, theirs.length); at++) {
    const order = comparePieces(ours[at] ?? '', theirs[at] ?? '')
    if (order !== 0) return order
  }
  return 0
}

function piecesOf(version: string): readonly string[] {
  return version.match(/\d+|[a-z]+|[~-]/gi) ?? []
}

function comparePieces(a: string, b: string): number {
  const numbers = rank(a) === 3 && rank(b) === 3
  if (numbers) return Number(a) - Number(b)
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0)
}

function rank(piece: string): number {
  if (/^[~-]/.test(piece)) return 0
  if (piece === '') return 1
  return /^\d/.test(piece) ? 3 : 2
}
