/** What a server can do, read from its answer to EHLO (RFC 5321 §4.1.1.1). Pure. */
import type { Reply } from '../mail/reply.ts'

export type Features = {
  readonly pipelining: boolean
  readonly chunking: boolean
  readonly eightBit: boolean
  readonly utf8: boolean
  readonly dsn: boolean
  readonly startTls: boolean
  /** SASL mechanisms, upper case. */
  readonly auth: readonly string[]
  /** Octets of the largest letter it takes; undefined where it sets no limit or does not know SIZE; with `size` false it must not be told sizes. */
  readonly limit?: number
  readonly size: boolean
}

/** Of a server that knows HELO only. */
export const noFeatures: Features = {
  pipelining: false,
  chunking: false,
  eightBit: false,
  utf8: false,
  dsn: false,
  startTls: false,
  auth: [],
  size: false,
}

export function featuresOf(answer: Reply): Features {
  const lines = answer.text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().toUpperCase())
  const words = new Map(lines.map((line) => [line.split(' ')[0] ?? '', line.split(/ +/).slice(1)]))
  const limit = Number(words.get('SIZE')?.[0] ?? 0)
  return {
    pipelining: words.has('PIPELINING'),
    chunking: words.has('CHUNKING'),
    eightBit: words.has('8BITMIME'),
    utf8: words.has('SMTPUTF8'),
    dsn: words.has('DSN'),
    startTls: words.has('STARTTLS'),
    auth: [...new Set(lines.flatMap(mechanismsIn))],
    size: words.has('SIZE'),
    ...(limit > 0 ? { limit } : {}),
  }
}

/** Servers of the nineties write `AUTH=LOGIN`. */
function mechanismsIn(line: string): readonly string[] {
  return (
    /^AUTH[ =](.*)$/
      .exec(line)?.[1]
      ?.split(/[ =]+/)
      .filter((name) => name !== '') ?? []
  )
}
