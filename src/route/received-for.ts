/** Whom a Received line says the letter was for (RFC 5321 §4.4): only the server that put it into our box is believed. Pure. */
import type { Address } from '../mail/address.ts'
import { parsePath } from '../mail/address.ts'

/** The address behind `for` in a Received value whose `by` host is the server; undefined if either is missing. */
export function receivedFor(value: string, isServer: (host: string) => boolean): Address | undefined {
  const words = value.split(/\s+/)
  const by = words.findIndex((word, at) => at > 0 && words[at - 1] === 'by' && !word.includes('@'))
  if (by < 0 || !isServer(words[by]?.replace(/;$/, '') ?? '')) return undefined
  const named = words.find((word, at) => at > by + 1 && words[at - 1] === 'for' && word.includes('@'))
  return named === undefined ? undefined : parsePath(named.replace(/;.*$/, '').replace(/^<(.*?)>.*$/, '$1'))
}
