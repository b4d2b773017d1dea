/**
 * What lies in a POP3 box, asked in one flight: UIDL, and LIST where sizes are wanted, else STAT (RFC 1939 §5), which costs one line
 * instead of one a letter. Where all letters are wanted the first leaves in the same burst, and those that fill the line until the
 * ids are here as soon as STAT has said how many there are.
 */
import type { Answer, Failure, Listed, Settled, Wants } from './maildrop.ts'
import { lostFailure } from './pop3-login.ts'
import { sizesOf, totalOf, uidlsOf, type Total } from './pop3-replies.ts'

/** Commands as the client gives them; lists in rows of words, of one letter or of all. `letter` is taken by somebody later. */
export type Asking = {
  readonly stat: () => Promise<Asked<string>>
  readonly uidl: (number?: number) => Promise<Asked<string[][]>>
  readonly list: (number?: number) => Promise<Asked<string[][]>>
  readonly letter: (number: number) => void
}

export type Asked<T> = { readonly kind: 'done'; readonly text: string; readonly value: T } | Exclude<Answer, { kind: 'done' }>

/** A Maildrop's. */
export type Contents = { readonly letters: readonly Listed[]; readonly octets?: number; readonly unlisted?: number }

/** Sends all commands at once; they may be refused because the login ahead of them was. */
export async function contents(ask: Asking, wants: Wants): Promise<Contents | Failure> {
  const found = wants.settled ? await behind(wants.settled, ask, wants.sizes) : undefined
  return found ?? everything(ask, wants)
}

/**
 * Only what lies behind the settled letters; undefined where the box does not begin like that any more. Servers number letters
 * in the order of their arrival: as long as the nth has the id that it had, the n - 1 ahead of it are those that were.
 */
async function behind({ letters, uidl }: Settled, ask: Asking, sizes: boolean): Promise<Contents | Failure | undefined> {
  const [stat, last] = await Promise.all([ask.stat(), ask.uidl(letters)])
  const total = totalIn(stat)
  const same = last.kind === 'done' && last.value[0]?.[1] === uidl
  if (!total || !same || total.letters < letters || total.letters > letters + mostBehind) return undefined
  const numbers = Array.from({ length: total.letters - letters }, (_, at) => letters + 1 + at)
  const rows = async (one: Asking['uidl']) => inOne(await Promise.all(numbers.map((number) => one(number))))
  const [uidls, list] = await Promise.all([rows(ask.uidl), sizes ? rows(ask.list) : undefined])
  const octets = Math.round((total.octets / Math.max(1, total.letters)) * numbers.length)
  const found = lettersOf({ numbers, ...(sizes ? {} : { octets }) }, uidls, list, 0)
  return 'kind' in found ? found : { ...found, unlisted: letters }
}

/** Asked one by one they cost more than in a list. */
const mostBehind = 64

function inOne(answers: readonly Asked<string[][]>[]): Asked<string[][]> {
  const failed = answers.find(({ kind }) => kind !== 'done')
  return failed ?? { kind: 'done', text: '', value: answers.flatMap((answer) => (answer.kind === 'done' ? answer.value : [])) }
}

async function everything(ask: Asking, { sizes, ahead }: Wants): Promise<Contents | Failure> {
  const stat = sizes ? undefined : ask.stat()
  const uidl = ask.uidl()
  const list = sizes ? ask.list() : undefined
  if (ahead > 0) ask.letter(1)
  const total = stat && totalIn(await stat)
  const coming = ahead > 0 ? inAdvance(total, ahead) : 0
  for (let number = 2; number <= coming; number++) ask.letter(number)
  const counted = total && { numbers: Array.from({ length: total.letters }, (_, at) => at + 1), octets: total.octets }
  return lettersOf(counted, await uidl, await list, coming)
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
  counted: { readonly numbers: readonly number[]; readonly octets?: number } | undefined,
  uidl: Asked<string[][]>,
  list: Asked<string[][]> | undefined,
  coming: number,
): Contents | Failure {
  if (list && list.kind !== 'done')
    return list.kind === 'lost' ? lostFailure(list) : { kind: 'temporary', text: `The server would not list the box: ${list.text}` }
  if (uidl.kind === 'lost') return lostFailure(uidl)
  if (uidl.kind === 'refused' && !list && !counted) return { kind: 'temporary', text: `The server would not list the box: ${uidl.text}` }
  if (uidl.kind === 'refused' && uidl.code.startsWith('SYS'))
    return { kind: 'temporary', text: `The server would not tell unique ids: ${uidl.text}` }
  const sizes = sizesOf(list?.kind === 'done' ? list.value : [])
  const uidls = uidlsOf(uidl.kind === 'done' ? uidl.value : [])
  const numbers = [...new Set([...(counted?.numbers ?? []), ...sizes.keys(), ...uidls.keys()])].sort((a, b) => a - b)
  const letters = numbers.map(
    (number): Listed => ({
      number,
      size: sizes.get(number) ?? 0,
      uidl: uidls.get(number),
      ...(number <= coming ? { coming: true } : {}),
    }),
  )
  return { letters, ...(counted?.octets === undefined ? {} : { octets: counted.octets }) }
}
