/** The two lines at the front of an update file: read, and unsealed. Of a file that nobody signed no more than they is ever read. */
import type { KeyLike } from 'node:crypto'
import type { UpdateFile } from './box.ts'
import { type Header, longestLine, unseal, type Wrong } from './package.ts'

export type Opened = {
  readonly header: Header
  /** Octets before the payload. */
  readonly head: number
}

export async function opening(file: UpdateFile, publicKey: KeyLike): Promise<Opened | Wrong> {
  const front = new Uint8Array(2 * (longestLine + 1))
  const read = Buffer.from(front.buffer, 0, await file.read(front, 0))
  const first = read.indexOf('\n')
  const second = read.indexOf('\n', first + 1)
  if (first < 0 || second < 0 || read[0] !== brace) return { wrong: 'it does not begin as an update does' }
  const header = unseal(read.subarray(0, first), read.toString('latin1', first + 1, second), publicKey)
  return 'wrong' in header ? header : { header, head: second + 1 }
}

const brace = 0x7b
