/** Letters by seed: English-looking prose of a few words used often and many used seldom, under the header that such letters have. CRLF line ends. Pure. */

export type Letter = { readonly id: string; readonly octets: Buffer }

export type CorpusName = 'mixed' | 'small' | 'large'

/** `mixed`: 100 letters, median 3.5 KB, 0.7 MB in all. `small`: 200 letters of 1.5 KB. `large`: 10 letters of 40 KB. */
export function corpus(name: CorpusName, seed: number, share = 1): readonly Letter[] {
  const random = randomOf(seed)
  const count = Math.round(counts[name] * share)
  const sizes = Array.from({ length: count }, (_, at) =>
    name === 'mixed' ? mixedSize((at + 0.5) / count) : name === 'small' ? 1500 : 40_000,
  )
  return shuffled(sizes, random).map((size, at) => letter(`${name}-${seed}-${at}`, size, random))
}

const counts: Readonly<Record<CorpusName, number>> = { mixed: 100, small: 200, large: 10 }

export const octetsOf = (letters: readonly Letter[]): number => letters.reduce((sum, { octets }) => sum + octets.length, 0)

/** Log-normal: the quantile of a letter's size in octets. 1.18 makes the mean twice the median. */
function mixedSize(share: number): number {
  return Math.round(Math.min(60_000, 3500 * Math.exp(1.18 * normalQuantile(share))) + 300)
}

/** Abramowitz and Stegun, 26.2.23. */
function normalQuantile(share: number): number {
  const t = Math.sqrt(-2 * Math.log(Math.min(share, 1 - share)))
  const z = t - (2.515517 + 0.802853 * t + 0.010328 * t ** 2) / (1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3)
  return share < 0.5 ? -z : z
}

function letter(id: string, size: number, random: () => number): Letter {
  const minute = String(Math.floor(random() * 60)).padStart(2, '0')
  const header = [
    `Date: Sun, 22 Nov 2026 09:${minute}:00 +0000`,
    `From: Frodo Baggins <frodo@shire.example>`,
    `To: Sam Gamgee <sam@far.example>`,
    `Subject: ${prose(24 + random() * 20, random)
      .replaceAll(/[.\r\n]+/g, ' ')
      .trim()}`,
    `Message-ID: <${id}@shire.example>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
  ]
  const head = `${header.join('\r\n')}\r\n\r\n`
  const body = prose(Math.max(0, size - head.length - 2), random)
  return { id, octets: Buffer.from(`${head}${body}\r\n`, 'latin1') }
}

/** Lines of at most 72 characters, cut to the length. */
function prose(length: number, random: () => number): string {
  let [text, line, sentence] = ['', '', 0]
  while (text.length + line.length < length) {
    const word = wordAt(random)
    const said = sentence === 0 ? `${word[0]?.toUpperCase()}${word.slice(1)}` : word
    sentence = random() < 0.09 ? 0 : sentence + 1
    const next = `${said}${sentence === 0 ? '.' : ''}`
    if (line.length + next.length > 71) {
      text += `${line}\r\n`
      line = next
    } else line += `${line === '' ? '' : ' '}${next}`
  }
  return (text + line).slice(0, length).replace(/\r$/, ' ')
}

const common = `the of and to a in that it is was for on with as his they at be this from have or by one had not but what all were when we there
can an your which their said if do will each about how up out them then she many some so these would other into has more her two like him see time could
no make than first been its who now people my made over did down only way find use may water long little very after words called just where most know`
const seldom = `letter evening garden river mountain journey kettle morning ledger harbour winter pocket lantern cellar market sister teapot village orchard
meadow bridge whistle candle fiddle copper basket blanket chimney feather gravel hammer island jacket kitten ladder mirror needle orange parcel quarrel
ribbon saddle thunder umbrella velvet window yellow anchor barrel carriage daylight engine fountain governor household instrument judgement knowledge
language machinery newspaper ordinary passenger question remember surprise telephone university vegetable wonderful yesterday afternoon beautiful
correspondence department experience friendship government happiness important messenger neighbour opportunity particular remarkable scientific temperature`
const words = `${common} ${seldom}`.split(/\s+/)

/** The nth word about 1/n times as often as the first (Zipf), with an ending of its own now and then. */
function wordAt(random: () => number): string {
  const word = words[Math.floor(words.length ** random()) - 1] ?? 'the'
  return random() < 0.12 ? `${word}${endings[Math.floor(random() * endings.length)]}` : word
}

const endings = ['s', 'ed', 'ing', 'ly', 'er']

function shuffled<Item>(items: readonly Item[], random: () => number): readonly Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

/** mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
