/**
 * What a store has promised, key by key: every value that was ever recorded, in order, and up to where a flush has made them last.
 * After a power cut a key is what it was at the last flush or anything recorded since; after kill -9 it is the last.
 */
import assert from 'node:assert/strict'

const absent = 'absent'

type Said = { readonly n: number; readonly value: string /** False while nobody was told yet. */; sure: boolean }

export interface Promises {
  /** Recorded; what it returns makes it sure, if it was not at once. */
  say(key: string, value: unknown, sure?: boolean): () => void
  /** A flush begins; what it returns, when it has resolved. */
  flushing(): () => void
  /** The power goes: what resolves later was promised to nobody. */
  cut(): void
  /** Compares with what a start found, which is the truth from there on. */
  check(key: string, found: unknown, how: 'kill' | 'cut' | 'adopt'): void
  /** What the key surely is, if there is no flush or cut. */
  has(key: string): boolean
  keys(): readonly string[]
}

export function promises(): Promises {
  const keys = new Map<string, Said[]>()
  let count = 0
  let lasting = 0
  let life = 0
  const text = (value: unknown): string => (value === undefined ? absent : JSON.stringify(value))
  const saidOf = (key: string): Said[] => {
    const said = keys.get(key) ?? [{ n: 0, value: absent, sure: true }]
    keys.set(key, said)
    return said
  }
  return {
    say(key, value, sure = true) {
      const said: Said = { n: ++count, value: text(value), sure }
      saidOf(key).push(said)
      const now = life
      return () => {
        said.sure ||= now === life
      }
    },
    flushing() {
      const upTo = count
      const now = life
      return () => {
        if (now === life) lasting = Math.max(lasting, upTo)
      }
    },
    cut() {
      life++
    },
    check(key, found, how) {
      const said = saidOf(key)
      const value = text(found)
      const firm = said.findLastIndex(({ n, sure }) => sure && (how === 'kill' || n <= lasting))
      const allowed = said.slice(Math.max(0, firm)).map(({ value }) => value)
      if (how !== 'adopt') assert.ok(allowed.includes(value), `${key} after ${how}: found ${value}, promised ${allowed.join(' or ')}`)
      keys.set(key, [{ n: 0, value, sure: true }])
    },
    has: (key) => (keys.get(key)?.findLast(({ sure }) => sure)?.value ?? absent) !== absent,
    keys: () => [...keys.keys()],
  }
}
