/**
 * Blanks, in a copy of the pinned Node, what it carries and dialpost never asks for: 22 MB of its 123, which flash then need not hold, since
 * what is all zeros takes no room in a compressed file system. Nothing moves, so nothing else in the file need know.
 * - ICU's data for every language, region and currency but the root's and English, its converters between character sets (mailparser brings
 *   its own, TextDecoder's usual ones are Node's own), transliteration, spelt-out numbers, and dictionaries of scripts without blanks. Whoever
 *   asked for one all the same would be told that there is none.
 * - The stripper of TypeScript's types, WebAssembly as one literal of base64, which would run when Node is given a .ts file.
 * Throws where this Node is not as it was: then look again what is to be kept.
 */

export function withoutBallast(runtime: Uint8Array): Uint8Array {
  const lean = Buffer.from(runtime)
  for (const { name, start, end } of items(lean)) if (!isWanted(name)) lean.fill(0, start, end)
  const { start, end } = longestBase64(lean)
  lean.fill('A', start, end)
  return lean
}

type Item = { readonly name: string; readonly start: number; readonly end: number }

/** Of folders, what is used for want of anything better, and English, which is what the process speaks. */
function isWanted(name: string): boolean {
  const [, folder, file] = /^(?:([^/]+)\/)?([^/]+)$/.exec(name) ?? []
  if (file === undefined) return true
  if (folder === 'translit' || folder === 'rbnf') return false
  if (folder !== undefined) return /^(root|en|pool|ucadata|tzdbNames|(char|word|line|sent).*)\.(res|icu|brk)$/.test(file)
  // What is no locale's has a longer name than any language: zoneinfo64, numberingSystems, supplementalData.
  return /\.(icu|nrm|cfu)$/.test(file) || /^(root|en|pool|[A-Za-z0-9]{5,})\.res$/.test(file)
}

/**
 * ICU's table of contents (icu4c/source/common/ucmndata.h): behind a header that ends in the name of the format, how many there are, and for
 * each where its name and its data begin, counted from the table; sorted by name, and data in the same order.
 */
function items(binary: Buffer): readonly Item[] {
  const header = headerOf(binary)
  const table = header + binary.readUInt16LE(header)
  const count = binary.readUInt32LE(table)
  const row = (index: number, word: number): number => table + binary.readUInt32LE(table + 4 + 8 * index + 4 * word)
  const found: Item[] = []
  for (let index = 0; index < count; index++) {
    const named = row(index, 0)
    const name = binary.toString('latin1', named, binary.indexOf(0, named)).replace(/^icudt\d+l\//, '')
    // Where the last one ends the table does not say; it stays.
    if (index < count - 1) found.push({ name, start: row(index, 1), end: row(index + 1, 1) })
  }
  if (found.length < 1000 || found.some(({ start, end }) => start >= end)) throw new Error("Node's ICU data is not as it was")
  return found
}

function headerOf(binary: Buffer): number {
  const format = 12
  for (let at = binary.indexOf('CmnD'); at >= 0; at = binary.indexOf('CmnD', at + 1))
    if (binary.readUInt16LE(at - format + 2) === 0x27da) return at - format
  throw new Error('Node has no ICU data')
}

/** Of a megabyte at least, and the only one. */
function longestBase64(binary: Buffer): { readonly start: number; readonly end: number } {
  const step = 65_536
  const isBase64 = (octet: number | undefined): boolean => octet !== undefined && /[\w+/=]/.test(String.fromCharCode(octet))
  const letters = Uint8Array.from({ length: 256 }, (_, octet) => (isBase64(octet) && octet !== 0x5f ? 1 : 0))
  const found: { start: number; end: number }[] = []
  for (let at = 0; at < binary.length; at += step) {
    if (letters[binary[at] ?? 0] === 0) continue
    let [start, end] = [at, at]
    while (letters[binary[start - 1] ?? 0] === 1) start--
    while (letters[binary[end] ?? 0] === 1) end++
    if (end - start >= 2 ** 20) found.push({ start, end })
    at += Math.floor((end - at) / step) * step
  }
  const [only] = found
  if (only === undefined || found.length > 1) throw new Error(`Node has ${found.length} literals of base64 of a megabyte, not one`)
  return only
}
