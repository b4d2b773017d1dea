/** Adapter (node:fs): an old file's text, in UTF-8, or in Latin-1 as files of its time are. Of paths only files are read. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { largest, type Read, tooLarge } from './import.ts'

/** `FILE cannot be read …` without its first word, where it cannot. */
export function readOldFile(path: string): Read {
  let file: number | undefined
  try {
    // NONBLOCK, since a FIFO would wait for a writer.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const facts = fstatSync(file)
    if (!facts.isFile()) return { trouble: 'is not a file' }
    return facts.size > largest ? { trouble: tooLarge } : { text: textOf(readFileSync(file)) }
  } catch (fault) {
    return { trouble: troubleOf(fault) }
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** What comes by a pipe, to its end. */
export async function readInput(input: AsyncIterable<Uint8Array>): Promise<Read> {
  const octets: Uint8Array[] = []
  let size = 0
  try {
    for await (const piece of input) {
      octets.push(piece)
      size += piece.length
      if (size > largest) return { trouble: tooLarge }
    }
    return { text: textOf(Buffer.concat(octets)) }
  } catch (fault) {
    return { trouble: troubleOf(fault) }
  }
}

function textOf(octets: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets)
  } catch {
    return Buffer.from(octets).toString('latin1')
  }
}

function troubleOf(fault: unknown): string {
  const { code = String(fault) } = fault as NodeJS.ErrnoException
  return code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`
}
