/**
 * The pair with a telephone network between: the ISP answers what rings, and lets in whom it knows by CHAP; at the gateway dist/dialpost
 * dials. What it says and what it has logged, and letters for both ways, of which it is known what has arrived.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Status } from '../../src/console/house.ts'
import type { LinkState } from '../../src/link/line.ts'
import { corpus, type CorpusName, type Letter } from '../bench/line/corpus.ts'
import { differences } from '../bench/line/measure.ts'
import { type Order, takeOrders } from './gateway-orders.ts'
import { type Guest, waitFor } from './guest.ts'
import { answering } from './isp.ts'
import { layIntoBox, startServers } from './mail.ts'
import { type DialledModems, dialledModems } from './modems.ts'
import { type Pair, startPair } from './pair.ts'

export type Dialling = Pair<DialledModems> & {
  /** Letters that the LAN hands in, and that come into the box at the ISP. */
  hand(name: CorpusName, share: number): Promise<void>
  lay(name: CorpusName, share: number): Promise<void>
  /** Resolves when all of them are where they should be and nothing is under way, with what is wrong with them. */
  arrived(): Promise<readonly string[]>
  ask(command: string): Promise<string>
  /** Resolves with the daemon's status as soon as its line is so. */
  lineIs(kind: LinkState['kind']): Promise<Status>
  /** What the daemon has logged of this kind, oldest first. */
  logged(event: string): readonly Logged[]
  /** The gateway's password is the one that the ISP knows, or is not. */
  password(right: boolean): Promise<void>
}

export async function startDialling(): Promise<Dialling> {
  const pair = await startPair(dialledModems)
  const { near, far } = pair
  let letters = 0
  const sent: Letter[] = []
  const laid: Letter[] = []
  const seed = (): number => 10 + ++letters
  const password = async (right: boolean): Promise<void> =>
    void (await near.must(`umask 077; echo 'shofar * "${right ? 'walls' : 'wall'}"' >/etc/ppp/chap-secrets`))
  let order: Order
  try {
    // Silence is one of the things that befall a line here: it is the gateway that is to notice.
    far.run(answering(24)).catch(() => {})
    const ports = await startServers(far)
    await password(true)
    await near.must(`printf '%s\\n' ${ofThisHouse.map((line) => `'${line}'`).join(' ')} >>/etc/ppp/peers/isp`)
    order = await takeOrders(near)
    await order('start', 'dial', ports)
  } catch (cause) {
    await pair.stop()
    throw cause
  }
  return {
    ...pair,
    password,
    async hand(name, share) {
      const own = seed()
      sent.push(...corpus(name, own, share))
      await order('submit', name, `${share}`, `${own}`)
    },
    async lay(name, share) {
      const own = seed()
      laid.push(...corpus(name, own, share))
      await layIntoBox(far, name, share, own)
    },
    async arrived() {
      await order('settle', `${laid.length}`, '/share/letters')
      // Postfix has taken them all by now; it may still be passing some on.
      await far.must(waitFor(`[ "$(ls /share/letters | wc -l)" -ge ${sent.length} ]`))
      return [...differences('out', sent, join(far.share, 'letters')), ...differences('in', laid, join(near.share, 'letters'))]
    },
    ask: (command) => order('ask', ...command.split(' ')),
    lineIs: async (kind) => JSON.parse(await order('line', kind)) as Status,
    logged: (event) => logged(near, event),
  }
}

/** Who we are, and a patience for tests. */
const ofThisHouse = ['user shofar', 'lcp-echo-interval 3', 'lcp-echo-failure 3']

export type Logged = { readonly time: string; readonly event: string; readonly msg: string }

/** What dialpost has logged of this kind on that machine, oldest first. */
export function logged(near: Guest, event: string): readonly Logged[] {
  const lines = readFileSync(join(near.share, 'dialpost.log'), 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Logged).filter((one) => one.event === event)
}
