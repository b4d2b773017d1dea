/**
 * The mains plug, pulled at 30 seeded random moments of two gateways' lives: while they boot for the first time, while they boot, and under
 * letters in all directions. Each time they boot again, their file system is whole, and in the end every letter that somebody had
 * promised is where it should be, once.
 *
 * What lies on the disk is what the disk said it had written, and no more: QEMU is killed, and its disk goes past the host's cache.
 *
 * A letter is doubled if the smarthost gets it again, although the gateway had said on its console that it was sent, or had half a minute to
 * hear so. If the plug is out before, the gateway cannot know what became of its last dot: it says so in its log and sends the letter again
 * (RFC 1047), and these are counted apart. A letter of the LAN that did not get its 250 may be there or not; its client does not try again,
 * so that it may not be there twice either.
 *
 * MAINS_SEED=n pulls it at other moments, MAINS_CUTS=n more often.
 */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { type Random, random } from '../peer/random.ts'
import { noAppliance } from './appliance.ts'
import { type Count, countLetters } from './mains-count.ts'
import { type Cut, type Life, type MainsHouse, type MainsOptions, startMainsHouse } from './mains-house.ts'

const skip = noAppliance()
const seed = Number(process.env['MAINS_SEED'] ?? 1)
/** Of each of two gateways. */
const times = Math.ceil(Number(process.env['MAINS_CUTS'] ?? 30) / 2)
const few = { firstBoot: 2, boot: 2, data: 2 } as const
const serving = Math.max(0, times - few.firstBoot - few.boot - few.data)

test('nothing is lost, doubled or unbootable, whenever the plug is pulled', {
  skip,
  timeout: Math.max(890_000, times * 40_000),
}, async (t) => {
  const began = performance.now()
  const days = await Promise.all([
    dayOf({ name: 'one', seed: 2 * seed, smarthost: 'data' }, t),
    dayOf({ name: 'two', seed: 2 * seed + 1, smarthost: 'chunks' }, t),
  ])
  const lives = days.flatMap(({ lives }) => lives)
  for (const line of report(lives)) t.diagnostic(line)
  t.diagnostic(`seed ${seed}, ${Math.round((performance.now() - began) / 1000)} s`)
  for (const { faults, count } of days) {
    const { lost, doubled, spoilt } = count
    assert.deepEqual({ seed, faults, lost, doubled, spoilt }, { seed, faults: [], lost: [], doubled: [], spoilt: [] })
    for (const direction of ['to the house', 'to the world', 'from the world'] as const) assert.ok(count.arrived.get(direction), direction)
  }
  // The plug was out while letters moved everywhere, and of what had been sent before, the gateways had said so.
  assert.equal(lives.length, 2 * (few.firstBoot + few.boot + few.data + serving))
  assert.deepEqual(new Set(lives.flatMap(({ moving }) => moving)).size, 4)
  assert.ok(Math.min(...days.map(({ noted }) => noted)) > 0)
})

type Day = {
  readonly lives: readonly (Life & { readonly firstBoot: boolean })[]
  readonly faults: readonly string[]
  readonly count: Count
  /** Letters that it had said were sent before a cut. */
  readonly noted: number
}

async function dayOf(options: MainsOptions, t: TestContext): Promise<Day> {
  const any = random(options.seed)
  const house = await startMainsHouse(options)
  t.after(house.stop)
  const faults: string[] = []
  const live = async (cut: Cut, firstBoot: boolean): Promise<Day['lives'][number]> => {
    const life = await house.live(cut)
    const found = firstBoot ? '' : house.faults()
    if (found !== '') faults.push(`${cut.after} ms after its ${cut.since}: ${found}`)
    return { ...life, firstBoot }
  }
  const lives: Day['lives'][number][] = []
  for (const cut of firstBoots(any)) lives.push(await live(cut, true))
  await house.settle()
  for (const cut of laterOnes(any)) lives.push(await live(cut, false))
  const last = await house.drain()
  if (last.faults !== '') faults.push(last.faults)
  const count = countLetters(house, last.mboxes)
  t.diagnostic(`${options.name}: ${words(count, house)}`)
  return { lives, faults, count, noted: house.noted.size }
}

/** The first of them while the data partition is made. */
const firstBoots = (any: Random): readonly Cut[] =>
  Array.from({ length: few.firstBoot }, (_, at) =>
    at === 0 ? { since: 'data', after: any.below(800) } : { since: 'switch', after: 1000 + any.below(12_000) },
  )

function laterOnes(any: Random): readonly Cut[] {
  const left: Cut[] = [
    ...Array.from({ length: few.boot }, (): Cut => ({ since: 'switch', after: 1000 + any.below(12_000) })),
    ...Array.from({ length: few.data }, (): Cut => ({ since: 'data', after: any.below(2000) })),
    ...Array.from({ length: serving }, (): Cut => ({ since: 'greeting', after: 2500 + any.below(8500) })),
  ]
  return Array.from({ length: left.length }, () => left.splice(any.below(left.length), 1)).flat()
}

function report(lives: Day['lives']): readonly string[] {
  const phases = lives.map(({ phase, firstBoot }) => `${firstBoot ? 'first boot, ' : ''}${phase}`)
  const moving = lives.flatMap(({ moving }) => moving)
  return [
    `${lives.length} cuts: ${tally(phases)}`,
    `with letters under way: ${tally(moving)}; with none: ${lives.filter(({ phase, moving }) => phase === 'serving' && moving.length === 0).length}`,
  ]
}

const tally = (names: readonly string[]): string =>
  [...Map.groupBy(names, (name) => name)].map(([name, all]) => `${name} ${all.length}`).join(', ')

function words({ arrived, unpromised, lost, doubled, excused }: Count, { traffic, noted }: MainsHouse): string {
  return [
    `${traffic.posted.length} letters`,
    ...[...arrived].map(([direction, copies]) => `${copies} copies ${direction}`),
    `${lost.length} lost`,
    `${doubled.length} doubled`,
    `heard as sent before a cut: ${noted.size}`,
    `sent again by RFC 1047: ${excused.length === 0 ? 0 : excused.join('; ')}`,
    `without 250: ${unpromised.there} there, ${unpromised.absent} not`,
    `${traffic.refusals.length} refused`,
  ].join(', ')
}
