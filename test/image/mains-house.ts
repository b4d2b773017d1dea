/**
 * A gateway whose mains plug is pulled again and again, with letters under way: its LAN and its ISP are this process, so that they outlive it
 * and know what it was told. Its flash is new at first, and it makes its own data partition, if it is let.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Isp, startIsp } from '../journey/isp.ts'
import { freePort } from '../peer/port.ts'
import { type Appliance, appliance, diskIn } from './appliance.ts'
import { patience } from './emulator.ts'
import { addData, checkData, flash, takeData } from './flash.ts'
import { host, hostCard } from './host-card.ts'
import { layHousehold } from './household.ts'
import { plenty } from './lone-gateway.ts'
import { heardSent, writtenTo } from './mains-log.ts'
import { greets, type Traffic, traffic } from './mains-traffic.ts'
import { people } from './people.ts'

/** So many milliseconds after it is switched on, or begins to check or make its data partition, or greets its LAN. */
export type Cut = { readonly since: 'switch' | 'data' | 'greeting'; readonly after: number }

export type Phase = 'before its data' | 'from its data on' | 'serving'

/** What was seen of a life when it ended. */
export type Life = {
  readonly phase: Phase
  /** Where letters were under way. */
  readonly moving: readonly string[]
}

export type MainsHouse = {
  readonly isp: Isp
  readonly traffic: Traffic
  /** When the plug was pulled, each time (`performance.now()`). */
  readonly cuts: readonly number[]
  /** Letters, by name, that the gateway had heard the smarthost take in time before that cut: from then on the smarthost may not get them again. */
  readonly noted: ReadonlyMap<string, number>
  readonly gateway: Appliance
  /** Switched on, and cut off. */
  live(cut: Cut): Promise<Life>
  /** What is wrong with its data partition after the journal's replay. */
  faults(): string
  /** The first boot comes to its end, and its owner's settings are there. */
  settle(): Promise<void>
  /** A last life, in which all that waits gets where it should be. Resolves with the mboxes when the plug is out for good. */
  drain(): Promise<{ readonly faults: string; readonly mboxes: ReadonlyMap<string, Buffer> }>
  readonly stop: () => Promise<void>
}

export type MainsOptions = { readonly name: string; readonly seed: number; readonly smarthost: 'data' | 'chunks' }

/** Of a letter that its console says is sent so many milliseconds before a cut, it must know after it: time for a flush, on a machine that is emulated. */
const soon = 500
const itsData = /^(dialpost: a file system for the mail is made|data: )/m
/** Slow enough that a cut finds something on it. */
const bitsPerSecond = 128_000

const link = '[call]\npoll_every = "10s"\n[link]\nmode = "always"\n'

export async function startMainsHouse({ name, seed, smarthost }: MainsOptions): Promise<MainsHouse> {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-mains-'))
  const isp = await startIsp({ smarthost, bitsPerSecond })
  const port = await freePort()
  const own = join(folder, 'gateway')
  mkdirSync(own)
  flash(diskIn(own), 192)
  const gateway = await appliance({ folder: own, card: hostCard(port), memory: plenty })
  const post = traffic(name, seed, port, isp)
  const cuts: number[] = []
  const noted = new Map<string, number>()

  const switchOn = async (): Promise<void> => {
    isp.modem.pickUp()
    await gateway.switchOn()
  }

  const live = async ({ since, after }: Cut): Promise<Life> => {
    const off = new AbortController()
    const signal = AbortSignal.any([off.signal, AbortSignal.timeout(patience * 1000)])
    const said = gateway.console.text().length
    await switchOn()
    let serving = false
    const greeted = greets(port, signal).then((is) => (serving = is))
    const flowing = greeted.then((is) => (is ? Promise.all([post.flow(off.signal), follow(off.signal)]) : undefined))
    if (since === 'data') await gateway.console.expect(itsData)
    if (since === 'greeting' && !(await greeted)) throw new Error(`${name} does not serve:\n${gateway.console.text().slice(said)}`)
    const { heard, moving } = await lastMoments(after)
    const phase = serving ? 'serving' : itsData.test(gateway.console.text().slice(said)) ? 'from its data on' : 'before its data'
    off.abort()
    await gateway.pullPlug()
    const cut = performance.now()
    cuts.push(cut)
    isp.modem.hangUp()
    await flowing
    const named = new Map(post.posted.flatMap(({ id, letter }) => (id === undefined ? [] : [[id, letter.name]])))
    // In this life: of what its console said in an earlier one's last moment it need not know.
    for (const name of heardSent(heard.slice(said), named)) noted.set(name, Math.min(noted.get(name) ?? Infinity, cut))
    return { phase, moving }
  }
  /** Its console says from now on what its log says. */
  const follow = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      if (gateway.console.text().endsWith(' > ')) return gateway.console.type('log -f -n 200\r')
      await delay(100)
    }
  }
  /** Resolves when the time has come. What moves in the last moment is under way. */
  const lastMoments = async (after: number): Promise<{ readonly heard: string; readonly moving: readonly string[] }> => {
    await delay(Math.max(0, after - soon))
    const heard = gateway.console.text()
    const before = isp.modem.carried()
    await delay(Math.min(after, soon))
    const now = isp.modem.carried()
    const where = [
      post.underWay() > 0 && 'from the LAN',
      now.out > before.out && 'to the ISP',
      now.in > before.in && 'from the ISP',
      writtenTo(gateway.console.text()) > writtenTo(heard) && 'into mailboxes',
    ]
    return { heard, moving: where.filter((place) => place !== false) }
  }
  return {
    isp,
    traffic: post,
    cuts,
    noted,
    gateway,
    live,
    faults: () => checkData(diskIn(own), join(folder, 'copy')).faults,
    async settle() {
      await switchOn()
      await gateway.console.expect(/Name of this box/)
      await gateway.pullPlug()
      const data = join(folder, 'data')
      mkdirSync(data)
      layHousehold(data, {
        isp: { smtp: isp.near.smarthost, pop3: isp.near.pop3, imap: isp.near.imap, smtpHost: host, popHost: host },
        link,
      })
      addData(diskIn(own), data)
    },
    async drain() {
      await switchOn()
      await gateway.ready()
      // How much waits, the cuts have made: so the patience is for each step that it takes.
      let [until, fewest] = [performance.now() + patience * 1000, Infinity]
      for (;;) {
        const left = ['eddyy', 'shofar'].reduce((sum, user) => sum + isp.pop3.box(user).length, 0)
        // What has gone from there is in the queue at least, so that is asked now.
        const all = left + (await gateway.status()).queue.letters
        if (all === 0) break
        if (all < fewest) [until, fewest] = [performance.now() + patience * 1000, all]
        if (performance.now() > until) throw new Error(`this waits still: ${await gateway.ask('queue')}`)
        // What may have arrived already waits for a quarter of an hour, unless somebody is in a hurry.
        await gateway.ask('flush')
        await gateway.ask('poll')
        await delay(4000)
      }
      await gateway.pullPlug()
      const kept = join(folder, 'kept')
      const { faults } = takeData(diskIn(own), kept)
      return { faults, mboxes: new Map(Object.keys(people).map((user) => [user, readFileSync(join(kept, 'mail', user))])) }
    },
    async stop() {
      await gateway.stop()
      await isp.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
