import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collector, type Box, type Collector } from '../../src/collect/collector.ts'
import type { OpenMaildrop } from '../../src/collect/maildrop.ts'
import { fakeMaildrop, type FakeMaildrop } from '../fake/maildrop.ts'
import { house, letter, mailboxes, work, type House } from './house.ts'

const never = new AbortController().signal

type Opener = {
  readonly name: string
  readonly maildrop: OpenMaildrop
  readonly maxMessage?: number
  readonly keep?: boolean
  readonly isp?: string | undefined
}

function collecting(here: House, openers: readonly Opener[], facts: Map<string, string> = new Map()): Collector {
  const boxes: Box[] = openers.map(({ name, maildrop, maxMessage, keep = false, isp }) => ({
    ...(isp === undefined ? {} : { isp }),
    account: { ...work, name, maxMessage, keep },
    maildrop,
  }))
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
    boxes,
    recall: (name) => facts.get(name),
    remember: (name, value) => (value === undefined ? facts.delete(name) : facts.set(name, value)),
  })
}

const one = (name: string): FakeMaildrop => fakeMaildrop({ letters: [{ uidl: `${name}1`, octets: letter(name) }] })

function refusing(text: string): { readonly open: OpenMaildrop; times: number } {
  const box = {
    times: 0,
    open: (async () => {
      box.times += 1
      return { kind: 'failed', failure: { kind: 'login', text } }
    }) as OpenMaildrop,
  }
  return box
}

test('a box that fails, or breaks, does not stop the others', async () => {
  const here = house()
  const reports = await collecting(here, [
    { name: 'a', maildrop: one('a').open },
    { name: 'b', maildrop: async () => ({ kind: 'failed', failure: { kind: 'unreachable', text: 'No answer' } }) },
    { name: 'c', maildrop: async () => Promise.reject(new Error('a bug')) },
    { name: 'd', maildrop: one('d').open },
  ]).collect(undefined, never)
  assert.deepEqual(
    reports.map(({ account, outcome, failure, collected }) => [account, outcome, failure?.kind, collected]),
    [
      ['a', 'done', undefined, 1],
      ['b', 'failed', 'unreachable', 0],
      ['c', 'failed', 'broken', 0],
      ['d', 'done', undefined, 1],
    ],
  )
  assert.deepEqual(mailboxes(here).sort(), ['eddy: a', 'eddy: d'])
  assert.deepEqual(
    here.lines.filter(({ event }) => event === 'collect-failed').map(({ fields }) => fields['account']),
    ['b', 'c'],
  )
})

test('a refused login is told to a person and not tried again until the pause is over, or somebody asks', async () => {
  const here = house()
  const box = refusing('The server refuses the login: [AUTH] no')
  const boxes = collecting(here, [{ name: 'work', maildrop: box.open }])
  await boxes.collect(undefined, never)
  const [report] = await boxes.collect(undefined, never)
  assert.deepEqual([box.times, report?.failure?.kind], [1, 'login'])
  assert.match(
    here.lines.find(({ level }) => level === 'warn')?.text ?? '',
    /work: The server refuses the login: \[AUTH\] no\. Check user and password_file .* in 15 minutes, .*dialpost poll work/,
  )
  await boxes.collect(['work'], never)
  assert.equal(box.times, 2)
  await here.clock.advance(29 * 60_000)
  await boxes.collect(undefined, never)
  assert.equal(box.times, 2)
  await here.clock.advance(60_000)
  await boxes.collect(undefined, never)
  assert.equal(box.times, 3)
})

test('a busy box is tried once more in the same call, and then not until the next', async () => {
  const here = house()
  let times = 0
  const busy: OpenMaildrop = async () => {
    times += 1
    return { kind: 'failed', failure: { kind: 'busy', text: '[IN-USE]' } }
  }
  const collected = collecting(here, [{ name: 'work', maildrop: busy }]).collect(undefined, never)
  await here.clock.advance(9_999)
  assert.equal(times, 1)
  await here.clock.advance(1)
  const [report] = await collected
  assert.deepEqual([times, report?.failure?.kind], [2, 'busy'])
})

test('three boxes are open at a time, the others wait', async () => {
  const here = house()
  const opened: string[] = []
  const gates = new Map<string, () => void>()
  const boxes = ['a', 'b', 'c', 'd', 'e'].map((name) => ({
    name,
    maildrop: (async (signal) => {
      opened.push(name)
      await new Promise<void>((go) => gates.set(name, go))
      return one(name).open(signal)
    }) as OpenMaildrop,
  }))
  const collected = collecting(here, boxes).collect(undefined, never)
  await here.clock.advance(0)
  assert.deepEqual(opened, ['a', 'b', 'c'])
  gates.get('b')?.()
  while (opened.length < 4) await here.clock.advance(0)
  assert.deepEqual(opened, ['a', 'b', 'c', 'd'])
  while (gates.size > 0) {
    for (const [name, go] of gates) {
      gates.delete(name)
      go()
    }
    await here.clock.advance(0)
    await here.clock.advance(0)
  }
  assert.deepEqual(
    (await collected).map(({ collected }) => collected),
    [1, 1, 1, 1, 1],
  )
})

test('a box that is being drained is not opened a second time', async () => {
  const here = house()
  const box = one('a')
  const boxes = collecting(here, [{ name: 'a', maildrop: box.open }])
  const [first, second] = await Promise.all([boxes.collect(undefined, never), boxes.collect(['a'], never)])
  assert.deepEqual(first, second)
  assert.equal(box.asked.filter((what) => what === 'open').length, 1)
})

test('nothing is opened after a stop', async () => {
  const box = one('a')
  const [report] = await collecting(house(), [{ name: 'a', maildrop: box.open }]).collect(undefined, AbortSignal.abort())
  assert.deepEqual([report?.outcome, box.asked], ['stopped', []])
})

test('wishes are remembered beyond the process until they are fulfilled', async () => {
  const here = house()
  const facts = new Map<string, string>()
  const box = fakeMaildrop({ letters: ['x', 'y', 'z'].map((name) => ({ uidl: name, octets: letter(name, { size: 3000 }) })) })
  const boxes = () => collecting(here, [{ name: 'work', maildrop: box.open, maxMessage: 1000 }], facts)
  await boxes().collect(undefined, never)
  assert.equal(boxes().request('fetch', 'work', ['x']), 'noted')
  assert.equal(boxes().request('drop', 'work', ['y', 'gone']), 'noted')
  assert.equal(boxes().request('drop', 'nowhere', ['y']), undefined)
  await boxes().collect(undefined, never)
  assert.deepEqual(
    box.letters.map(({ uidl }) => uidl),
    ['z'],
  )
  assert.deepEqual(
    mailboxes(here).filter((line) => !line.includes('Left at')),
    ['eddy: x'],
  )
  assert.equal(facts.size, 0)
})

test('a preview shows what lies there, the biggest first, and takes nothing', async () => {
  const here = house()
  const box = fakeMaildrop({
    letters: [
      { uidl: 's', octets: letter('small') },
      { uidl: 'b', octets: letter('big', { size: 8000 }) },
    ],
  })
  const boxes = collecting(here, [{ name: 'work', maildrop: box.open }])
  const shown = await boxes.preview('work', never)
  assert.ok(shown.kind === 'preview')
  assert.deepEqual(
    shown.letters.map(({ uidl, size, state }) => [uidl, size > 1000, state]),
    [
      ['b', true, undefined],
      ['s', false, undefined],
    ],
  )
  assert.match(shown.letters[0]?.readable?.subject ?? '', /octets of header/)
  assert.equal(Math.round(shown.letters[0]?.seconds ?? 0), 2)
  assert.deepEqual([box.letters.length, here.letters.length, box.asked.filter((what) => /retrieve|delete/.test(what))], [2, 0, []])
  const unknown = await boxes.preview('nowhere', never)
  assert.equal(unknown.kind === 'unreachable' && unknown.text, 'There is no mailbox nowhere; there are: work')
})

test('what is settled in a box is not listed again, and under another policy it is', async () => {
  const here = house()
  const box = fakeMaildrop({ letters: Array.from({ length: 40 }, (_, nth) => ({ uidl: `u${nth}`, octets: letter(`l${nth}`) })) })
  const listed: number[] = []
  const maildrop: OpenMaildrop = async (signal, wants) => {
    const opened = await box.open(signal, wants)
    if (opened.kind === 'open') listed.push(opened.box.letters.length)
    return opened
  }
  const facts = new Map<string, string>()
  const boxes = collecting(here, [{ name: 'work', maildrop, keep: true }], facts)
  await boxes.collect(undefined, never)
  box.letters.push({ uidl: 'late', octets: letter('late') })
  const [second] = await boxes.collect(undefined, never)
  await boxes.collect(undefined, never)
  assert.deepEqual(listed, [40, 1, 0])
  assert.deepEqual([second?.listed, second?.left, here.letters.length], [41, 41, 41])
  await collecting(here, [{ name: 'work', maildrop, keep: false }], facts).collect(undefined, never)
  assert.deepEqual([listed.at(-1), box.letters.length, here.letters.length], [41, 0, 41])
})

test('a wish is looked for among all letters', async () => {
  const here = house()
  const box = fakeMaildrop({ letters: Array.from({ length: 40 }, (_, nth) => ({ uidl: `u${nth}`, octets: letter(`l${nth}`) })) })
  const boxes = collecting(here, [{ name: 'work', maildrop: box.open, keep: true }])
  await boxes.collect(undefined, never)
  boxes.request('drop', 'work', ['u3'])
  await boxes.collect(undefined, never)
  assert.deepEqual([box.letters.length, here.letters.length], [39, 40])
})

test('in a call to an ISP the boxes of another are left out, by name too', async () => {
  const here = house()
  const isps = new Map([['b', 'isp-b']])
  const some = collecting(
    here,
    ['a', 'b'].map((name) => ({ name, maildrop: one(name).open, isp: isps.get(name) })),
  )
  const seen = async (names: readonly string[] | undefined, isp: string): Promise<readonly string[]> =>
    (await some.collect(names, never, undefined, isp)).map(({ account }) => account)
  assert.deepEqual(await seen(undefined, 'isp-a'), ['a'])
  assert.deepEqual(await seen(['a', 'b'], 'isp-a'), ['a'])
  assert.deepEqual(await seen(undefined, ''), ['a'])
  assert.deepEqual(await seen(undefined, 'isp-b'), ['a', 'b'])
  assert.deepEqual(['a', 'b'].map(some.ispOf), [undefined, 'isp-b'])
})
