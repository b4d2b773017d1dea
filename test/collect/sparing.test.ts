/** A list's letter to several people behind one multidrop box is paid for once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drain } from '../../src/collect/drain.ts'
import type { Wish } from '../../src/collect/ledger.ts'
import type { Report } from '../../src/collect/session.ts'
import { fakeMaildrop, type FakeLetter, type FakeMaildrop } from '../fake/maildrop.ts'
import { asItCame, family, house, letter, mailboxes, plainRouter, type House } from './house.ts'

const never = new AbortController().signal

const run = (here: House, box: FakeMaildrop, account = family, wishes: ReadonlyMap<string, Wish> = new Map()): Promise<Report> =>
  drain(account, here.parts(box), wishes, never)

/** A list's letter as it lies there for one person. */
function copy(to: string, { name = 'list', body = '', header = '' } = {}): Buffer {
  return Buffer.concat([letter(name, { size: 30_000, header: `X-Envelope-To: ${to}@shofar.isp.example\n${header}` }), Buffer.from(body)])
}

const lying = (...bodies: readonly Buffer[]): FakeLetter[] => bodies.map((octets, nth) => ({ uidl: `m${nth}`, octets }))

const asked = (box: FakeMaildrop, what: string): number => box.asked.filter((one) => one.startsWith(what)).length

const everybody = ['eddy: list', 'keith: list', 'root: list']

test('one body is fetched for all, and each has the letter', async () => {
  const here = house()
  const box = fakeMaildrop({ letters: lying(...['eddy', 'keith', 'root', 'eddy', 'keith'].map((to) => copy(to))), piece: 4000 })
  const report = await run(here, box)
  assert.deepEqual(mailboxes(here).sort(), everybody)
  assert.deepEqual([asked(box, 'retrieve'), asked(box, 'top')], [1, 4])
  assert.deepEqual([report.collected, report.doubles, report.deleted, box.letters.length, here.rows.size], [1, 4, 5, 0, 0])
  assert.deepEqual(here.letters.map(asItCame), [copy('eddy')])
  assert.doesNotMatch(here.letters[0]?.octets.toString() ?? '', /\tfor </)
  assert.deepEqual(here.told.at(-1), {
    account: 'shofar',
    letters: { done: 5, total: 5 },
    octets: { done: copy('eddy').length, total: copy('eddy').length },
  })
})

test('the headers are asked for ahead of the body, all in one turn', async () => {
  const box = fakeMaildrop({ letters: lying(copy('eddy'), copy('keith'), copy('root')), piece: 40_000 })
  await run(house(), box)
  assert.deepEqual(
    box.asked.filter((what) => /^(top|retrieve)/.test(what)),
    ['top 2', 'top 3', 'retrieve 1'],
  )
})

for (const [what, other] of [
  ['a body longer by an octet', copy('keith', { body: 'x' })],
  ['a token of its own', copy('keith', { header: 'List-Unsubscribe: <https://x/2>\n' })],
  ['another author', Buffer.from(copy('keith').toString().replace('From: bob', 'From: rob'))],
  ['no Message-ID', Buffer.from(copy('keith').toString().replace('Message-ID', 'X-Nothing!'))],
] as const)
  test(`a letter of the same size with ${what} is fetched`, async () => {
    const here = house()
    const box = fakeMaildrop({
      letters: lying(copy('eddy', { header: what === 'a token of its own' ? 'List-Unsubscribe: <https://x/1>\n' : '' }), other),
    })
    await run(here, box)
    assert.deepEqual([asked(box, 'retrieve'), asked(box, 'top')], [2, 1])
    assert.deepEqual(mailboxes(here).sort(), ['eddy: list', 'keith: list'])
    assert.equal(box.letters.length, 0)
  })

test('two letters that lie there twice, between each other, are fetched once each', async () => {
  const here = house()
  const box = fakeMaildrop({
    letters: lying(
      copy('eddy', { name: 'lisa' }),
      copy('eddy', { name: 'lisb' }),
      copy('keith', { name: 'lisa' }),
      copy('keith', { name: 'lisb' }),
    ),
    piece: 9000,
  })
  await run(here, box)
  assert.deepEqual(mailboxes(here).sort(), ['eddy: lisa', 'eddy: lisb', 'keith: lisa', 'keith: lisb'])
  assert.deepEqual([asked(box, 'retrieve'), asked(box, 'top')], [2, 3])
})

test('without TOP each is fetched, and with a single-drop box nobody looks', async () => {
  for (const [account, hasTop, tops] of [
    [family, false, 1],
    [{ ...family, drop: { kind: 'single', to: { local: 'eddy', domain: '' } } }, true, 0],
  ] as const) {
    const box = fakeMaildrop({ letters: lying(copy('eddy'), copy('keith')), hasTop, piece: 9000 })
    await run(house(), box, account)
    assert.deepEqual([asked(box, 'retrieve'), asked(box, 'top'), box.letters.length], [2, tops, 0])
  }
})

test('what somebody asked for by its id comes by itself, and a copy that stays there is not fetched again', async () => {
  const here = house()
  const box = fakeMaildrop({ letters: lying(copy('eddy'), copy('keith'), copy('root')), piece: 9000 })
  const account = { ...family, keep: true }
  const report = await run(here, box, account, new Map([['m1', 'fetch']]))
  assert.deepEqual([report.fulfilled, asked(box, 'retrieve')], [['m1'], 2])
  await run(here, box, account)
  assert.deepEqual([asked(box, 'retrieve'), box.letters.length, mailboxes(here).sort()], [2, 3, everybody])
})

test('a copy whose people cannot be told now stays there', async () => {
  const router = {
    ...plainRouter,
    route: (async (...[to, from]) =>
      to.address.local === 'keith'
        ? { kind: 'deferred', reply: { code: 451, text: 'NFS is away' }, rules: [] }
        : plainRouter.route(to, from)) as typeof plainRouter.route,
  }
  const here = house({ router })
  const box = fakeMaildrop({ letters: lying(copy('eddy'), copy('keith'), copy('root')), piece: 9000 })
  await run(here, box)
  assert.deepEqual([mailboxes(here).sort(), box.letters.map(({ uidl }) => uidl)], [['eddy: list', 'root: list'], ['m1']])
})

for (const [way, fail] of [
  ['with the line dropped', () => 'lost' as const],
  ['killed', () => new Promise<never>(() => {})],
] as const)
  test(`${way} at any step, everybody has the letter once and the box is empty in the end`, async () => {
    for (let nth = 1; ; nth++) {
      let count = 0
      let failed = () => {}
      const failure = new Promise<'failed'>((resolve) => (failed = () => resolve('failed')))
      let alive = true
      const before = (what: string) => {
        if (!alive) return way === 'killed' ? new Promise<never>(() => {}) : undefined
        count += 1
        if (count !== nth || (way !== 'killed' && !/^(top|retrieve|piece|delete|quit|goodbye)/.test(what))) return undefined
        if (way === 'killed') alive = false
        failed()
        return fail()
      }
      let revived = false
      const here = house({ before: (what) => (revived || way !== 'killed' ? undefined : before(what)) as undefined })
      const box = fakeMaildrop({
        letters: lying(copy('eddy'), copy('keith'), copy('root')),
        piece: 20_000,
        before: (what) => (revived ? undefined : before(what)),
      })
      await Promise.race([run(here, box), ...(way === 'killed' ? [failure] : [])])
      const whole = count < nth
      await here.clock.advance(0)
      revived = true
      await run(here, box)
      await run(here, box)
      assert.deepEqual(mailboxes(here).sort(), everybody, `step ${nth}`)
      assert.equal(box.letters.length, 0, `step ${nth}`)
      if (whole) break
      assert.ok(nth < 200)
    }
  })
