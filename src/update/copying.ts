/**
 * The payload's way into the slot, and the proof that it got there. Piece by piece, one in memory at a time, and everybody else
 * has his turn between two. Both ways the pieces are hashed as they pass. What fails is told as a `Trouble`, in the words of who failed.
 */
import { createHash } from 'node:crypto'
import type { Slot, UpdateFile } from './box.ts'
import { during, Trouble } from './trouble.ts'

export type Copying = {
  readonly file: UpdateFile
  /** Where in the file the payload begins, and how long it is: whole blocks. Octets. */
  readonly head: number
  readonly length: number
  readonly slot: Slot
  /** Of its octets, so many have passed. */
  readonly passed: (octets: number) => void
  readonly signal: AbortSignal
}

/** Writes it; what was read of the file hashes to this, in hex. */
export async function writeSlot({ file, head, length, slot, passed, signal }: Copying): Promise<string> {
  const hash = createHash('sha256')
  for (const { at, octets } of pieces(length, slot, signal)) {
    const piece = slot.piece.subarray(0, octets)
    const read = await during('file', () => file.read(piece, head + at), 'copy it anew')
    if (read < octets) throw new Trouble('file', 'it ends early: copy it anew')
    hash.update(piece)
    await during('flash', () => slot.write(octets, at))
    passed(at + octets)
  }
  await during('flash', () => slot.turnRound())
  return hash.digest('hex')
}

/** Reads it back; what the flash holds hashes to this, in hex. */
export async function readSlot({ length, slot, signal }: Copying): Promise<string> {
  const hash = createHash('sha256')
  for (const { at, octets } of pieces(length, slot, signal)) {
    await during('flash', () => slot.read(octets, at))
    hash.update(slot.piece.subarray(0, octets))
  }
  return hash.digest('hex')
}

function* pieces(length: number, slot: Slot, signal: AbortSignal): Generator<{ at: number; octets: number }> {
  const longest = slot.piece.length
  for (let at = 0; at < length; at += longest) {
    if (signal.aborted) throw new Trouble('person', 'given up')
    yield { at, octets: Math.min(longest, length - at) }
  }
}
