/**
 * A bad day: letters come and go at the same time, over both doors, and the daemon dies again and again, at an instant or anywhere,
 * while it works and while it recovers. The same seed is the same day, as far as anybody can choose what the kernel does when.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { boxTables, makeHub, masqueradeTable, smarthostTable } from '../journey/hub.ts'
import { startIsp } from '../journey/isp.ts'
import { type Sample, sample } from '../journey/letters.ts'
import { type Random, random } from '../peer/random.ts'
import { assertOnce, assertTidy, doubtful, together } from './deaths.ts'
import { gateway } from './gateway.ts'
import { instants } from './instants.ts'
import type { Fatal } from './life.ts'
import { startLmtpd } from './lmtpd.ts'
import { inMboxes, atSmarthost, type Scene, wantedOf } from './scenes.ts'

const deaths = 20
/** Letters of a day, each way, by which it has died so often. */
const most = 100
/** Not all come in every life, and one that waits for such an instant would live on. */
const rare = new Set(['authenticated', 'ledger-marked', 'settle-flushed'])
const names = [...new Set([...instants.outward, ...instants.inward].map(({ name }) => name))].filter((name) => !rare.has(name))

describe('a day on which it dies again and again', { concurrency: 2 }, () => {
  for (const [seed, smarthost] of [
    [1, 'data'],
    [2, 'chunks'],
  ] as const)
    it(`seed ${seed}, ${smarthost}: nothing is lost, and what comes twice was announced`, async (t) => {
      const any = random(seed)
      const out = letters(any, 'out', () => [['linda@far.example'], ['bob@far.example', 'keith@shire.lan']][any.below(2)] ?? [])
      const back = letters(any, 'in', () => [`${['nelug', 'keith', 'root'][any.below(3)] ?? ''}@shofar.isp.example`])
      const own = letters(any, 'own', () => ['eddy@shire.lan'])

      const [isp, lmtpd] = await Promise.all([startIsp({ smarthost }), startLmtpd()])
      const login = smarthost === 'data'
      const hub = makeHub({ tables: smarthostTable(isp.near.smarthost, { login }) + boxTables(isp.near.pop3) + masqueradeTable })
      const house = gateway(hub, schedule(any))
      t.after(async () => {
        for (const life of house.lives) life.kill('SIGKILL')
        await Promise.all([isp.close(), lmtpd.close(), ...house.lives.map(({ end }) => end.catch(() => undefined))])
        hub.remove()
      })
      const isDone = (): boolean => isp.pop3.box('eddyy').length + isp.pop3.box('shofar').length === 0
      let at = 0
      for (; at < most && house.lives.length <= deaths; at++) {
        const [leaving, coming, theirs] = [out[at], back[at], own[at]]
        if (leaving) await house.submit(leaving)
        if (coming) isp.pop3.put('shofar', coming.octets)
        if (theirs) isp.pop3.put('eddyy', theirs.octets)
        // Now and then power fails anywhere, not just at an instant; the line comes up whenever it likes.
        if (any.below(4) === 0) void strike(house, any.below(60))
        if (any.below(3) === 0) await house.call(isDone)
      }
      await house.call(isDone)
      await house.stop()

      const wanted = new Map([
        ...wantedOf(out.slice(0, at)),
        ...wantedOf(own.slice(0, at)),
        ...wantedOf(
          back
            .slice(0, at)
            .map((letter) => ({ ...letter, to: letter.to.map((to) => to.replace('nelug', 'eddy').replace(/@.*/, '@shire.lan')) })),
        ),
      ])
      const stage = { hub, isp, lmtpd, gateway: house }
      const scene: Scene = { isp: {}, tables: () => '', play: async () => {}, wanted, found: (at) => [...atSmarthost(at), ...inMboxes(at)] }
      const lines = house.lines()
      assertOnce(stage, scene, together(doubtful(lines, house.resent), house.resent))
      assertTidy(stage)
      const died = house.lives.length - 1
      t.diagnostic(
        `${died} deaths in ${3 * at} letters, ${house.resent.size} letters handed in again, ${doubtful(lines).size} announced as possible doubles`,
      )
      assert.ok(died >= deaths, `it died only ${died} times`)
    })
})

function letters(any: Random, name: string, to: () => readonly string[]): readonly Sample[] {
  return Array.from({ length: most }, (_, at) =>
    sample(`${name}-${at}`, { to: to(), size: [200, 2000, 12_000, 90_000][any.below(4)] ?? 0 }),
  )
}

function schedule(any: Random): readonly Fatal[] {
  return Array.from({ length: deaths }, () => ({ instant: names[any.below(names.length)] ?? '', occurrence: 1 + any.below(3) }))
}

async function strike(house: { lives: readonly { kill(signal: 'SIGKILL'): void }[] }, after: number): Promise<void> {
  await delay(after)
  house.lives.at(-1)?.kill('SIGKILL')
}
