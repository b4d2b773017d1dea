/**
 * Line ends as mail must have them (RFC 5321 §2.3.8): what is ours to send on has CR LF and neither a bare LF, a bare CR
 * nor a NUL, whatever the client sent, by DATA, BDAT or the sendmail command. So our own output can smuggle nothing.
 *
 * Repaired, not refused. A bare LF becomes CR LF, as in Postfix ("normalize"). A bare CR becomes a space, as in Postfix
 * (cleanup_replace_stray_cr_lf), since as a line end it could end the header; the CR CR LF of DOS programs loses a CR.
 * A NUL becomes a space too, for C programs read the mailboxes. sendmail 8.18 drops such clients with 421, which in a LAN
 * of old scripts and scanners means that the same letter is tried for ever and nobody is told.
 */

const NUL = 0x00
const LF = 0x0a
const CR = 0x0d
const space = Uint8Array.of(0x20)
const lineEnd = Uint8Array.of(CR, LF)
const nothing = new Uint8Array(0)

export interface LineRepair {
  /** The octets as they should be: the same ones where nothing is wrong. A last CR is held until what follows is seen. */
  push(octets: Uint8Array): Uint8Array
  /** What was held; ends the last line if the letter did not. */
  end(): Uint8Array
  /** How many octets were repaired so far. */
  repairs(): number
}

export function lineRepair(): LineRepair {
  let held = false
  let repairs = 0
  let lineIsOpen = false
  return {
    push(octets) {
      if (octets.length === 0) return octets
      const whole = held ? Buffer.concat([lineEnd.subarray(0, 1), octets]) : octets
      const end = withoutLastCrs(whole)
      held = end < whole.length
      const { pieces, faults } = repaired(whole.subarray(0, end))
      repairs += faults + Math.max(0, whole.length - end - 1)
      const last = pieces.at(-1)
      if (last === undefined) return nothing
      lineIsOpen = last[last.length - 1] !== LF
      return pieces.length === 1 ? last : Buffer.concat(pieces)
    },
    end() {
      const last = held ? [space, lineEnd] : lineIsOpen ? [lineEnd] : []
      if (held) repairs++
      held = false
      lineIsOpen = false
      return Buffer.concat(last)
    },
    repairs: () => repairs,
  }
}

/** Where a run of CRs at the end begins: what they are is known when the next octet is. */
function withoutLastCrs(octets: Uint8Array): number {
  let end = octets.length
  while (end > 0 && octets[end - 1] === CR) end--
  return end
}

/** Goes from fault to fault by native searches: a chunk without one comes back as it is. */
function repaired(octets: Uint8Array): { pieces: Uint8Array[]; faults: number } {
  const pieces: Uint8Array[] = []
  let faults = 0
  let from = 0
  const replace = (at: number, by: Uint8Array): void => {
    if (at > from) pieces.push(octets.subarray(from, at))
    if (by.length > 0) pieces.push(by)
    from = at + 1
    faults++
  }
  let cr = find(octets, CR, 0)
  let lf = find(octets, LF, 0)
  let nul = find(octets, NUL, 0)
  for (;;) {
    const at = Math.min(cr, lf, nul)
    if (at === octets.length) break
    if (at === nul) {
      replace(at, space)
      nul = find(octets, NUL, at + 1)
    } else if (at === lf) {
      replace(at, lineEnd)
      lf = find(octets, LF, at + 1)
    } else {
      if (lf === at + 1) lf = find(octets, LF, lf + 1)
      else replace(at, octets[at + 1] === CR ? nothing : space)
      cr = find(octets, CR, at + 1)
    }
  }
  if (from < octets.length) pieces.push(octets.subarray(from))
  return { pieces, faults }
}

function find(octets: Uint8Array, octet: number, from: number): number {
  const at = octets.indexOf(octet, from)
  return at < 0 ? octets.length : at
}
