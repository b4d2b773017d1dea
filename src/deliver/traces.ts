/**
 * What a crash left of a letter in an mbox: all of it, a half at the very end, or nothing. A reader may have deleted letters,
 * moved others and added Status fields since, so the letter is looked for by its mark, first where it was appended and then
 * everywhere, and believed to be in only if its whole body is there. Only reads, in 64 KB pieces; the mbox is locked.
 */
import { dateAt, dateLength, markLine, mboxHead, mboxLetter } from './from-line.ts'
import type { Mail } from './mailbox.ts'

export type Facts = { readonly size: number; readonly inode: number /** Milliseconds. */; readonly changed: number }

export type Trace =
  /** `end`: behind its last line; at the end of the file that is where a blank line is still missing. */
  | { readonly kind: 'whole'; readonly end: number }
  /** Cutting the file at `start` takes the half away. */
  | { readonly kind: 'half'; readonly start: number }
  /** `torn`: a half is there, but not at the end, where it could be cut off. */
  | { readonly kind: 'absent' | 'torn' }

export type Reader = {
  readonly facts: Facts
  /** Fewer octets only at the end. */
  read(position: number, length: number): Promise<Buffer>
}

const piece = 64 * 1024
/** More than a `From ` line and a mark can take. */
const headRoom = 2048

/** The note that is on the disk before an append. */
export function formatNote({ size, inode, changed }: Facts): string {
  return `${size} ${inode} ${changed}`
}

/**
 * Where an mbox ends but for NULs that came with the append of this note: a cut of the power can leave the file as long as it was to be, with blocks
 * that never reached the disk. No letter ends so; what follows them would be read as part of the letter before.
 */
export async function endWithoutNuls(file: Reader, note: string): Promise<number> {
  const before = parseNote(note)
  const { size, inode } = file.facts
  if (inode !== before.inode) return size
  for (let end = size; end > before.size; ) {
    const from = Math.max(before.size, end - piece)
    const octets = await file.read(from, end - from)
    const last = octets.findLastIndex((octet) => octet !== 0)
    if (last >= 0) return from + last + 1
    end = from
  }
  return Math.min(size, before.size)
}

export async function traceOf(file: Reader, mail: Mail, note: string): Promise<Trace> {
  const before = parseNote(note)
  const { size, inode, changed } = file.facts
  const sameFile = inode === before.inode && size >= before.size
  if (sameFile && size === before.size && changed === before.changed) return { kind: 'absent' }
  const from = sameFile ? Math.max(0, before.size - 1) : 0
  const near = await marked(file, mail, from, size)
  const trace = near.kind === 'absent' && from > 0 ? await marked(file, mail, 0, Math.min(size, from + headRoom)) : near
  if (trace.kind !== 'absent' || !sameFile) return trace
  const start = await tornHead(file, mail, before.size)
  return start === undefined ? trace : { kind: 'half', start }
}

/** By its mark, at each place in [from, to) where that stands: a forwarded letter may carry it inside. */
async function marked(file: Reader, mail: Mail, from: number, to: number): Promise<Trace> {
  let seen: Trace = { kind: 'absent' }
  for await (const mark of occurrences(file, Buffer.from(`\n${markLine(mail)}`), from, to)) {
    const trace = await examine(file, mail, mark)
    if (trace.kind === 'whole' || trace.kind === 'half') return trace
    seen = trace
  }
  return seen
}

async function examine(file: Reader, mail: Mail, mark: number): Promise<Trace> {
  const start = await fromLineBefore(file, mark)
  const half: Trace = start === undefined ? { kind: 'torn' } : { kind: 'half', start }
  const body = await bodyAfter(file, mark + 1)
  if (body === 'end') return half
  if (body === 'unreadable') return { kind: 'torn' }
  const verdict = await compare(file, mail, body)
  return typeof verdict === 'number' ? { kind: 'whole', end: verdict } : verdict === 'half' ? half : { kind: verdict }
}

/** Where the header that `from` lies in ends. NULs are blocks that never reached the disk. */
async function bodyAfter(file: Reader, from: number): Promise<number | 'end' | 'unreadable'> {
  for (let at = from; ; at += piece) {
    const octets: Buffer = await file.read(at, piece + 1)
    const end: number = octets.indexOf('\n\n')
    if (octets.subarray(0, end < 0 ? undefined : end).includes(0)) return 'unreadable'
    if (end >= 0) return at + end + 2
    if (octets.length <= piece) return 'end'
  }
}

/** Where the letter ends, if all of it is there. The blank line behind it does not count: readers take it away and put it back. */
async function compare(file: Reader, mail: Mail, position: number): Promise<number | 'half' | 'torn'> {
  let at = position
  for await (const expected of withoutLast(bodyOf(mboxLetter(mail)))) {
    const found = await file.read(at, expected.length)
    if (!found.equals(expected.subarray(0, found.length))) return 'torn'
    if (found.length < expected.length) return 'half'
    at += expected.length
  }
  return at
}

async function fromLineBefore(file: Reader, mark: number): Promise<number | undefined> {
  const start = Math.max(0, mark - headRoom)
  const octets = await file.read(start, mark - start)
  const line = octets.lastIndexOf('\n') + 1
  return octets.subarray(line).indexOf('From ') === 0 ? start + line : undefined
}

/** A crash within the first two lines leaves no mark, but a beginning of them at the very end. */
async function tornHead(file: Reader, mail: Mail, appended: number): Promise<number | undefined> {
  const head = Buffer.from(mboxHead(mail))
  const date = dateAt(mail.from)
  const from = Math.max(appended, file.facts.size - head.length)
  const tail = await file.read(from, head.length)
  for (let at = 0; at < tail.length; at++) {
    if ((at > 0 && tail[at - 1] !== 0x0a) || (at === 0 && from > appended)) continue
    if (tail.subarray(at).every((octet, i) => octet === head[i] || (i >= date && i < date + dateLength))) return from + at
  }
  return undefined
}

async function* occurrences(file: Reader, needle: Buffer, from: number, to: number): AsyncGenerator<number> {
  for (let at = from; at < to; at += piece) {
    const octets = await file.read(at, piece + needle.length - 1)
    for (let hit = octets.indexOf(needle); hit >= 0; hit = octets.indexOf(needle, hit + 1)) yield at + hit
  }
}

async function* bodyOf(letter: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let inBody = false
  let carried: Buffer = Buffer.alloc(0)
  for await (const chunk of letter) {
    const octets = inBody ? Buffer.from(chunk) : Buffer.concat([carried, chunk])
    const end: number = inBody ? 0 : octets.indexOf('\n\n')
    if (end >= 0) yield octets.subarray(inBody ? 0 : end + 2)
    else carried = octets.subarray(-1)
    inBody ||= end >= 0
  }
}

async function* withoutLast(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue
    yield pending
    pending = chunk
  }
  yield pending.subarray(0, -1)
}

function parseNote(note: string): Facts {
  const [size, inode, changed] = note.split(' ').map(Number)
  return { size: size ?? 0, inode: inode ?? 0, changed: changed ?? 0 }
}
