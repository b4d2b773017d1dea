/** What somebody who misspelt a word probably meant. */

/** The candidate with the fewest slips between it and the word; undefined if even that one is too far off. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: { readonly candidate: string; readonly slips: number } | undefined
  for (const candidate of candidates) {
    const slips = distance(word.toLowerCase(), candidate.toLowerCase())
    if (slips <= Math.max(1, Math.floor(candidate.length / 3)) && slips < (best?.slips ?? Number.POSITIVE_INFINITY))
      best = { candidate, slips }
  }
  return best?.candidate
}

/** Letters to insert, drop, change, or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const plain = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      row.push(swapped ? Math.min(plain, (before[j - 2] ?? 0) + 1) : plain)
    }
    ;[before, last] = [last, row]
  }
  return last[b.length] ?? 0
}
