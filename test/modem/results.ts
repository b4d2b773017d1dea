/** A modem's result codes in words and in numbers (V.250 §5.7; numbers from 9 on differ from maker to maker, these are Rockwell's), and what ATX hides. Pure. */

export type Result =
  | { readonly kind: 'ok' | 'ring' | 'no-carrier' | 'error' | 'no-dialtone' | 'busy' | 'no-answer' | 'voice' | 'delayed' | 'blacklisted' }
  /** `protocol` is `ARQ/V34/LAPM`, or '' from a modem that does not say. */
  | { readonly kind: 'connect'; readonly speed: number; readonly protocol: string }

const words: Readonly<Record<Exclude<Result['kind'], 'connect'>, readonly [string, number]>> = {
  ok: ['OK', 0],
  ring: ['RING', 2],
  'no-carrier': ['NO CARRIER', 3],
  error: ['ERROR', 4],
  'no-dialtone': ['NO DIALTONE', 6],
  busy: ['BUSY', 7],
  'no-answer': ['NO ANSWER', 8],
  voice: ['VOICE', 11],
  delayed: ['DELAYED 00:01:00', 24],
  blacklisted: ['BLACKLISTED', 32],
}

const connectNumbers: Readonly<Record<number, number>> = {
  1200: 5,
  2400: 10,
  4800: 11,
  9600: 12,
  7200: 13,
  12_000: 14,
  14_400: 15,
  19_200: 16,
  38_400: 17,
  57_600: 18,
  115_200: 19,
  16_800: 59,
  21_600: 61,
  24_000: 62,
  26_400: 63,
  28_800: 64,
  31_200: 78,
  33_600: 84,
}

/** `detail` is X: 0 says CONNECT alone. */
export function resultWords(result: Result, { verbose, detail }: { readonly verbose: boolean; readonly detail: number }): string {
  if (result.kind !== 'connect') {
    const [word, number] = words[result.kind]
    return verbose ? word : String(number)
  }
  if (detail === 0) return verbose ? 'CONNECT' : '1'
  if (!verbose) return String(connectNumbers[result.speed] ?? 1)
  return `CONNECT ${result.speed}${result.protocol === '' ? '' : `/${result.protocol}`}`
}

/** Whether a modem so told listens for this at all; if not, it waits for a carrier until S7 has passed (V.250 §6.3.5). */
export function listensFor(progress: Result['kind'], detail: number): boolean {
  if (progress === 'no-dialtone') return detail === 2 || detail === 4
  return progress === 'busy' ? detail >= 3 : true
}
