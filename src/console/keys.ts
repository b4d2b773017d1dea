/**
 * From octets of a terminal to keys: UTF-8, control characters, and what a VT100 and its heirs send for cursor keys. Octets may come in any
 * pieces, and some may be noise of a serial line: what means nothing is passed over, and soon the next key is understood again. Pure, and without time.
 */

type Named =
  | 'enter'
  | 'tab'
  | 'backspace'
  | 'delete'
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'home'
  | 'end'
  | 'page'
  | 'interrupt'
  | 'eof'
  | 'kill'
  | 'kill-before'
  | 'kill-word'
  | 'clear'

export type Key =
  /** One character. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: Named }
  /** The terminal's answer to the question how large it is. */
  | { readonly kind: 'size'; readonly columns: number; readonly rows: number }

export type Decoder =
  | { readonly kind: 'plain'; readonly afterReturn: boolean }
  | { readonly kind: 'character'; readonly octets: readonly number[]; readonly length: number }
  | { readonly kind: 'escape' }
  | { readonly kind: 'sequence'; readonly parameters: string }

export const atRest: Decoder = { kind: 'plain', afterReturn: false }

/** Longer ones are noise. */
const longestSequence = 16

export function decode(decoder: Decoder, octets: Iterable<number>): { readonly decoder: Decoder; readonly keys: readonly Key[] } {
  const keys: Key[] = []
  let now = decoder
  for (const octet of octets) {
    const { next, key } = step(now, octet)
    if (key) keys.push(key)
    now = next
  }
  return { decoder: now, keys }
}

type Step = { readonly next: Decoder; readonly key?: Key | undefined }

function step(decoder: Decoder, octet: number): Step {
  // Whatever is under way, a control character is meant as such.
  if (octet < 0x20 || octet === 0x7f) return control(octet, decoder.kind === 'plain' && decoder.afterReturn)
  switch (decoder.kind) {
    case 'plain':
      return character([octet])
    case 'character':
      return octet >= 0x80 && octet < 0xc0 ? character([...decoder.octets, octet]) : character([octet])
    case 'escape':
      return { next: octet === 0x5b || octet === 0x4f ? { kind: 'sequence', parameters: '' } : atRest }
    case 'sequence':
      return sequence(decoder.parameters, octet)
  }
}

const controls: ReadonlyMap<number, Named> = new Map([
  [0x01, 'home'],
  [0x02, 'left'],
  [0x03, 'interrupt'],
  [0x04, 'eof'],
  [0x05, 'end'],
  [0x06, 'right'],
  [0x08, 'backspace'],
  [0x09, 'tab'],
  [0x0a, 'enter'],
  [0x0b, 'kill'],
  [0x0c, 'clear'],
  [0x0d, 'enter'],
  [0x0e, 'down'],
  [0x10, 'up'],
  [0x15, 'kill-before'],
  [0x17, 'kill-word'],
  [0x7f, 'backspace'],
])

function control(octet: number, afterReturn: boolean): Step {
  if (octet === 0x1b) return { next: { kind: 'escape' } }
  const named = controls.get(octet)
  // CR LF is one line end.
  const key: Key | undefined = named === undefined || (octet === 0x0a && afterReturn) ? undefined : { kind: named }
  return { next: { kind: 'plain', afterReturn: octet === 0x0d }, key }
}

/** RFC 3629 §3; what is no character, or one that cannot be seen, is passed over. */
function character(octets: readonly number[]): Step {
  const [first = 0] = octets
  const length =
    first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0
  if (length === 0) return { next: atRest }
  if (octets.length < length) return { next: { kind: 'character', octets, length } }
  const text = Buffer.from(octets).toString('utf8')
  return { next: atRest, key: /^[^\p{C}\ufffd]$/u.test(text) ? { kind: 'text', text } : undefined }
}

const finals: ReadonlyMap<string, Named> = new Map([
  ['A', 'up'],
  ['B', 'down'],
  ['C', 'right'],
  ['D', 'left'],
  ['H', 'home'],
  ['F', 'end'],
  ['1~', 'home'],
  ['7~', 'home'],
  ['3~', 'delete'],
  ['4~', 'end'],
  ['8~', 'end'],
  ['6~', 'page'],
])

/** ECMA-48 §5.4: parameters, intermediates, one final octet. */
function sequence(parameters: string, octet: number): Step {
  const letter = String.fromCharCode(octet)
  if (octet < 0x40) return { next: parameters.length < longestSequence ? { kind: 'sequence', parameters: parameters + letter } : atRest }
  const [, rows, columns] = (letter === 'R' && /^(\d+);(\d+)$/.exec(parameters)) || []
  if (rows !== undefined) return { next: atRest, key: { kind: 'size', columns: Number(columns), rows: Number(rows) } }
  const named = finals.get(letter === '~' ? `${parameters}~` : letter)
  return { next: atRest, key: named && { kind: named } }
}
