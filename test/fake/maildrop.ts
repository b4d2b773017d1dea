/**
 * A box at an ISP in memory: sessions see the letters that were there when they began, deletions take effect at quit, answers come in
 * order. Sizes and letters in advance are as the caller wants them. `before` is asked ahead of everything the server does and may cut the line there (or hang for ever, as a killed process does).
 */
import { setImmediate as turn } from 'node:timers/promises'
import type { Answer, Listed, Maildrop, OpenMaildrop, Wants } from '../../src/collect/maildrop.ts'

export type FakeLetter = { readonly uidl?: string | undefined; readonly octets: Uint8Array }

export interface FakeMaildrop {
  readonly open: OpenMaildrop
  /** What lies in the box now. */
  readonly letters: FakeLetter[]
  /** What was asked, in order, of all sessions. */
  readonly asked: string[]
}

export type FakeMaildropOptions = {
  readonly letters?: readonly FakeLetter[]
  /** `open`, `sizes`, `retrieve 1`, `piece 1`, `top 1`, `delete 1`, `quit` (nothing deleted yet), `goodbye` (all deleted, not yet said): 'lost' cuts the line before it happens. */
  readonly before?: (what: string) => 'lost' | undefined | Promise<'lost' | undefined>
  /** Octets that `retrieve` hands on at once. */
  readonly piece?: number
  readonly hasTop?: boolean
  /** It can leave out the beginning of a letter; then it gives none in advance. */
  readonly resumes?: boolean
}

const lost: Answer = { kind: 'lost', text: 'The line dropped' }
const refused: Answer = { kind: 'refused', code: '', text: 'No such message' }

export function fakeMaildrop({
  letters: first = [],
  before = () => undefined,
  piece = 40,
  hasTop = true,
  resumes = false,
}: FakeMaildropOptions = {}): FakeMaildrop {
  const letters = [...first]
  const asked: string[] = []

  const session = ({ sizes, ahead, settled }: Wants): Maildrop => {
    const unlisted = settled && letters[settled.letters - 1]?.uidl === settled.uidl ? settled.letters : 0
    const there = letters.map((letter, at) => ({ letter, number: at + 1 }))
    const shown = there.slice(unlisted)
    const total = shown.reduce((sum, { letter }) => sum + letter.octets.length, 0)
    const coming = unlisted > 0 || resumes ? [] : there.filter((_, at) => at * (total / letters.length) < ahead).map(({ number }) => number)
    const deleted = new Set<number>()
    const traffic = { received: 0, sent: 0 }
    let over = false
    let last: Promise<unknown> = Promise.resolve()

    const reach = async (what: string): Promise<boolean> => {
      asked.push(what)
      const [next] = coming
      if (next !== undefined && what === `retrieve ${next}`) coming.shift()
      else if (next !== undefined && !/^(piece|quit|goodbye)/.test(what))
        throw new Error(`${what} waits for letter ${next}, which is coming`)
      await turn()
      if (!over && (await before(what)) === 'lost') over = true
      return !over
    }
    const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
      const mine = last.then(work)
      last = mine.catch(() => {})
      return mine
    }
    const find = (number: number) => there.find((one) => one.number === number && !deleted.has(number))?.letter

    const hand = async (number: number, octets: Uint8Array, take: (octets: Uint8Array) => Promise<void> | void): Promise<Answer> => {
      let broken: { error: unknown } | undefined
      for (let at = 0; at < octets.length; at += piece) {
        if (!(await reach(`piece ${number}`))) return lost
        traffic.received += Math.min(piece, octets.length - at)
        try {
          if (!broken) await take(octets.slice(at, at + piece))
        } catch (error) {
          broken = { error }
        }
      }
      if (broken) throw broken.error
      return { kind: 'done', text: '' }
    }

    return {
      ...(unlisted > 0 ? { unlisted } : {}),
      letters: shown.map(
        ({ letter, number }): Listed => ({
          number,
          size: sizes ? letter.octets.length : 0,
          uidl: letter.uidl,
          ...(coming.includes(number) ? { coming: true } : {}),
        }),
      ),
      ...(sizes ? {} : { octets: total }),
      sizes: () =>
        inOrder(async () => new Map((await reach('sizes')) ? there.map(({ letter, number }) => [number, letter.octets.length]) : [])),
      server: 'pop.isp.example [192.0.2.1]',
      protocol: 'POP3',
      resumes,
      retrieve: (number, take, from = 0) =>
        inOrder(async () => {
          if (!(await reach(`retrieve ${number}${from > 0 ? ` from ${from}` : ''}`))) return lost
          const letter = find(number)
          return letter ? hand(number, letter.octets.subarray(resumes ? from : 0), take) : refused
        }),
      top: (number) =>
        inOrder(async () => {
          if (!(await reach(`top ${number}`))) return lost
          const letter = find(number)
          if (!letter || !hasTop) return refused
          const end = Buffer.from(letter.octets).indexOf('\r\n\r\n')
          return { kind: 'done', text: '', header: letter.octets.slice(0, end < 0 ? undefined : end + 4) }
        }),
      delete: (number, sent) =>
        inOrder(async () => {
          if (!(await reach(`delete ${number}`))) return lost
          sent?.()
          if (!find(number)) return refused
          deleted.add(number)
          return { kind: 'done', text: '' }
        }),
      quit: (sent) =>
        inOrder(async () => {
          if (!(await reach('quit'))) return 'unknown'
          sent?.()
          const gone = there.filter(({ number }) => deleted.has(number)).map(({ letter }) => letter)
          letters.splice(0, letters.length, ...letters.filter((letter) => !gone.includes(letter)))
          const heard = await reach('goodbye')
          over = true
          return heard ? 'committed' : 'unknown'
        }),
      abort() {
        over = true
      },
      traffic: () => ({ ...traffic }),
    }
  }

  return {
    letters,
    asked,
    async open(signal, wants = { sizes: true, ahead: 0 }) {
      asked.push('open')
      if (signal.aborted || (await before('open')) === 'lost')
        return { kind: 'failed', failure: { kind: 'lost', text: 'The line dropped' } }
      return { kind: 'open', box: session(wants) }
    },
  }
}
