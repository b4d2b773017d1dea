/**
 * A letter as it comes from standard input: enough of it is awaited to know its header and, where it is small, its size, before the
 * daemon is called, which has little patience with a letter that stalls. The rest streams. Knows no stdin.
 */
import { cutHeader } from '../accept/submission.ts'
import { type Header, headerLimit } from '../mail/header.ts'
import { type Input, typedInput } from './input.ts'

export type TypedLetter = {
  readonly header: Header
  /** What has been read of the body, CRLF line ends. */
  readonly body: Uint8Array
  /** That is all of it. */
  readonly whole: boolean
  /** The header has no end. */
  readonly endless: boolean
  /** Everything behind `body`, once. */
  readonly rest: AsyncIterable<Uint8Array>
}

/** Rejects where the input does. */
export async function readLetter(input: AsyncIterable<Uint8Array>, options: { readonly dotIsData: boolean }): Promise<TypedLetter> {
  const pieces = converted(input, typedInput(options))
  const first: Uint8Array[] = []
  let length = 0
  let whole = false
  while (length < headerLimit && !whole) {
    const { value, done } = await pieces.next()
    if (done) whole = true
    else {
      first.push(value)
      length += value.length
    }
  }
  const { header, body } = cutHeader(Buffer.concat(first))
  return { header, body, whole, endless: !whole && body.length === 0, rest: pieces }
}

async function* converted(input: AsyncIterable<Uint8Array>, typed: Input): AsyncGenerator<Uint8Array, undefined> {
  for await (const octets of input) {
    yield typed.push(octets)
    if (typed.ended()) return undefined
  }
  yield typed.end()
  return undefined
}
