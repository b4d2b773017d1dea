/** A month of an office's mail, the same for the same seed: 40 letters out and 60 in on a working day, most of them in its hours and in bursts. */

/** `at`: wall clock. */
export type Letter = { readonly at: number; readonly way: 'out' | 'in'; readonly octets: number }

export const days = 30
/** Monday. */
export const begin: number = new Date(2000, 10, 6).getTime()
export const end: number = new Date(2000, 10, 6 + days).getTime()

export function monthOf(seed: number): readonly Letter[] {
  const random = randomOf(seed)
  const letters = Array.from({ length: days }, (_, day) => [...dayOf(day, 'out', 40, random), ...dayOf(day, 'in', 60, random)]).flat()
  return letters.filter(({ at }) => at < end).sort((a, b) => a.at - b.at)
}

/** A third of a burst's letters come within minutes; at the weekend a quarter of what a working day brings. */
function dayOf(day: number, way: Letter['way'], usual: number, random: () => number): Letter[] {
  const total = Math.round(usual * (day % 7 < 5 ? 1 : 0.25) * (0.7 + 0.6 * random()))
  const letters: Letter[] = []
  while (letters.length < total) {
    const hour = hourOf(way, random)
    const together = random() < 0.15 ? 2 + Math.floor(random() * 8) : 1
    for (let n = 0; n < together; n++) {
      const minutes = hour * 60 + random() * 10
      letters.push({ at: new Date(2000, 10, 6 + day, 0, 0, Math.floor(minutes * 60)).getTime(), way, octets: sizeOf(random) })
    }
  }
  return letters
}

/** People write from nine to six; a fifth of what comes in comes at any hour. */
function hourOf(way: Letter['way'], random: () => number): number {
  return way === 'in' && random() < 0.2 ? random() * 24 : 9 + 9 * random()
}

/** Log-normal about 3.5 KB, with a tail up to 2 MB. */
function sizeOf(random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Math.round(Math.min(3584 * Math.exp(1.5 * normal), 2 * 1024 * 1024))
}

/** mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
