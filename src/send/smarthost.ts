/**
 * Courier to the ISP: the smarthosts in order, one connection for all letters (see smtp.ts) or as few as fill the line (crew.ts). The next smarthost has its turn when one
 * cannot be reached, will not talk to us, or answers nothing; after a session that got somewhere the same one is called again.
 * When none is left everything waits, with the reason. A letter is blamed only for what a server said about it.
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import type { Address, ReversePath } from '../mail/address.ts'
import type { Reply } from '../mail/reply.ts'
import { formatReply, reply } from '../mail/reply.ts'
import type { Courier, Load } from '../queue/courier.ts'
import type { Credentials } from '../sasl.ts'
import type { Window } from './smtp.ts'
import { type Supply, openSupply } from './supply.ts'
import { type Notebook, acquaintance } from './acquaintance.ts'
import { crew } from './crew.ts'
import { callEnded } from './visit.ts'
import type { Connect, TlsMode } from './wire.ts'

export type Host = {
  readonly host: string
  readonly port: number
  readonly tls: TlsMode
  /** SHA-256 of the one certificate to trust. */
  readonly fingerprint?: string
  readonly user?: string
  /** Asked for each session; may throw, which counts as a host that cannot be used. */
  readonly password?: () => string
}

/** The addresses of a host, as src/resolver.ts finds them. */
export type Resolve = (
  host: string,
  signal: AbortSignal,
) => Promise<
  { readonly kind: 'found'; readonly addresses: readonly string[] } | { readonly kind: 'unknown' | 'failed'; readonly reason: string }
>

/** How inside addresses look from outside. */
export type Masquerade = {
  path(from: ReversePath): ReversePath
  recipient(to: Address): Address
  header(octets: Uint8Array): Uint8Array
}

/** What was added since the last time: letters that went, octets of letters gone out, and octets of letters newly taken on, and settled. */
export type Progress = { readonly letters: number; readonly octets: number; readonly of: number; readonly settled: number }

export type SmarthostOptions = {
  readonly hosts: readonly Host[]
  readonly resolve: Resolve
  readonly connect: Connect
  readonly masquerade: Masquerade | undefined
  readonly hostname: string
  readonly clock: Clock
  readonly log: Log
  readonly progress?: (progress: Progress) => void
  /** The most connections to a server at once; how many there are follows from what it offers and how far away it is. */
  readonly connections?: number
  /** Octets a second that the line carries, as far as known. */
  readonly rate?: () => number
  readonly window?: Window
  /** What is worth remembering of servers; without it each call finds out anew. */
  readonly notebook?: Notebook
}

/**
 * At 33.6 kbit/s 32 KB are 8 s of line, more than a reply waits behind a full modem queue of incoming mail, and behind what the system
 * has taken over but not sent: a server that has Nagle's algorithm on answers only once our acknowledgement has come through that.
 */
const usualWindow: Window = { letters: 24, octets: 32 * 1024 }

/** Letters noted by one flush: that many a power cut leaves in doubt. */
const noted = 8

/** Where letters wait for round trips the line is full with two, on a far one with three; more fight for the modem's queue. */
const mostConnections = 4

const blank: Notebook = { recall: () => undefined, remember: () => {} }

/** What a 33.6 kbit/s modem carries. */
const usualRate = 3500

export function smarthost(options: SmarthostOptions): Courier {
  const taken = new Map<string, number>()
  return {
    name: 'smarthost',
    carry: (load, signal) => carryOver(load, signal, taken, options),
  }
}

/** By address and port: how many connections it took at most, where it once took no more. */
type Taken = Map<string, number>

/** One connection after another until nothing is left, or every host has failed. */
async function carryOver(load: Load, signal: AbortSignal, taken: Taken, options: SmarthostOptions): Promise<void> {
  const supply = supplyOf(load, options)
  const failures: string[] = []
  let turn = 0
  while (!signal.aborted && supply.waiting()) {
    const host = options.hosts[turn]
    if (!host) {
      supply.settleAll({ kind: 'deferred', reply: reply(451, '4.4.1', failures.join('; ') || 'no smarthost is set') })
      return
    }
    const before = supply.decided()
    const failure = await overHost(host, supply, signal, taken, options)
    if (failure === undefined || signal.aborted) continue
    const words = `${host.host}: ${formatReply(failure)}`
    if (supply.decided() > before) {
      options.log.notice('smarthost', `${words}; connecting again for the rest`)
      continue
    }
    failures.push(words)
    turn += 1
    options.log.warn('smarthost', `${words}; ${turn < options.hosts.length ? 'the next smarthost has its turn' : 'mail waits'}`)
  }
  await supply.putBack({ kind: 'deferred', reply: callEnded })
}

/** Tries the host's addresses. What went wrong; undefined when all that was to be sent is answered. */
async function overHost(
  host: Host,
  supply: Supply,
  signal: AbortSignal,
  taken: Taken,
  options: SmarthostOptions,
): Promise<Reply | undefined> {
  const { resolve, connect, masquerade, hostname, clock, log, progress } = options
  const credentials = credentialsOf(host)
  if (credentials && 'code' in credentials) return credentials
  const found = await resolve(host.host, signal)
  if (found.kind !== 'found') return reply(451, found.kind === 'unknown' ? '4.4.4' : '4.4.3', found.reason)
  let failure: Reply = reply(451, '4.4.4', 'it has no address')
  for (const address of found.addresses) {
    const before = supply.decided()
    const place = `${address}:${host.port}`
    const result = await crew(
      {
        target: {
          host: host.host,
          address,
          port: host.port,
          tls: host.tls,
          ...(host.fingerprint === undefined ? {} : { fingerprint: host.fingerprint }),
        },
        credentials,
        known: acquaintance(`${host.user ?? ''}@${host.host}:${host.port} ${host.tls}`, options.notebook ?? blank),
        supply,
        connect,
        hostname,
        rewrite: (header) => masquerade?.header(header) ?? header,
        window: options.window ?? usualWindow,
        clock,
        log,
        gone: (octets) => progress?.({ letters: 0, octets, of: 0, settled: 0 }),
      },
      {
        rate: options.rate ?? (() => usualRate),
        most: Math.min(taken.get(place) ?? mostConnections, options.connections ?? mostConnections),
        tooMany: (count) => void taken.set(place, count),
      },
      signal,
    )
    if (result === undefined || signal.aborted || supply.decided() > before) return result
    failure = result
  }
  return failure
}

/** A password that cannot be read is the host's failure; its words are the system's, never the file's. */
function credentialsOf({ user, password }: Host): Credentials | Reply | undefined {
  if (user === undefined || password === undefined) return undefined
  try {
    return { user, password: password() }
  } catch (cause) {
    return reply(454, '4.7.0', `its password cannot be read: ${cause instanceof Error ? cause.message : 'no reason given'}`)
  }
}

function supplyOf(load: Load, { masquerade, window, log, progress }: SmarthostOptions): Supply {
  return openSupply({
    load,
    window: { ...(window ?? usualWindow), letters: noted },
    path: (from) => (masquerade ? masquerade.path(from) : from),
    recipient: (to) => masquerade?.recipient(to) ?? to,
    took: ({ message }) => progress?.({ letters: 0, octets: 0, of: message.size, settled: 0 }),
    done: ({ message }, went) => progress?.({ letters: went ? 1 : 0, octets: 0, of: 0, settled: message.size }),
    suspect: ({ message, interrupted }) =>
      log.warn('duplicate', `${message}: may arrive a second time: dialpost was cut off while it was sent to ${interrupted}`),
  })
}
