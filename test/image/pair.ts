/**
 * The gateway and its ISP as two machines joined by a modem line, with Debian's pppd at both ends. The gateway (near) is as a
 * device is (device.ts). The ISP (far) routes: its servers are in a network namespace of their own, `world`, behind it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addresses } from './addresses.ts'
import { asOnTheDevice } from './device.ts'
import { type Ended, type Guest, startGuest, waitFor } from './guest.ts'
import { worldBehind } from './isp.ts'
import type { Modems } from './modems.ts'

export type Pair<Kind extends Modems = Modems> = {
  readonly near: Guest
  readonly far: Guest
  readonly modems: Kind
  /** Brings the line up; resolves when both ends have their addresses. Rejects with what pppd said. */
  dial(options?: DialOptions): Promise<void>
  /** Ends the near pppd as an operator does; resolves when both have ended, hooks included. */
  hangUp(): Promise<void>
  /** Resolves when the near pppd has ended by itself. */
  ended(): Promise<void>
  readonly stop: () => Promise<void>
}

export type DialOptions = {
  /** The near pppd's arguments; default: what /etc/ppp/peers/isp has. */
  readonly near?: string
  /** More arguments for the far pppd. */
  readonly far?: string
}

/** Runs the rest of a line of sh at the ISP's servers. */
export const inWorld = 'nsenter --net=/run/netns/world'

/** `connect`: puts modems between them, in that folder. */
export async function startPair<Kind extends Modems>(connect: (folder: string) => Kind | Promise<Kind>): Promise<Pair<Kind>> {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-pair-'))
  const ending: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })]
  const stop = async (): Promise<void> => {
    for (const end of ending.splice(0).toReversed()) await end()
  }
  try {
    const modems = await connect(folder)
    ending.push(modems.close)
    const start = async (name: 'near' | 'far'): Promise<Guest> => {
      const guest = await startGuest({ name, folder: join(folder, `machine-${name}`), modem: modems.port(name) })
      ending.push(guest.stop)
      return guest
    }
    const started = await Promise.allSettled([start('near'), start('far')])
    const [near, far] = started.map((one) => {
      if (one.status === 'rejected') throw one.reason
      return one.value
    })
    if (!near || !far) throw new Error('two machines were asked for')
    await Promise.all([near.must(asOnTheDevice), far.must(worldBehind)])
    return { near, far, modems, ...call(near, far), stop }
  } catch (cause) {
    await stop()
    throw cause
  }
}

/** The ISP's end of a line that is connected already: waits for the caller to begin, gives it an address, and knows a name server. */
const answering = `pppd /dev/ttyS1 115200 nodetach local noauth silent ${addresses.far}:${addresses.near} ms-dns ${addresses.world}`

const log = 'debug logfile /share/pppd.log'

function call(near: Guest, far: Guest): Pick<Pair, 'dial' | 'hangUp' | 'ended'> {
  let running: readonly Promise<Ended>[] = []
  const up = waitFor('ip -4 address show dev ppp0 2>/dev/null | grep -q inet')
  return {
    async dial({ near: options = 'call isp', far: more = '' } = {}) {
      const ends = [far.run(`${answering} ${more} ${log}`), near.run(`pppd ${options} ${log}`)]
      running = ends
      const early = Promise.race(ends).then(async () => {
        throw new Error(await near.must('cat /share/pppd.log'))
      })
      // It ends one day, and by then nobody waits for it.
      early.catch(() => {})
      await Promise.race([Promise.all([near.must(up), far.must(up)]), early])
    },
    async hangUp() {
      await near.must('kill "$(cat /run/ppp0.pid)"')
      await Promise.all(running)
    },
    async ended() {
      await running[1]
    },
  }
}
