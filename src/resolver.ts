/**
 * Adapter: the addresses of the ISP's servers, by node:dns alone, for send and collect. Asks nobody by itself: each query is one that a
 * call in progress wanted. Never dns.lookup, which reads resolv.conf once and blocks a thread; the ISP's name servers
 * come from pppd and change from call to call. What was found is kept for its time to live, in time spent.
 */
import { Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import type { Clock } from './clock.ts'

export type Resolved =
  | { readonly kind: 'found'; readonly addresses: readonly string[] }
  /** unknown: there is no such name, say those who must know · failed: nobody could say. Both are reasons to wait, never to bounce. */
  | { readonly kind: 'unknown' | 'failed'; readonly reason: string }

export type ResolverOptions = {
  readonly clock: Clock
  /** Addresses of name servers (`192.0.2.1`, `192.0.2.1:5353`), asked for before each query; none: those of resolv.conf as it is then. */
  readonly servers?: () => readonly string[]
  readonly hostsFile?: string
  /** A query has gone over the line. */
  readonly sent?: () => void
}

/** Milliseconds; a query is sent `tries` times, the wait growing. */
const timeout = 5000
const tries = 3

/**
 * Milliseconds before it is asked again of whom no query has reached. A line that goes down, or is agreed on anew, is without a route for
 * a moment before anybody is told: taken at its word, all of a call's work would have failed at once, and the call be over.
 */
const pauses = [1000, 2000, 4000]

/** An address is believed this long at most, whatever its time to live: calls are short, memory is cheap, names do move. */
const longestLife = 3_600_000
const mostNames = 64

export type Resolve = (host: string, signal: AbortSignal) => Promise<Resolved>

export function resolver({ clock, servers, hostsFile = '/etc/hosts', sent = () => {} }: ResolverOptions): Resolve {
  const known = new Map<string, { readonly addresses: readonly string[]; readonly until: number }>()
  return async (host, signal) => {
    if (isIP(host) !== 0) return { kind: 'found', addresses: [host] }
    const name = host.toLowerCase()
    const local = addressesIn(await textOf(hostsFile), name)
    if (local.length > 0) return { kind: 'found', addresses: local }
    const kept = known.get(name)
    if (kept && kept.until > clock.elapsed()) return { kind: 'found', addresses: kept.addresses }
    known.delete(name)
    let answer = await ask(name, servers?.() ?? [], signal, sent)
    for (const pause of pauses) {
      if (answer.kind !== 'unreached' || signal.aborted) break
      await clock.sleep(clock.elapsed() + pause, signal)
      answer = await ask(name, servers?.() ?? [], signal, sent)
    }
    if (answer.kind === 'unreached') return { kind: 'failed', reason: `no name server can be reached that could say who ${name} is` }
    if (answer.kind !== 'found') return answer
    if (known.size >= mostNames) known.clear()
    known.set(name, { addresses: answer.addresses, until: clock.elapsed() + Math.min(answer.life, longestLife) })
    return { kind: 'found', addresses: answer.addresses }
  }
}

/** The addresses that a hosts(5) file has for a (lower-case) name. */
export function addressesIn(hosts: string, name: string): readonly string[] {
  return hosts.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/)
    return names.includes(name) && isIP(address) !== 0 ? [address] : []
  })
}

type Answer =
  | { readonly kind: 'found'; readonly addresses: readonly string[]; readonly life: number }
  | { readonly kind: 'unreached' }
  | (Resolved & { readonly kind: 'unknown' | 'failed' })

/** AAAA is asked for only where there is no A: on a modem line a question costs a quarter of a second, and few ISPs' dial-ups speak IPv6. */
async function ask(name: string, servers: readonly string[], signal: AbortSignal, sent: () => void): Promise<Answer> {
  const resolver = new Resolver({ timeout, tries })
  const cancel = (): void => resolver.cancel()
  signal.addEventListener('abort', cancel)
  try {
    if (signal.aborted) return { kind: 'failed', reason: 'the call ended' }
    if (servers.length > 0) resolver.setServers(servers)
    sent()
    const four = await answered(name, () => resolver.resolve4(name, { ttl: true }))
    if (four.kind !== 'unknown' || signal.aborted) return four
    sent()
    return await answered(name, () => resolver.resolve6(name, { ttl: true }))
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

async function answered(
  name: string,
  query: () => Promise<readonly { readonly address: string; readonly ttl: number }[]>,
): Promise<Answer> {
  try {
    const records = await query()
    if (records.length === 0) return { kind: 'unknown', reason: `${name} has no address` }
    return { kind: 'found', addresses: records.map(({ address }) => address), life: Math.min(...records.map(({ ttl }) => ttl)) * 1000 }
  } catch (cause) {
    const { code = 'no reason' } = cause as NodeJS.ErrnoException
    if (code === 'ENOTFOUND') return { kind: 'unknown', reason: `there is no host ${name}, say the name servers` }
    if (code === 'ENODATA') return { kind: 'unknown', reason: `${name} has no address, say the name servers` }
    // c-ares says so of each query that it could not send, and of none other than those that were refused.
    if (code === 'ECONNREFUSED') return { kind: 'unreached' }
    if (code === 'EBADNAME') return { kind: 'unknown', reason: `${name} is no name of a host` }
    return { kind: 'failed', reason: `the name servers did not say who ${name} is (${code})` }
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    return ''
  }
}
