/** A text that m4 reads from front to back, and where it is in it. */

export type Source = {
  readonly text: string
  at: number
  line: number
  /** All of it comes of this one line. */
  readonly still: boolean
}

/** What matches here, or nothing. `lines`: there may be ends of lines in it. */
export function take(source: Source, pattern: RegExp, lines = false): string {
  pattern.lastIndex = source.at
  const found = pattern.exec(source.text)?.[0] ?? ''
  if (lines) passTo(source, source.at + found.length)
  else source.at += found.length
  return found
}

/** The next character. */
export function step(source: Source): string {
  const next = source.text[source.at] ?? ''
  passTo(source, source.at + 1)
  return next
}

/** The text between quotes, of which one opens here; those inside it stay. Undefined if the quote has no end. */
export function between(source: Source, [opening, closing]: readonly [string, string]): string | undefined {
  const { text } = source
  const start = source.at + opening.length
  let [at, opens, closes] = [start, source.at, source.at]
  for (let depth = 1; depth > 0; ) {
    // Looked for anew only once it is passed: a row of openings may be long.
    if (opens >= 0 && opens < at) opens = opening === closing ? -1 : text.indexOf(opening, at)
    if (closes < at) closes = text.indexOf(closing, at)
    if (closes < 0) return undefined
    const deeper = opens >= 0 && opens < closes
    at = deeper ? opens + opening.length : closes + closing.length
    depth += deeper ? 1 : -1
  }
  passTo(source, at)
  return text.slice(start, at - closing.length)
}

function passTo(source: Source, to: number): void {
  for (; source.at < to; source.at++) if (!source.still && source.text[source.at] === '\n') source.line++
}
