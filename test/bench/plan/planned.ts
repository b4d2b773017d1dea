/** dialpost's own wish, plan and tariff over the month, with the line and mail played to them; what it learns it learns from its calls. */
import type { Learned } from '../../../src/call/plan.ts'
import type { Tariff } from '../../../src/link/tariff.ts'
import { type World, worldOf } from '../../call/wish-world.ts'
import { type Bill, billOf, line } from './bill.ts'
import { begin, end, type Letter } from './month.ts'

export function planned(letters: readonly Letter[], tariff: Tariff, maxWait: number): Bill {
  const waits: number[] = []
  const sent = new Set<Letter>()
  let received = 0
  const elapsed = (wall: number): number => wall - begin
  const learned = (): Learned => {
    const hours = (world.wish().emptied ?? 0) / 3_600_000
    return { rate: line.rate, setupSeconds: line.setup, inPerHour: hours > 0 ? received / hours : 0 }
  }
  const waiting = (way: Letter['way']): readonly Letter[] =>
    letters.filter((letter) => letter.way === way && elapsed(letter.at) <= world.now().elapsed && !sent.has(letter))
  const tellQueue = (): void => {
    const out = waiting('out')
    const [oldest] = out
    const octets = out.reduce((sum, one) => sum + one.octets, 0)
    world.send({ kind: 'queue', letters: out.length, octets, oldest: oldest && elapsed(oldest.at), bulkOnly: false })
  }
  const carried = (letter: Letter): void => {
    sent.add(letter)
    waits.push(world.now().elapsed - elapsed(letter.at))
  }

  const call = (here: World): void => {
    const busy = new Set<Letter['way']>(['out', 'in'])
    const idle = (way: Letter['way']): void => {
      busy.delete(way)
      if (busy.size === 0) here.send({ kind: 'working', busy: false })
    }
    const later = (octets: number, happen: () => void): void => here.at(here.now().elapsed + (octets / line.rate) * 1000, happen)
    const send = (): void => {
      tellQueue()
      const [letter] = waiting('out')
      if (!letter) return idle('out')
      later(letter.octets, () => {
        carried(letter)
        send()
      })
    }
    /** What was in the box when it was listed. */
    const fetch = ([letter, ...rest]: readonly Letter[], octets: number): void => {
      if (letter)
        return later(letter.octets, () => {
          carried(letter)
          received += letter.octets
          fetch(rest, octets + letter.octets)
        })
      here.send({ kind: 'emptied', letters: 0, octets })
      idle('in')
    }
    send()
    fetch(waiting('in'), 0)
  }

  const policy = {
    timetable: [],
    windows: [],
    forbidden: [],
    max_wait: maxWait,
    idle: 300_000,
    idle_by_hand: 600_000,
    use_paid: false,
    urgent: 'open' as const,
    budget: [],
    tariff,
    hasBoxes: true,
    learned,
  }
  const world = worldOf({ policy, wall: begin, setup: line.setup * 1000, up: call })
  world.send({ kind: 'clock-known' })
  for (const letter of letters.filter(({ way }) => way === 'out')) world.at(elapsed(letter.at), tellQueue)
  world.run(elapsed(end) + maxWait)
  const calls = world.wish().spent.map(({ elapsed: from, seconds }) => ({ at: begin + from, seconds }))
  if (sent.size < letters.length) throw new Error(`${letters.length - sent.size} letters were never carried`)
  return billOf(calls, waits, tariff)
}
