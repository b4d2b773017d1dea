/** Telephone numbers as a modem takes them (ITU-T V.250 §6.3.1). Pure. */

/**
 * The dial command for a number, or undefined where it is none: digits, `*`, `#`, `+`, `,` and `W` to wait, `@` for silence, `T` and `P` for
 * tones and pulses; blanks, dashes and brackets are for people. Tones unless it says otherwise; a packet service (`*99#`) has neither.
 */
export function dialCommand(number: string): string | undefined {
  const dialled = number.replace(/[\s().-]/g, '').toUpperCase()
  if (!/^[\d*#+,W@TP]{1,60}$/.test(dialled) || !/\d/.test(dialled)) return undefined
  return `ATD${isPacketService(dialled) || /^[TP]/.test(dialled) ? '' : 'T'}${dialled}`
}

/** A GSM or LTE stick is what dials `*99#`, `*99***1#` (3GPP TS 27.007 §10.2). */
export function isPacketService(number: string): boolean {
  return number.includes('*99')
}
