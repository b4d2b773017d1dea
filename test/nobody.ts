/** A piece of a test as a user who is not root: what the kernel refuses him is refused for real, in all threads. Only root can become one. */
const nobody = 65_534

export const needsRoot: string | false = process.geteuid?.() === 0 ? false : 'needs root'

export async function asNobody<T>(work: () => Promise<T> | T): Promise<T> {
  process.setegid?.(nobody)
  process.seteuid?.(nobody)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}
