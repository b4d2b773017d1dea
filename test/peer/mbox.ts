/** Reads an mbox as mail readers do, to compare what is in it with what was sent: `From ` lines after an empty line divide it, mboxrd quoting is undone. */
export type Kept = {
  /** What follows `From `. */
  readonly divider: string
  /** CRLF line ends. */
  readonly octets: Buffer
}

/** Throws when the file is torn: not empty, and not beginning with a divider and ending with an empty line. */
export function readMbox(file: Buffer): readonly Kept[] {
  const text = file.toString('latin1')
  if (text === '') return []
  if (!text.startsWith('From ')) throw new Error(`the mbox begins with ${JSON.stringify(text.slice(0, 60))}`)
  if (!text.endsWith('\n\n')) throw new Error(`the mbox ends with ${JSON.stringify(text.slice(-60))}`)
  return text
    .slice('From '.length, -2)
    .split('\n\nFrom ')
    .map((letter) => {
      const end = letter.indexOf('\n')
      const content = end < 0 ? '' : `${letter.slice(end + 1)}\n`
      return {
        divider: end < 0 ? letter : letter.slice(0, end),
        octets: Buffer.from(content.replaceAll(/(^|\n)>(>*From )/g, '$1$2').replaceAll('\n', '\r\n'), 'latin1'),
      }
    })
}
