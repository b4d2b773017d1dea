/**
 * Opening a box with what is remembered of its server, whatever the protocol. What is remembered saves round trips and may have become
 * untrue: a failure that it may have caused forgets it, and where it cost the login the server is asked anew at once.
 */
import type { Failure, Maildrop, Opened } from './maildrop.ts'
import type { Place } from './reach.ts'

/** `tls`: opportunistic, if it is offered, any certificate and old protocols · required, or nothing · implicit, from the first octet. */
export type BoxAccount = Place & {
  readonly name: string
  readonly user: string
  /** Asked for at each login, kept nowhere. */
  readonly password: () => string
}

export type Notes = {
  /** What `remember` was given last under this name. */
  readonly recall: (name: string) => string | undefined
  readonly remember: (name: string, value: string | undefined) => void
}

export type Attempted<Known> =
  | { readonly kind: 'open'; readonly box: Maildrop; readonly known: Known }
  /** `instead`: what is to be remembered of it all the same. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly instead?: Known | undefined }

export async function acquainted<Known extends object>(
  protocol: 'pop3' | 'imap',
  { name, user, host, port, tls }: BoxAccount,
  { recall, remember }: Notes,
  attempt: (known: Known | undefined) => Promise<Attempted<Known>>,
  signal: AbortSignal,
): Promise<Opened> {
  const note = `${protocol} ${name}`
  const place = `${user}@${host}:${port} ${tls}`
  const written = (known: Known): string => JSON.stringify({ place, ...known })
  const known = recalled(recall(note), place) as Known | undefined
  const first = await attempt(known)
  if (known && first.kind === 'failed' && mayBeItsFault(first.failure)) remember(note, first.instead && written(first.instead))
  const again = known && first.kind === 'failed' && costTheLogin(first.failure) && !signal.aborted
  const last = again ? await attempt(undefined) : first
  if (last.kind === 'failed') return { kind: 'failed', failure: last.failure }
  const learned = written(last.known)
  if (recall(note) !== learned) remember(note, learned)
  return { kind: 'open', box: last.box }
}

function recalled(text: string | undefined, place: string): object | undefined {
  if (text === undefined) return undefined
  try {
    const value = JSON.parse(text) as { readonly place?: string }
    return value.place === place ? value : undefined
  } catch {
    return undefined
  }
}

const mayBeItsFault = ({ kind }: Failure): boolean => kind !== 'unreachable' && kind !== 'busy'
const costTheLogin = ({ kind }: Failure): boolean => kind === 'login' || kind === 'nonsense'
