/** What lies in a box at the ISP, without taking or deleting any of it: sizes from the list, sender and subject from the headers of the first letters. */
import type { Account, DrainParts } from './session.ts'
import type { Readable } from './headers.ts'
import type { Failure, OpenMaildrop } from './maildrop.ts'
import type { LedgerState } from '../queue/ledger.ts'

export type Preview = {
  readonly kind: 'preview'
  readonly letters: readonly Previewed[] /** Letters for which nothing but the size was asked. */
  readonly unread: number
}

export type Previewed = {
  /** What `fetch` and `drop` take; undefined where the server gives no lasting name. */
  readonly uidl: string | undefined
  readonly size: number
  /** Of line that it would take. */
  readonly seconds: number
  /** What we have of it. */
  readonly state: LedgerState | undefined
  /** The last call had no room for it. */
  readonly putOff: boolean
  readonly readable: Readable | undefined
}

/** A header costs a second of modem line: the biggest letters are the ones to decide about. */
const mostHeaders = 50

export async function preview(
  { account, maildrop }: { readonly account: Account; readonly maildrop: OpenMaildrop },
  { ledger, readable, rate, isPutOff }: Pick<DrainParts, 'ledger' | 'readable' | 'rate'> & { readonly isPutOff: (uidl: string) => boolean },
  signal: AbortSignal,
): Promise<Preview | Failure> {
  const opened = await maildrop(signal)
  if (opened.kind === 'failed') return opened.failure
  const { box } = opened
  const cut = () => box.abort('We were stopped')
  signal.addEventListener('abort', cut)
  if (signal.aborted) cut()
  const rows = ledger.entries(account.name)
  const letters = [...box.letters].sort((a, b) => b.size - a.size)
  const previewed = await Promise.all(
    letters.map(async ({ number, size, uidl }, nth): Promise<Previewed> => {
      const { header } = nth < mostHeaders ? await box.top(number) : {}
      const state = uidl === undefined ? undefined : rows.get(uidl)?.state
      const putOff = uidl !== undefined && state === undefined && isPutOff(uidl)
      return { uidl, size, seconds: size / Math.max(1, rate()), state, putOff, readable: header && (await readable(header)) }
    }),
  )
  await box.quit()
  signal.removeEventListener('abort', cut)
  return { kind: 'preview', letters: previewed, unread: previewed.filter((letter) => letter.readable === undefined).length }
}
