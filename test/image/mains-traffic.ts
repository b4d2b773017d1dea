/**
 * Letters in all directions at once: from the LAN to people of the house and to the world, from the ISP's boxes to people of the house. Of each
 * letter it is known whether somebody has promised to keep it: the gateway by its 250, or the ISP by still having it. Nothing is sent twice.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Isp } from '../journey/isp.ts'
import { submit } from '../journey/lan.ts'
import { type Sample, sample } from '../journey/letters.ts'
import { random } from '../peer/random.ts'
import { outside } from './people.ts'

export type Direction = 'to the house' | 'to the world' | 'to both' | 'from the world'

/** One copy: whose it is to be, and where it is wanted. */
export type Posted = {
  readonly letter: Sample
  readonly direction: Direction
  /** Mailboxes, and addresses outside. */
  readonly places: readonly string[]
  /** False while nobody has said that it is safe: it may be there, or not. */
  promised: boolean
  /** The gateway's name for it, from its 250. */
  id?: string | undefined
}

export type Traffic = {
  readonly posted: readonly Posted[]
  /** What the gateway said when it did not take a letter, though it answered: nobody has given it a reason to. */
  readonly refusals: readonly string[]
  /** Letters of the LAN that are being handed in now. */
  underWay(): number
  /** Goes on until the signal is aborted. */
  flow(signal: AbortSignal): Promise<void>
}

type Route = { readonly direction: Direction; readonly to: readonly string[]; readonly places: readonly string[] }

const fromTheLan: readonly Route[] = [
  { direction: 'to the house', to: ['eddy@shire.lan'], places: ['eddy'] },
  { direction: 'to the world', to: ['linda@far.example'], places: ['linda@far.example'] },
  { direction: 'to the house', to: ['family@shire.lan'], places: ['eddy', 'keith'] },
  { direction: 'to the world', to: ['bob@far.example'], places: ['bob@far.example'] },
  { direction: 'to both', to: ['keith@shire.lan', 'bob@far.example'], places: ['keith', 'bob@far.example'] },
]

const sizes = [200, 1500, 1500, 1500, 9000, 40_000]
/** Milliseconds between a client's letters, and between the ISP's, at most. */
const pause = 100
const look = 2000
/** Letters that the world has for the house whenever that begins a day. */
const atOnce = 4

export function traffic(name: string, seed: number, port: number, isp: Isp): Traffic {
  const any = random(seed)
  const posted: Posted[] = []
  const refusals: string[] = []
  let handing = 0

  const post = ({ direction, to, places }: Route, promised: boolean): Posted => {
    const from = direction === 'from the world' ? 'boss@office.example' : 'keith@herring.shire.lan'
    const letter = sample(`${name}-${posted.length + 1}`, { from, to, size: sizes[any.below(sizes.length)] ?? 0 })
    const one = { letter, direction, places, promised }
    posted.push(one)
    return one
  }
  const client = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const one = post(pick(any.below, fromTheLan), false)
      handing++
      const said = await submit(port, one.letter)
      handing--
      one.id = /^250 \S+ ([0-9A-F]+) /.exec(said ?? '')?.[1]
      one.promised = one.id !== undefined
      if (said !== undefined && !one.promised) refusals.push(`${one.letter.name}: ${said}`)
      await pausing(any.below(pause), signal)
    }
  }
  const world = async (signal: AbortSignal): Promise<void> => {
    // The gateway looks as it starts, and every ten seconds.
    for (let first = atOnce; !signal.aborted; first = 0) {
      for (let count = first + any.below(3); count > 0; count--) {
        const [box, user] = any.below(2) === 0 ? (['eddyy', 'eddy'] as const) : (['shofar', 'keith'] as const)
        const to = `${user}@${outside.domain}`
        const { letter } = post({ direction: 'from the world', to: [to], places: [user] }, true)
        isp.pop3.put(box, Buffer.concat([Buffer.from(`X-Envelope-To: ${to}\r\n`), letter.octets]))
      }
      await pausing(any.below(look), signal)
    }
  }
  return {
    posted,
    refusals,
    underWay: () => handing,
    async flow(signal) {
      await Promise.all([client(signal), client(signal), world(signal)])
    },
  }
}

const pick = <One>(below: (limit: number) => number, choice: readonly One[]): One => choice[below(choice.length)] as One

const pausing = (ms: number, signal: AbortSignal): Promise<unknown> => delay(ms, undefined, { signal }).catch(() => {})

/** Resolves as soon as the gateway greets on its door for letters, as often as it takes; false if the signal came first. */
export async function greets(port: number, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const socket = connect(port, '127.0.0.1')
    const over = AbortSignal.any([signal, AbortSignal.timeout(5000)])
    const closed = once(socket, 'close', { signal: over }).then(() => [''])
    const [greeting] = await Promise.race([once(socket, 'data', { signal: over }), closed]).catch(() => [''])
    closed.catch(() => {})
    socket.on('error', () => {}).destroy()
    if (String(greeting).startsWith('220')) return true
    await pausing(100, signal)
  }
  return false
}
