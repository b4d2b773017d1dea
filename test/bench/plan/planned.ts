/** dialpost's own wish, plan, ration and tariff over the month, with the line and mail played to them; what it learns it learns from its calls. */
import type { Learned } from '../../../src/call/plan.ts'
import { roomIn } from '../../../src/call/ration.ts'
import { arrivals, type Expected } from '../../../src/call/arrivals.ts'
import { rationOf } from '../../../src/call/wish-ration.ts'
import type { Policy } from '../../../src/call/wish-state.ts'
import type { Tariff } from '../../../src/link/tariff.ts'
import { isFit } from '../../../src/mail/room.ts'
import { type World, worldOf } from '../../call/wish-world.ts'
import { type Bill, billOf, type Charged, line } from './bill.ts'
import { begin, end, type Letter } from './month.ts'

export function planned(letters: readonly Letter[], tariff: Tariff, maxWait: number): Bill {
  const { calls, waits } = month(letters, tariff, maxWait)
  return billOf(calls, waits, tariff)
}

export function month(
  letters: readonly Letter[],
  tariff: Tariff,
  maxWait: number,
): { calls: readonly Charged[]; waits: readonly number[] } {
  const waits: number[] = []
  const here = new Set<Letter>()
  const boxed = new Map<Letter, number>()
  const due = { out: letters.filter(({ way }) => way === 'out'), in: letters.filter(({ way }) => way === 'in') }
  const had: { at: number; out: number; in: number }[] = []
  let listed = 0
  const elapsed = (wall: number): number => wall - begin
  const policy: Policy = {
    timetable: [],
    windows: [],
    forbidden: [],
    max_wait: maxWait,
    idle: 300_000,
    idle_by_hand: 600_000,
    use_paid: false,
    urgent: 'open',
    budget: [],
    tariff,
    hasBoxes: true,
    hasRoom: () => true,
    learned: (): Learned => ({ rate: { out: line.rate, in: line.rate }, setupSeconds: line.setup, expected: expectedNow() }),
  }
  let known: { calls: number; expected: Expected } | undefined
  const expectedNow = (): Expected => {
    if (known?.calls !== had.length) known = { calls: had.length, expected: arrivals([{ at: begin, out: 0, in: 0 }, ...had.slice(0, -1)]) }
    return known.expected
  }

  const come = (way: Letter['way']): readonly Letter[] => {
    while (due[way][0] && elapsed(due[way][0].at) <= world.now().elapsed) {
      const letter = due[way].shift()
      if (letter) boxed.set(letter, way === 'out' ? elapsed(letter.at) : listed)
    }
    return [...boxed.keys()].filter((letter) => letter.way === way)
  }
  const tellQueue = (): void => {
    const out = come('out')
    const octets = out.reduce((sum, one) => sum + one.octets, 0)
    world.send({ kind: 'queue', letters: out.length, octets, oldest: out[0] && elapsed(out[0].at), bulkOnly: false })
  }
  const carried = (letter: Letter): void => {
    here.add(letter)
    boxed.delete(letter)
    waits.push(world.now().elapsed - elapsed(letter.at))
    const last = had.at(-1)
    if (last) last[letter.way] += letter.octets
  }
  const pick = (from: readonly Letter[]): Letter | undefined => {
    const { elapsed: now } = world.now()
    const room = roomIn(rationOf(world.wish(), world.now(), policy), { now, rate: line.rate, ahead: 0 })
    const fits = (letter: Letter): boolean => !room || isFit({ size: letter.octets, since: boxed.get(letter) ?? 0, urgent: false }, room)
    return from.filter((letter) => boxed.has(letter) && fits(letter)).sort((a, b) => a.octets - b.octets)[0]
  }

  const call = (): void => {
    const busy = new Set<Letter['way']>(['out', 'in'])
    had.push({ at: begin + world.now().elapsed, out: 0, in: 0 })
    const idle = (way: Letter['way']): void => {
      busy.delete(way)
      if (busy.size === 0) world.send({ kind: 'working', busy: false })
    }
    const later = (octets: number, happen: () => void): void => world.at(world.now().elapsed + (octets / line.rate) * 1000, happen)
    const carry = (way: Letter['way'], list: () => readonly Letter[], done: (left: number) => void): void => {
      const letter = pick(list())
      if (!letter) {
        const left = list()
          .filter((one) => boxed.has(one))
          .reduce((sum, one) => sum + one.octets, 0)
        if (left > 0) world.send({ kind: 'put-off', octets: way === 'in' ? left : 0, tooLong: false })
        done(left)
        return idle(way)
      }
      later(letter.octets, () => {
        carried(letter)
        carry(way, list, done)
      })
    }
    tellQueue()
    carry('out', () => come('out'), tellQueue)
    const seen = come('in')
    const began = world.now().elapsed
    carry(
      'in',
      () => seen,
      () => {
        listed = began
        world.send({ kind: 'emptied', since: began })
      },
    )
  }

  const world: World = worldOf({ policy, wall: begin, setup: line.setup * 1000, up: call })
  world.send({ kind: 'clock-known' })
  for (const letter of due.out) world.at(elapsed(letter.at), tellQueue)
  world.run(elapsed(end) + maxWait)
  const calls = world.wish().spent.map(({ elapsed: from, seconds }) => ({ at: begin + from, seconds }))
  if (here.size < letters.length) throw new Error(`${letters.length - here.size} letters were never carried`)
  return { calls, waits }
}
