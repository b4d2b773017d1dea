/**
 * The files that routing reads: aliases, what they include, and people's ~/.forward, with sendmail's rules of whom to trust.
 * A file that cannot be read is said to be so, and its mail waits; so does that of a file or a home that was there once and is
 * gone. A ~/.forward that its user keeps from us is as none, for it would never be otherwise: his mail goes into his mailbox. Promises not to hang on a FIFO or a device, not to follow a user's link into somebody else's file, and to read
 * again only what has changed. What the text means is route/'s business.
 */
import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { RouteFiles } from '../route/files.ts'
import type { Account } from './passwd.ts'

export type MailFiles = RouteFiles

export type MailFilesOptions = {
  /** Paths of alias files, in order. */
  readonly aliases: readonly string[]
  /** Whether ~/.forward counts at all. */
  readonly forwardFiles: boolean
  readonly find: (user: string) => Account | undefined
}

type Text = { readonly kind: 'text'; readonly text: string }
type Unreadable = { readonly kind: 'unreadable'; readonly reason: string }
type Unsafe = { readonly kind: 'unsafe'; readonly reason: string }
type Missing = { readonly kind: 'missing' }
/** To this process. */
type Forbidden = { readonly kind: 'forbidden'; readonly reason: string }
type ReadFile = Text | Unreadable | Unsafe | Missing | Forbidden

export function mailFiles({ aliases, forwardFiles, find }: MailFilesOptions): MailFiles {
  const reader = cachingReader()
  /** Files and homes that have been there: when one of them is missing, something is wrong. */
  const seen = new Set<string>()
  const expected = (path: string): Unreadable | Missing =>
    seen.has(path) ? unreadable(path, 'was there and is gone') : { kind: 'missing' }
  return {
    async aliases() {
      const files: { readonly path: string; readonly text: string }[] = []
      for (const path of aliases) {
        const read = await reader(path, administrators(path))
        const found = read.kind === 'missing' ? expected(path) : read
        if (found.kind !== 'text' && found.kind !== 'missing') return { kind: 'unreadable', reason: found.reason }
        if (found.kind === 'text') seen.add(path)
        files.push({ path, text: found.kind === 'text' ? found.text : '' })
      }
      return { kind: 'text', files }
    },
    async include(path) {
      const read = await reader(path, administrators(path))
      if (read.kind === 'text') return read
      return { kind: 'unreadable', reason: read.kind === 'missing' ? `${path} is not there` : read.reason }
    },
    async forward(user) {
      const account = forwardFiles ? find(user) : undefined
      if (!account || account.home === '' || account.home === '/') return { kind: 'none' }
      const path = `${account.home}/.forward`
      const home = await homeOf(account)
      if (home.kind === 'missing') {
        const gone = expected(account.home)
        return gone.kind === 'missing' ? { kind: 'none' } : gone
      }
      if (home.kind === 'unreadable') return home
      if (home.kind === 'forbidden') return keptFromUs(path, account)
      seen.add(account.home)
      const read = await reader(path, ownersOnly(path, account))
      if (read.kind === 'missing') return { kind: 'none' }
      if (read.kind === 'forbidden') return keptFromUs(path, account)
      if (read.kind === 'unreadable') return read
      if (read.kind === 'unsafe') return { ...read, path }
      return home.kind === 'unsafe' ? { ...home, path } : { ...read, path }
    },
  }
}

type Facts = { readonly uid: number; readonly mode: number }

/** Whom a file may come from: whether by a symbolic link, and why the opened file is not to be trusted (undefined: it is). */
type Trust = { readonly follow: boolean; readonly distrust: (facts: Facts) => string | undefined }

/** The administrator's files: not everybody may write to them, for what they say is done with the daemon's rights. */
function administrators(path: string): Trust {
  return { follow: true, distrust: ({ mode }) => ((mode & 0o002) === 0 ? undefined : `everybody may write to ${path}; chmod o-w ${path}`) }
}

/** sendmail's safefile(): the user's own, and written by nobody else. A link could lead to what only the daemon may read. */
function ownersOnly(path: string, account: Account): Trust {
  const distrust = ({ uid, mode }: Facts) => {
    if (uid !== account.uid) return `${path} does not belong to ${account.name}`
    return (mode & 0o022) === 0 ? undefined : `others may write to ${path}; chmod go-w ${path}`
  }
  return { follow: false, distrust }
}

function keptFromUs(path: string, { home }: Account): Unsafe & { readonly path: string } {
  return { kind: 'unsafe', path, reason: `dialpost may not read ${path}; chmod o+x ${home} and, if it is there, chmod o+r ${path}` }
}

/** sendmail's safedirpath() of the home itself: who may write there could replace the file. */
async function homeOf({ home, uid, name }: Account): Promise<{ readonly kind: 'safe' } | Unsafe | Unreadable | Missing | Forbidden> {
  try {
    const facts = await stat(home)
    if (facts.uid !== uid && facts.uid !== 0) return { kind: 'unsafe', reason: `${home} does not belong to ${name}` }
    return (facts.mode & 0o022) === 0 ? { kind: 'safe' } : { kind: 'unsafe', reason: `others may write to ${home}; chmod go-w ${home}` }
  } catch (error) {
    return failure(home, error)
  }
}

/** More than this is no list of addresses. */
const largest = 4 * 1024 * 1024

function cachingReader(): (path: string, trust: Trust) => Promise<ReadFile> {
  const cache = new Map<string, { readonly mark: string; readonly text: string }>()
  return async (path, { follow, distrust }) => {
    let file: FileHandle | undefined
    try {
      // Opened first and judged then: whatever is swapped meanwhile is not what is read. NONBLOCK, since a FIFO would wait for a writer.
      file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW))
      const facts = await file.stat({ bigint: true })
      const mark = [facts.dev, facts.ino, facts.size, facts.mtimeNs, facts.ctimeNs].join(' ')
      if (!facts.isFile()) return { kind: 'unsafe', reason: `${path} is not a file` }
      const reason = distrust({ uid: Number(facts.uid), mode: Number(facts.mode) })
      if (reason !== undefined) return { kind: 'unsafe', reason }
      if (facts.size > largest) return unreadable(path, `is larger than ${largest} octets`)
      const known = cache.get(path)
      const text = known?.mark === mark ? known.text : await file.readFile('utf8')
      cache.set(path, { mark, text })
      return { kind: 'text', text }
    } catch (error) {
      return failure(path, error)
    } finally {
      await file?.close()
    }
  }
}

/** Only what is certainly not there is missing; everything else may be otherwise later. */
function failure(path: string, error: unknown): Missing | Unsafe | Unreadable | Forbidden {
  const { code = String(error) } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return { kind: 'missing' }
  if (code === 'ELOOP') return { kind: 'unsafe', reason: `${path} is a symbolic link` }
  if (code === 'EACCES') return { kind: 'forbidden', reason: `${path} cannot be read (${code})` }
  return unreadable(path, `cannot be read (${code})`)
}

function unreadable(path: string, reason: string): Unreadable {
  return { kind: 'unreadable', reason: `${path} ${reason}` }
}
