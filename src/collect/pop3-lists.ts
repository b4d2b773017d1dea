/**
 * What lies in a POP3 box, asked in one flight: UIDL, and LIST where sizes are wanted, else STAT (RFC 1939 §5), which costs one line
 * instead of one a letter. Where all letters are wanted the first leaves in the same burst, and those that fill the line until the
 * ids are here as soon as STAT has said how many there are.
 */
import type { Answer, Failure, Listed, Wants } from './maildrop.ts'
import { lostFailure } from './pop3-login.ts'
import { sizesOf, totalOf, uidlsOf, type Total } from './pop3-replies.ts'

/** Commands as the client gives them; lists in rows of words. `letter` is taken by somebody later. */
export type Asking = {
  readonly stat: () => Promise<Asked<string>>
  readonly uidl: () => Promise<Asked<string[][]>>
  readonly list: () => Promise<Asked<string[][]>>
  readonly letter: (number: number) => void
}

export type Asked<T> = { readonly kind: 'done'; readonly text: string; readonly value: T } | Exclude<Answer, { kind: 'done' }>

export type Contents = { readonly letters: readonly Listed[] /** Of all letters, where sizes were not asked. */; readonly octets?: number }

/** Sends all commands at once; they may be refused because the login ahead of them was. */
export async function contents(ask: Asking, { sizes, ahead }: Wants): Promise<Contents | Failure> {
  const stat = sizes ? undefined : ask.stat()
  const uidl = ask.uidl()
  const list = sizes ? ask.list() : undefined
  if (ahead > 0) ask.letter(1)
  const total = stat && totalIn(await stat)
  const coming = ahead > 0 ? inAdvance(total, ahead) : 0
  for (let number = 2; number <= coming; number++) ask.letter(number)
  return lettersOf(total, await uidl, await list, coming)
}

function totalIn(stat: Asked<string>): Total | undefined {
  return stat.kind === 'done' ? totalOf(stat.value) : undefined
}

/** How many letters make so many octets, if they are alike. */
function inAdvance(total: Total | undefined, ahead: number): number {
  if (!total) return 1
  const { letters, octets } = total
  return Math.min(letters, mostInAdvance, Math.ceil((ahead * letters) / Math.max(1, octets)))
}

const mostInAdvance = 32

function lettersOf(
  total: Total | undefined,
  uidl: Asked<string[][]>,
  list: Asked<string[][]> | undefined,
  coming: number,
): Contents | Failure {
  if (list && list.kind !== 'done')
    return list.kind === 'lost' ? lostFailure(list) : { kind: 'temporary', text: `The server would not list the box: ${list.text}` }
  if (uidl.kind === 'lost') return lostFailure(uidl)
  if (uidl.kind === 'refused' && !list && !total) return { kind: 'temporary', text: `The server would not list the box: ${uidl.text}` }
  if (uidl.kind === 'refused' && uidl.code.startsWith('SYS'))
    return { kind: 'temporary', text: `The server would not tell unique ids: ${uidl.text}` }
  const sizes = sizesOf(list?.kind === 'done' ? list.value : [])
  const uidls = uidlsOf(uidl.kind === 'done' ? uidl.value : [])
  const counted = Array.from({ length: total?.letters ?? 0 }, (_, at) => at + 1)
  const numbers = [...new Set([...counted, ...sizes.keys(), ...uidls.keys()])].sort((a, b) => a - b)
  const letters = numbers.map(
    (number): Listed => ({
      number,
      size: sizes.get(number) ?? 0,
      uidl: uidls.get(number),
      ...(number <= coming ? { coming: true } : {}),
    }),
  )
  return { letters, ...(total ? { octets: total.octets } : {}) }
}
