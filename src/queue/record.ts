/**
 * One record of the spool's log as octets: a fixed head, then JSON, then a piece of a letter, under one checksum.
 * Each segment is written under a salt of its own, so that neither what an earlier use left behind nor what a sender
 * wrote into his letter can ever be read as a record. Knows nothing of files.
 */
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** segment: the first record of each, its number in `letter` · chunk: octets of a letter still coming · letter: the rest, and what makes it ours · changes: what became of letters. */
export type RecordKind = 'segment' | 'chunk' | 'letter' | 'changes'

export type LogRecord = {
  readonly kind: RecordKind
  /** The letter's number, 0 for none. */
  readonly letter: number
  /** JSON, or nothing. */
  readonly head: Uint8Array
  /** Octets of a letter, as they came. */
  readonly body: Uint8Array
}

export const recordHead = 40
/** Records begin at multiples of this. */
export const recordStep = 8
/** Octets in a random salt. */
export const saltLength = 8

const magic = 0x64_70_52_31
const mark = Buffer.from('1Rpd')
const kinds: readonly RecordKind[] = ['segment', 'chunk', 'letter', 'changes']
const packing = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_windowLog]: 16 }
const headPacked = 1
const bodyPacked = 2

/** The record as it goes to its offset in a segment, padded to a whole step, in as few copies as may be. */
export function encodeRecord({ kind, letter, head, body }: LogRecord): (salt: Uint8Array, offset: number) => readonly Uint8Array[] {
  const packedHead = packed(head, 1024)
  const packedBody = packed(body, 256)
  const front = Buffer.alloc(recordHead)
  front.writeUInt32LE(magic, 0)
  front.writeUInt32LE(packedHead.length, 8)
  front.writeUInt32LE(packedBody.length, 12)
  front.writeUIntLE(letter, 16, 6)
  front.writeUInt8(kinds.indexOf(kind), 22)
  front.writeUInt8((packedHead === head ? 0 : headPacked) | (packedBody === body ? 0 : bodyPacked), 23)
  const length = recordHead + packedHead.length + packedBody.length
  const padding = Buffer.alloc(roundUp(length, recordStep) - length)
  return (salt, offset) => {
    front.writeUInt32LE(offset, 24)
    front.set(salt, 28)
    front.writeUInt32LE(checksum(front, packedHead, packedBody), 4)
    return [front, packedHead, packedBody, padding]
  }
}

export function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0)
}

export function roundUp(n: number, step: number): number {
  return Math.ceil(n / step) * step
}

/** Where the next record can begin, at or behind `from`. */
export function nextRecord(octets: Buffer, from: number): number | undefined {
  for (let at = octets.indexOf(mark, from); at >= 0; at = octets.indexOf(mark, at + 1)) {
    if (at % recordStep === 0) return at
  }
  return undefined
}

/** What the fixed head promises, if it is one: the whole record's octets, and the salt it was written under. */
export function recordFront(octets: Buffer, offset: number): { readonly length: number; readonly salt: Uint8Array } | undefined {
  if (octets.length < recordHead || octets.readUInt32LE(0) !== magic || octets.readUInt32LE(24) !== offset) return undefined
  const length = roundUp(recordHead + octets.readUInt32LE(8) + octets.readUInt32LE(12), recordStep)
  return { length, salt: octets.subarray(28, 28 + saltLength) }
}

/** A record but for its octets of a letter. */
export type RecordFront = Omit<LogRecord, 'body'> & {
  /** Octets of the whole record. */
  readonly length: number
}

/** Reads the record that begins `octets`; undefined if there is none, or not whole, or not of this salt and offset. */
export function decodeRecord(
  octets: Buffer,
  salt: Uint8Array | undefined,
  offset: number,
): (LogRecord & { readonly length: number }) | undefined {
  const found = split(octets, salt, offset)
  return found && { ...frontOf(found), body: unpacked(found.body, found.flags & bodyPacked) }
}

/** The same, without the letter's octets; they are checked nevertheless. */
export function decodeFront(octets: Buffer, salt: Uint8Array, offset: number): RecordFront | undefined {
  const found = split(octets, salt, offset)
  return found && frontOf(found)
}

/** A record's parts as they lie there, their checksum being right. */
type Split = {
  readonly kind: RecordKind
  readonly letter: number
  readonly flags: number
  readonly head: Buffer
  readonly body: Buffer
  readonly length: number
}

function split(octets: Buffer, salt: Uint8Array | undefined, offset: number): Split | undefined {
  const front = recordFront(octets, offset)
  if (!front || front.length > octets.length || (salt && !Buffer.from(salt).equals(front.salt))) return undefined
  const bodyAt = recordHead + octets.readUInt32LE(8)
  const head = octets.subarray(recordHead, bodyAt)
  const body = octets.subarray(bodyAt, bodyAt + octets.readUInt32LE(12))
  const kind = kinds[octets.readUInt8(22)]
  if (kind === undefined || octets.readUInt32LE(4) !== checksum(octets.subarray(0, recordHead), head, body)) return undefined
  return { kind, letter: octets.readUIntLE(16, 6), flags: octets.readUInt8(23), head, body, length: front.length }
}

function frontOf({ kind, letter, flags, head, length }: Split): RecordFront {
  return { kind, letter, head: unpacked(head, flags & headPacked), length }
}

/** In one piece, where text is no more than a chunk; what is small takes less. */
function unpacked(octets: Buffer, isPacked: number): Uint8Array {
  return isPacked === 0 ? octets : zstdDecompressSync(octets, { chunkSize: octets.length < 8192 ? 16 * 1024 : 64 * 1024 })
}

/** Mail is text: packing halves what the flash must bear, for less time than the flash takes to write the difference. */
function packed(octets: Uint8Array, worthwhile: number): Uint8Array {
  if (octets.length < worthwhile) return octets
  const { length } = octets
  // Told the size, the packer makes itself no larger than that.
  const smaller = zstdCompressSync(octets, { params: packing, pledgedSrcSize: length, chunkSize: length })
  return smaller.length < length * 0.95 ? smaller : octets
}

function checksum(front: Uint8Array, head: Uint8Array, body: Uint8Array): number {
  return crc32(body, crc32(head, crc32(front.subarray(8))))
}
