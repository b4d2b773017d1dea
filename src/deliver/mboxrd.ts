/**
 * The mbox's own spelling of octets, as transforms that hold a handful of octets between chunks: bare LF line ends, and
 * mboxrd quoting (every line `>*From ` gets one more `>`), which unlike sendmail's is undone without loss. Knows no letter
 * and no file. RFC 4155 names the format; qmail's mbox(5) is the description that readers follow.
 */

/** Octets in, octets out; what the end of a chunk leaves undecided comes with the next, or with `end`. */
export interface Transform {
  push(octets: Uint8Array): Uint8Array
  end(): Uint8Array
}

const LF = 0x0a
const CR = 0x0d
const GT = 0x3e
const from_ = new Uint8Array([0x46, 0x72, 0x6f, 0x6d, 0x20])

/** CRLF becomes LF; a CR or LF alone stays. */
export function bareLines(): Transform {
  let heldCr = false
  return {
    push(octets) {
      if (!heldCr && octets.indexOf(CR) < 0) return octets
      const out = new Uint8Array(octets.length + 1)
      let length = 0
      let at = 0
      if (heldCr && octets.length > 0 && octets[0] !== LF) out[length++] = CR
      if (octets.length > 0) heldCr = false
      while (at < octets.length) {
        const cr = octets.indexOf(CR, at)
        const stop = cr < 0 ? octets.length : cr
        out.set(octets.subarray(at, stop), length)
        length += stop - at
        at = stop + 1
        if (cr < 0) break
        if (at === octets.length) heldCr = true
        else if (octets[at] !== LF) out[length++] = CR
      }
      return out.subarray(0, length)
    },
    end: () => (heldCr ? new Uint8Array([CR]) : new Uint8Array(0)),
  }
}

/** `From ` at the start of a line becomes `>From `, `>From ` becomes `>>From `, and so on. */
export function quoting(): Transform {
  return fromLines((marks) => marks + 1)
}

/** Takes one `>` back from every line `>+From `. */
export function unquoting(): Transform {
  return fromLines(() => 0)
}

/** One transform after another. */
export function chained(...transforms: readonly Transform[]): Transform {
  return {
    push: (octets) => transforms.reduce((passed, transform) => transform.push(passed), octets),
    end() {
      let passed: Uint8Array = new Uint8Array(0)
      for (const transform of transforms) passed = joined([transform.push(passed), transform.end()])
      return passed
    },
  }
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts
  if (only && parts.length === 1) return only
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** Of the `>` before `From ` all but the last pass at once; `marks` says how many (0 or more) stand for that last one, of which there were 0 or 1. */
function fromLines(marks: (held: number) => number): Transform {
  /** How much of `From ` this line began with; -1 once the line is known to be another. */
  let matched = 0
  let held = 0
  return {
    push(octets) {
      const out = new Uint8Array(octets.length + Math.ceil(octets.length / 6) + 8)
      let length = 0
      const emit = (part: Uint8Array) => {
        out.set(part, length)
        length += part.length
      }
      const emitMarks = (count: number) => {
        out.fill(GT, length, length + count)
        length += count
        held = 0
      }
      let at = 0
      while (at < octets.length) {
        if (matched < 0) {
          const lf = octets.indexOf(LF, at)
          const stop = lf < 0 ? octets.length : lf + 1
          emit(octets.subarray(at, stop))
          at = stop
          if (lf >= 0) matched = 0
        } else if (matched === 0 && octets[at] === GT) {
          emitMarks(held)
          held = 1
          at++
        } else if (octets[at] === from_[matched]) {
          at++
          if (++matched < from_.length) continue
          emitMarks(marks(held))
          emit(from_)
          matched = -1
        } else {
          emitMarks(held)
          emit(from_.subarray(0, matched))
          matched = -1
        }
      }
      return out.subarray(0, length)
    },
    end() {
      const rest = joined([new Uint8Array(held).fill(GT), from_.slice(0, Math.max(matched, 0))])
      matched = 0
      held = 0
      return rest
    },
  }
}
