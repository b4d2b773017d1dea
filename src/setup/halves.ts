/**
 * A file of which setup writes the first half and a person the second: the first is known by its sum, so that what somebody has
 * changed there is not replaced unasked, and the second is kept as it is. Pure but for the sum.
 */
import { createHash } from 'node:crypto'

export type Halves = {
  /** The first half, without head and foot; all of the text where setup has not written it. */
  readonly own: string
  /** What stands below the foot. */
  readonly theirs: string
  /** Whether the first half is as setup wrote it. */
  readonly untouched: boolean
}

const head = /^# dialpost setup wrote this half; its sum is ([\da-f]{16})\.\n/
const foot = '# Below this line everything is yours: setup keeps it.\n'

export function join(own: string, theirs: string): string {
  return `# dialpost setup wrote this half; its sum is ${sum(own)}.\n${own}${foot}${theirs}`
}

export function halve(text: string): Halves {
  const start = head.exec(text)
  const end = text.indexOf(`\n${foot}`)
  if (!start || end < 0) return { own: text, theirs: '', untouched: false }
  const own = text.slice(start[0].length, end + 1)
  return { own, theirs: text.slice(end + 1 + foot.length), untouched: sum(own) === start[1] }
}

function sum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
