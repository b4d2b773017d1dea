/** What came between an update and its slot: who failed, what it said, and what to do. The one place where an adapter's error becomes that. */

/** `slot` is its device, `flash` what lies in it. */
export type Culprit = 'file' | 'key' | 'slot' | 'flash' | 'keeper' | 'person'

export class Trouble extends Error {
  readonly culprit: Culprit

  constructor(culprit: Culprit, said: string) {
    super(said)
    this.culprit = culprit
  }
}

/** Does it; what it throws is this one's trouble. */
export async function during<T>(culprit: Culprit, act: () => T | Promise<T>, advice?: string): Promise<T> {
  try {
    return await act()
  } catch (cause) {
    throw new Trouble(culprit, advice === undefined ? reason(cause) : `${reason(cause)}: ${advice}`)
  }
}

function reason(cause: unknown): string {
  const { code, message } = cause instanceof Error ? (cause as NodeJS.ErrnoException) : { code: undefined, message: String(cause) }
  return (code !== undefined && phrases.get(code)) || message
}

const phrases: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'it is not there'],
  ['ENOTDIR', 'it is not there'],
  ['EACCES', 'the daemon may not use it'],
  ['EPERM', 'the daemon may not use it'],
  ['EIO', 'input/output error'],
  ['ENOSPC', 'it is full'],
  ['EBUSY', 'it is in use'],
  ['ENXIO', 'nobody hears'],
  ['ESTALE', 'the server knows it no longer'],
  ['ECONNREFUSED', 'nobody answers there'],
  ['EHOSTUNREACH', 'nobody answers there'],
  ['ECONNRESET', 'its server broke off'],
  ['EROFS', 'it is read-only'],
])
