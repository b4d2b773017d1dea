/**
 * A letter as programs pipe it into sendmail, made a letter as the wire has it: every line end becomes CR LF, and where a dot alone on
 * its line ends the letter (without -i), nothing behind it is read. A CR without LF is left to the daemon, which mends it. Pure.
 */

export interface Input {
  push(octets: Uint8Array): Uint8Array
  /** What was held back, with the line end that the last line may lack. */
  end(): Uint8Array
  /** A lone dot has been seen. */
  ended(): boolean
}

/** Within a line; at its start; behind a dot there, and behind a CR there; behind any other CR. */
type Place = 'within' | 'start' | 'dot' | 'dot-cr' | 'cr'

const [cr, lf, dot] = [0x0d, 0x0a, 0x2e]

/** What was held back at each place when no LF follows. */
const held: Readonly<Record<Place, readonly number[]>> = { within: [], start: [], dot: [dot], 'dot-cr': [dot, cr], cr: [cr] }

export function typedInput({ dotIsData }: { readonly dotIsData: boolean }): Input {
  let place: Place = 'start'
  let ended = false
  return {
    push(octets) {
      const made = new Uint8Array(2 * octets.length + 2)
      let length = 0
      const put = (octet: number): void => {
        made[length++] = octet
      }
      for (const octet of octets) {
        if (ended) break
        if (octet === lf) {
          if (place === 'dot' || place === 'dot-cr') ended = true
          else [cr, lf].forEach(put)
          place = 'start'
        } else if (octet === cr && place !== 'cr' && place !== 'dot-cr') {
          place = place === 'dot' ? 'dot-cr' : 'cr'
        } else if (octet === dot && place === 'start' && !dotIsData) {
          place = 'dot'
        } else {
          held[place].forEach(put)
          place = octet === cr ? 'cr' : 'within'
          if (octet !== cr) put(octet)
        }
      }
      return made.subarray(0, length)
    },
    end() {
      if (ended || place === 'start') return new Uint8Array(0)
      const last = place === 'dot' || place === 'dot-cr' ? [dot, cr, lf] : [cr, lf]
      place = 'start'
      return Uint8Array.from(last)
    },
    ended: () => ended,
  }
}
