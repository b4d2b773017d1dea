/** Kills the daemon at each instant of a scene, starts it again, and counts: every letter everywhere, once. One test a death. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { Line } from '../../src/log/events.ts'
import { makeHub } from '../journey/hub.ts'
import { startIsp } from '../journey/isp.ts'
import { gateway } from './gateway.ts'
import { type Instant, instants } from './instants.ts'
import type { Fatal } from './life.ts'
import { startLmtpd } from './lmtpd.ts'
import { type Scene, type SceneName, scenes, type Stage } from './scenes.ts'

/** Deaths that are died at the same time. */
const atOnce = 3

export function killAtEachInstantOf(name: SceneName): void {
  const scene: Scene = scenes[name]
  describe(name, { concurrency: atOnce }, () => {
    it('undisturbed: every letter once, by way of every instant', async (t) => {
      const stage = await played(t, scene, [])
      assertOnce(stage, scene, new Map())
      assert.deepEqual(doubtful(stage.gateway.lines()), new Map())
      const lived = stage.gateway.lines().map(({ event }) => event)
      for (const instant of instants[name]) assert.ok(lived.includes(instant.name), `${instant.name} does not come`)
      assert.deepEqual(instantsIn(stage.gateway.lines()).difference(known), new Set(), 'an instant at which nobody is killed')
    })
    for (const instant of instants[name])
      for (const occurrence of instant.at ?? [1, 3])
        it(`killed at ${instant.name} (${instant.file}), time ${occurrence}`, async (t) => {
          const stage = await played(t, scene, [{ instant: instant.name, occurrence }])
          judge(stage, scene, instant)
        })
  })
}

/** An instant's event and text are the same word, at level debug. */
export function instantsIn(lines: readonly Line[]): Set<string> {
  return new Set(lines.filter(({ level, event, text }) => level === 'debug' && event === text).map(({ event }) => event))
}

const known = new Set(
  Object.values(instants)
    .flat()
    .map(({ name }) => name),
)

/** Plays the scene to its end, through all the deaths, and ends the last life in order. */
async function played(t: { after: (done: () => unknown) => void }, scene: Scene, schedule: readonly Fatal[]): Promise<Stage> {
  const [isp, lmtpd] = await Promise.all([startIsp(scene.isp), startLmtpd()])
  const hub = makeHub({ tables: scene.tables(isp, lmtpd), ...(scene.aliases === undefined ? {} : { aliases: scene.aliases }) })
  const stage = { hub, isp, lmtpd, gateway: gateway(hub, schedule) }
  t.after(async () => {
    for (const life of stage.gateway.lives) life.kill('SIGKILL')
    await Promise.all([isp.close(), lmtpd.close(), ...stage.gateway.lives.map(({ end }) => end.catch(() => undefined))])
    hub.remove()
  })
  await scene.play(stage)
  await stage.gateway.fulfilled()
  await stage.gateway.call(() => true)
  if (schedule.length === 0) await stage.gateway.logged('settle-flushed')
  await stage.gateway.stop()
  return stage
}

function judge(stage: Stage, scene: Scene, { twice, file }: Instant): void {
  const { gateway: house } = stage
  const doubles = twice === 'unsure' || twice === 'perhaps' ? together(doubtful(house.lines()), house.resent) : house.resent
  const doubled = assertOnce(stage, scene, twice === undefined ? new Map() : doubles)
  assert.ok(house.resent.size <= 1)
  if (twice === 'resent')
    assert.deepEqual(new Set(doubled.map(nameIn)), new Set(house.resent.keys()), 'what was kept is kept, whatever the client does')
  if (twice === 'unsure') assert.ok(doubled.length > 0, 'the dot was out, so the letter is there, and it is sent again')
  if (twice === 'unsure' && file.startsWith('send/')) assert.ok(house.waits.length > 0)
  for (const wait of house.waits) assert.ok(wait > 600, `what may have arrived was to be sent again after ${wait} s`)
  assertTidy(stage)
}

/** Everything wanted is there, its body as it was sent, and once; `mayDouble` says by name how many more there may be. Returns the keys of those of which there are more. */
export function assertOnce(stage: Stage, scene: Scene, mayDouble: ReadonlyMap<string, number>): readonly string[] {
  const found = scene.found(stage)
  for (const { key, body } of found) {
    assert.ok(scene.wanted.has(key), `nobody sent ${key}`)
    const wanted = scene.wanted.get(key)
    if (wanted !== undefined) assert.equal(body, wanted, key)
  }
  const doubled: string[] = []
  for (const key of scene.wanted.keys()) {
    const count = found.filter((one) => one.key === key).length
    assert.ok(count > 0, `${key} is lost`)
    assert.ok(count <= 1 + (mayDouble.get(nameIn(key)) ?? 0), `${key} is there ${count} times`)
    if (count > 1) doubled.push(key)
  }
  return doubled
}

function nameIn(key: string): string {
  return key.slice(key.indexOf(' ') + 1)
}

/**
 * Names of the letters of which the log says that they may arrive twice, and how often it says so. A letter whose keeper died before
 * it could say from= has no name in the log; such a one was handed in again, so each of `resent` may be meant.
 */
export function doubtful(lines: readonly Line[], resent: ReadonlyMap<string, number> = new Map()): ReadonlyMap<string, number> {
  const names = new Map(
    lines.filter(({ event }) => event === 'from').map(({ fields }) => [fields['id'], /^<(.+)@/.exec(String(fields['messageId']))?.[1]]),
  )
  const said = lines
    .filter(({ level, event }) => level === 'warn' && ['duplicate', 'possible-duplicate', 'unsure'].includes(event))
    .flatMap(({ text }) => names.get(/^[\dA-F]+/.exec(text)?.[0]) ?? [...resent.keys()])
  return together(...said.map((name) => new Map([[name, 1]])))
}

/** How often each may be there beside the once. */
export function together(...counts: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const all = new Map<string, number>()
  for (const count of counts) for (const [name, times] of count) all.set(name, (all.get(name) ?? 0) + times)
  return all
}

/** No lock, no half, nothing broken, and nothing that stands in the way of another start. */
export function assertTidy({ hub, isp, gateway: house }: Stage): void {
  assert.deepEqual(
    hub.files('mail').filter((name) => !/^[a-z]+$/.test(name)),
    [],
  )
  assert.deepEqual(readdirSync(`${hub.folder}/run`), [])
  for (const user of ['eddyy', 'shofar']) assert.deepEqual(isp.pop3.box(user), [])
  const errors = house.lines().filter(({ level, event }) => level === 'error' && event !== 'notice-lost')
  assert.deepEqual(errors, [])
}
