/**
 * Lines out of keys: what is typed is shown, unless it is hidden, and can be taken back (backspace, ^U); Enter gives the line. ^C, and ^D on
 * an empty line, are going away. Keys that move a cursor do nothing: a line that is wrong is soon typed again. What is typed before it is
 * asked for waits, unseen, for the next question.
 */

/** A terminal in raw mode, or a pipe. */
export type Keys = {
  write(text: string): Promise<void> | void
  /** Calls back with what is typed, octets as they come. */
  hear(typed: (octets: Uint8Array) => void): void
  /** Aborted when nobody types any more. */
  readonly gone: AbortSignal
}

/** `echo`: false for a pipe, which sees itself. */
export function lineReader(
  keys: Keys,
  { echo = true }: { readonly echo?: boolean } = {},
): (prompt: string, hidden?: boolean) => Promise<string | undefined> {
  const decoder = new TextDecoder()
  let waiting = ''
  let before = ''
  let left = keys.gone.aborted
  let stir: (() => void) | undefined
  keys.hear((octets) => {
    for (const key of decoder.decode(octets, { stream: true })) {
      // Some terminals send both.
      if (key !== '\n' || before !== '\r') waiting += key
      before = key
    }
    stir?.()
  })
  keys.gone.addEventListener('abort', () => {
    left = true
    stir?.()
  })
  return async (prompt, hidden = false) => {
    const show = (text: string): Promise<void> | void => (echo && !hidden && text !== '' ? keys.write(text) : undefined)
    if (prompt !== '') await keys.write(prompt)
    let line = ''
    for (;;) {
      const { rest, ...taken } = take(waiting, line)
      waiting = rest
      line = taken.line
      await show(taken.shown)
      if (taken.end !== undefined && prompt !== '' && echo) await keys.write('\r\n')
      if (taken.end === 'left') left = true
      if (taken.end === 'enter') return line
      if (left) return undefined
      // Typed while it was shown.
      if (waiting !== rest) continue
      await new Promise<void>((resolve) => (stir = resolve))
    }
  }
}

type Taken = {
  readonly line: string
  readonly shown: string
  /** What was typed behind the end. */
  readonly rest: string
  readonly end?: 'enter' | 'left'
}

/** What the keys make of the line, as far as they end it. */
function take(typed: string, begun: string): Taken {
  let [line, shown] = [begun, '']
  const keys = typed.matchAll(/\x1b\[[\d;]*[^\d;]|\x1bO.|\x1b(?=[^[O])|[^\x1b]/gsu)
  let at = 0
  for (const { 0: key, index } of keys) {
    // An escape whose end is still to come.
    if (index !== at) break
    at = index + key.length
    const back = key === '\x7f' || key === '\b' ? 1 : key === '\x15' ? Array.from(line).length : 0
    if (back > 0) {
      const points = Array.from(line)
      shown += '\b \b'.repeat(Math.min(back, points.length))
      line = points.slice(0, Math.max(0, points.length - back)).join('')
    } else if (key === '\r' || key === '\n') return { line, shown, rest: typed.slice(at), end: 'enter' }
    else if (key === '\x03' || (key === '\x04' && line === '')) return { line, shown, rest: '', end: 'left' }
    else if (/^[^\p{Cc}\x1b]/u.test(key)) {
      line += key
      shown += key
    }
  }
  return { line, shown, rest: typed.slice(at) }
}
