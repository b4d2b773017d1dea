/** What of a box is fetched while the call has room for some letters only. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { collector, type Collector } from '../../src/collect/collector.ts'
import { arrivalsAfter, mayBegin, parseArrivals, pressingFirst } from '../../src/collect/rationing.ts'
import type { Room } from '../../src/mail/room.ts'
import { fakeMaildrop, type FakeMaildrop } from '../fake/maildrop.ts'
import { house, letter, type House, work } from './house.ts'

const signal = new AbortController().signal
const never = Number.NEGATIVE_INFINITY
const tight: Room = { paid: 5000, most: 50_000, mustBefore: never }
const minute = 60_000

function collecting(here: House, box: FakeMaildrop, facts: Map<string, string> = new Map(), maxMessage?: number): Collector {
  const {
    maildrop: _,
    turns: __,
    halves: ___,
    wasCut: ____,
    settled: _____,
    windows: ______,
    arrivals: _______,
    ...parts
  } = here.parts(fakeMaildrop())
  return collector({
    ...parts,
    boxes: [{ account: { ...work, maxMessage, keep: false }, maildrop: box.open }],
    recall: (name) => facts.get(name),
    remember: (name, value) => (value === undefined ? facts.delete(name) : facts.set(name, value)),
  })
}

const large = (uidl: string) => ({ uidl, octets: Buffer.concat([letter(uidl), Buffer.alloc(9000, 'large\r\n')]) })
const small = (uidl: string) => ({ uidl, octets: letter(uidl) })
const there = ({ letters }: FakeMaildrop) => letters.map(({ uidl }) => uidl)

describe('a letter that there is no room for', () => {
  test('stays at the ISP, and no word is said of it, until a call has room', async () => {
    const here = house()
    const box = fakeMaildrop({ letters: [large('L'), small('a'), small('b')] })
    const boxes = collecting(here, box)
    const [report] = await boxes.collect(undefined, signal, () => tight)
    assert.deepEqual(there(box), ['L'])
    assert.deepEqual([report?.outcome, report?.collected, report?.noted, report?.left], ['done', 2, 0, 1])
    assert.deepEqual(report?.putOff, { letters: 1, octets: large('L').octets.length, largest: large('L').octets.length })
    assert.equal(box.asked.includes('retrieve 1'), false)
    const [later] = await boxes.collect(undefined, signal, () => undefined)
    assert.deepEqual([there(box), later?.collected, later?.putOff], [[], 1, undefined])
    assert.equal(here.letters.length, 3)
  })

  test('is shown so by preview, and goes when somebody asks for it by its id', async () => {
    const box = fakeMaildrop({ letters: [large('L'), large('M')] })
    const boxes = collecting(house(), box)
    await boxes.collect(undefined, signal, () => tight)
    const shown = await boxes.preview(work.name, signal)
    assert.deepEqual(shown.kind === 'preview' && shown.letters.map(({ uidl, putOff }) => [uidl, putOff]), [
      ['L', true],
      ['M', true],
    ])
    boxes.request('fetch', work.name, ['M'])
    await boxes.collect(undefined, signal, () => tight)
    assert.deepEqual(there(box), ['L'])
  })

  test('goes whatever it costs once it may have waited long enough, ahead of the small ones', async () => {
    const here = house()
    const box = fakeMaildrop()
    const boxes = collecting(here, box)
    await boxes.collect(undefined, signal, () => tight)
    await here.clock.advance(minute)
    box.letters.push(large('L'))
    await here.clock.advance(minute)
    await boxes.collect(undefined, signal, () => ({ ...tight, mustBefore: -1 }))
    assert.deepEqual(there(box), ['L'])
    await here.clock.advance(minute)
    box.letters.push(large('M'), small('a'))
    // L came after the first look at the earliest, M after the second.
    await boxes.collect(undefined, signal, () => ({ ...tight, mustBefore: minute }))
    assert.deepEqual(there(box), ['M'])
    assert.deepEqual(
      box.asked.filter((what) => what.startsWith('retrieve')),
      ['retrieve 1', 'retrieve 3'],
    )
  })

  test('has its age also after a start', async () => {
    const here = house()
    const facts = new Map<string, string>()
    const box = fakeMaildrop({ letters: [large('L')] })
    await collecting(here, box, facts).collect(undefined, signal, () => tight)
    await here.clock.advance(minute)
    await collecting(here, box, facts).collect(undefined, signal, () => ({ ...tight, mustBefore: 0 }))
    assert.deepEqual(there(box), [])
  })

  test('is asked about again when the others have come: there may be room by then', async () => {
    const box = fakeMaildrop({ letters: [large('L'), small('a')] })
    const came = (): boolean => box.asked.some((what) => what.startsWith('delete'))
    await collecting(house(), box).collect(undefined, signal, () => (came() ? { ...tight, paid: 20_000 } : tight))
    assert.deepEqual(there(box), [])
  })

  test('what is asked for counts as ahead of what is not', async () => {
    const aheads: number[] = []
    const box = fakeMaildrop({ letters: ['a', 'b', 'c'].map(small) })
    await collecting(house(), box).collect(undefined, signal, (ahead) => {
      aheads.push(ahead)
      return { ...tight, paid: 2.5 * letter('a').length - ahead }
    })
    assert.deepEqual(there(box), [])
    assert.ok(Math.max(...aheads) >= letter('a').length)
  })

  test('without a ration nothing is asked or written that was not before', async () => {
    const facts = new Map<string, string>()
    const [plain, rationed] = [fakeMaildrop({ letters: [small('a')] }), fakeMaildrop({ letters: [small('a')] })]
    await collecting(house(), plain, facts).collect(undefined, signal)
    await collecting(house(), rationed).collect(undefined, signal, () => undefined)
    assert.deepEqual(rationed.asked, plain.asked)
    assert.deepEqual(
      [...facts.keys()].filter((name) => name.startsWith('arrivals')),
      [],
    )
  })
})

test('ten thousand letters are passed over quickly', async () => {
  const here = house()
  const octets = large('L').octets
  const box = fakeMaildrop({ letters: [...Array.from({ length: 10_000 }, (_, n) => ({ uidl: `L${n}`, octets })), small('a')] })
  const began = performance.now()
  const [report] = await collecting(here, box).collect(undefined, signal, () => tight)
  assert.deepEqual([report?.collected, report?.putOff?.letters], [1, 10_000])
  assert.ok(performance.now() - began < 3000)
})

describe('since when letters wait', () => {
  const job = (key: string | undefined, size = 100) => ({ letter: { number: 1, size, key }, state: 'seen', effect: 'retrieve' }) as const
  const before = { since: 50, off: { old: 10 } }

  test('those put off keep their time, all others came after the last look', () => {
    const off = [job('old').letter, job('new').letter]
    assert.deepEqual(arrivalsAfter(before, 90, off), { since: 90, off: { old: 10, new: 50 } })
    assert.deepEqual(arrivalsAfter(before, 90, []), { since: 90, off: {} })
  })

  test('letters without an id, and too many, are as old as the oldest', () => {
    assert.deepEqual(arrivalsAfter(before, 90, [job('old').letter, job(undefined).letter]), { since: 10, off: {} })
    const many = Array.from({ length: 201 }, (_, n) => job(`${n}`).letter)
    assert.deepEqual(arrivalsAfter(before, 90, many), { since: 50, off: {} })
  })

  test('what must go comes first, and a deletion costs nothing', () => {
    const room = { ...tight, mustBefore: 20 }
    assert.deepEqual(
      pressingFirst([job('new'), job('old')], room, before).map(({ letter }) => letter.key),
      ['old', 'new'],
    )
    assert.equal(mayBegin({ ...job('new', 90_000), effect: 'delete' }, room, before, new Map()), true)
    assert.equal(mayBegin({ ...job('new', 9000), effect: 'note' }, room, before, new Map()), true)
    assert.equal(mayBegin(job('new', 9000), room, before, new Map()), false)
  })

  test('what is written is read again, and nonsense is not', () => {
    assert.deepEqual(parseArrivals(JSON.stringify(before)), before)
    for (const text of [undefined, '', '{}', 'null', '{"since":"1","off":{}}', '{"since":1,"off":null}'])
      assert.equal(parseArrivals(text), undefined)
  })
})
