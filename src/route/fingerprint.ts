/**
 * What makes two letters in a box one: a list with five readers behind one multidrop box leaves five copies there, with
 * other Received, Return-Path and Delivered-To lines but one author's header. Pure; a caller may add a digest of the body.
 */
import type { Header } from '../mail/header.ts'
import { valuesOf } from '../mail/header.ts'

/** What the author's side wrote, and whoever sent it on as a letter of their own. */
const names = ['message-id', 'date', 'from', 'to', 'cc', 'subject', 'resent-message-id', 'resent-date', 'resent-from', 'resent-to']

/** Characters of each value that count; keeps the fingerprint of a hostile header small. */
const longest = 998

/**
 * The same for all copies of a letter and different for different ones; at most a few KB, so hash it before storing it.
 * Undefined without exactly one Message-ID that has an `@`: two letters without one may well look alike, and a
 * double is better than a loss.
 */
export function fingerprint(header: Header): string | undefined {
  const ids = valuesOf(header, 'message-id')
  if (ids.length !== 1 || !/^<?[^<>\s]+@[^<>\s]+>?$/.test(ids[0] ?? '')) return undefined
  return JSON.stringify(
    names.map((name) =>
      valuesOf(header, name)
        .map((value) => value.replace(/\s+/g, ' '))
        .join('\n')
        .slice(0, longest),
    ),
  )
}
