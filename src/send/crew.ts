/**
 * The connections to one server that share the letters of one supply: the first, and as many more as fill the line
 * (connections.ts). Promises that a server which takes no more of them costs no letter anything: a further connection that fails
 * is not tried again in this call, one that never came to stand in none, and the others carry its part.
 */
import type { Reply } from '../mail/reply.ts'
import { formatReply } from '../mail/reply.ts'
import { connectionsFor } from './connections.ts'
import type { Standing, Visit } from './visit.ts'
import { visit } from './visit.ts'

export type CrewOptions = {
  /** Octets a second that the line carries, as far as known. */
  readonly rate: () => number
  /** The most connections at once; told when the server took fewer. */
  readonly most: number
  readonly tooMany: (taken: number) => void
}

/** What went wrong on the first connection; undefined when all that was to be sent is answered. Resolves when all have ended. */
export async function crew(at: Omit<Visit, 'ready'>, options: CrewOptions, signal: AbortSignal): Promise<Reply | undefined> {
  const { log, target } = at
  const joined = new Set<Promise<void>>()
  let standing: Standing | undefined
  let open = 1
  let { most } = options

  const supply: Visit['supply'] = {
    ...at.supply,
    next(where) {
      const next = at.supply.next(where)
      if (next && standing && !signal.aborted) consider(standing)
      return next
    },
  }
  const consider = (found: Standing): void => {
    const { letters, octets } = at.supply.ahead()
    const wanted = connectionsFor({ ...found, rate: options.rate(), letters, octets, most })
    while (open < wanted) {
      open += 1
      const joining = join().finally(() => joined.delete(joining))
      joined.add(joining)
    }
  }
  const join = async (): Promise<void> => {
    let stood = false
    const ready = (): void => {
      stood = true
    }
    const failure = await visit({ ...at, supply, ready }, signal)
    open -= 1
    if (failure === undefined || signal.aborted) return
    most = Math.max(1, open)
    if (stood) return
    options.tooMany(most)
    log.info('smarthost', `${target.host}: takes no more than ${most} of our connections: ${formatReply(failure)}`)
  }
  const ready = (found: Standing): void => {
    standing = found
  }
  const failure = await visit({ ...at, supply, ready }, signal)
  open -= 1
  while (joined.size > 0) await Promise.all(joined)
  return failure
}
