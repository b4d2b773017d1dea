/**
 * A call's worth of mail over the pair: letters wait at both ends, the line comes up, and everything goes both ways at once between
 * dist/dialpost and the ISP's real Postfix and Dovecot. Knows when it is done, and whether it all arrived whole.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { corpus, type CorpusName, type Letter } from '../bench/line/corpus.ts'
import { inwardSeed, outwardSeed } from '../bench/line/far.ts'
import { differences } from '../bench/line/measure.ts'
import { takeOrders } from './gateway-orders.ts'
import { type Guest, waitFor } from './guest.ts'
import { program } from './guest-program.ts'
import { inWorld, type Pair } from './pair.ts'
import { busyShare, ticks } from './processor.ts'

export type Mail = {
  /** With the line just up: resolves when all letters are where they should be. */
  exchanged(): Promise<Exchange>
}

export type Exchange = {
  /** From ip-up to the last letter's being settled, as a clock on the near machine shows them; and as a multiple of what the payload alone needs. */
  readonly seconds: number
  readonly ratio: number
  /** Octets of letters, of the greater direction. */
  readonly payload: number
  /** Octets on the line. */
  readonly carried: { readonly near: number; readonly far: number }
  /** Of the machines' processors. */
  readonly busy: { readonly near: number; readonly far: number }
  /** What was wrong with what arrived; empty when it is complete and identical. */
  readonly faults: readonly string[]
}

/** Resolves when the letters wait and the line may come up. */
export async function prepareMail(pair: Pair, name: CorpusName, share: number, bitsPerSecond = 33_600): Promise<Mail> {
  const { near, far, modems } = pair
  const out = corpus(name, outwardSeed, share)
  const box = corpus(name, inwardSeed, share)
  const ports = await startServers(far)
  await layIntoBox(far, name, share, inwardSeed)
  const order = await takeOrders(near)
  await order('start', 'hooks', ports)
  await order('submit', name, `${share}`, `${outwardSeed}`)
  return {
    async exchanged() {
      const before = modems.carried()
      const idle = await Promise.all([ticks(near), ticks(far)])
      const seconds = Number(await order('settle', `${box.length}`, '/share/letters'))
      const after = modems.carried()
      const done = await Promise.all([ticks(near), ticks(far)])
      // Postfix has taken them all by now; it may still be passing some on.
      await far.must(waitFor(`[ "$(ls /share/letters | wc -l)" -ge ${out.length} ]`))
      const payload = Math.max(octetsOf(out), octetsOf(box))
      return {
        seconds,
        ratio: seconds / ((payload * 8) / bitsPerSecond),
        payload,
        busy: { near: busyShare(idle[0], done[0]), far: busyShare(idle[1], done[1]) },
        carried: { near: after.near - before.near, far: after.far - before.far },
        faults: [...differences('out', out, join(far.share, 'letters')), ...differences('in', box, join(near.share, 'letters'))],
      }
    },
  }
}

/** Resolves with the ports of the ISP's servers, as JSON, once they listen; they end with their machine. */
export async function startServers(far: Guest): Promise<string> {
  const servers = far.must(`${inWorld} ${program(far, 'test/image/provider.ts')} /share`)
  servers.catch(() => {})
  await Promise.race([far.must(waitFor('[ -e /share/ports ]')), servers])
  return readFileSync(join(far.share, 'ports'), 'utf8')
}

/** Resolves when they can be collected. */
export async function layIntoBox(far: Guest, name: CorpusName, share: number, seed: number): Promise<void> {
  await far.must(`echo ${name} ${share} ${seed} >/run/box; ${waitFor(`[ -e /share/laid-${seed} ]`)}`)
}

const octetsOf = (letters: readonly Letter[]): number => letters.reduce((sum, { octets }) => sum + octets.length, 0)
