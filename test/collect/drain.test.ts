import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { drain } from '../../src/collect/drain.ts'
import type { Account, Report } from '../../src/collect/session.ts'
import type { Wish } from '../../src/collect/ledger.ts'
import { SpoolFull } from '../../src/queue/intake.ts'
import { fakeMaildrop, type FakeLetter, type FakeMaildrop } from '../fake/maildrop.ts'
import { asItCame, family, house, letter, mailboxes, plainRouter, work, type House } from './house.ts'

const never = new AbortController().signal

const three = (): FakeLetter[] => ['one', 'two', 'three'].map((name, nth) => ({ uidl: `u${nth}`, octets: letter(name) }))

function run(here: House, box: FakeMaildrop, account: Account = work, wishes: ReadonlyMap<string, Wish> = new Map()): Promise<Report> {
  return drain(account, here.parts(box), wishes, never)
}

function sorted(octets: readonly Buffer[]): string[] {
  return octets.map((one) => one.toString('latin1')).sort()
}

test('every letter is kept octet for octet, deleted there, and forgotten', async () => {
  const here = house()
  const box = fakeMaildrop({ letters: three() })
  const report = await run(here, box)
  assert.deepEqual(sorted(here.letters.map(asItCame)), sorted(three().map(({ octets }) => Buffer.from(octets))))
  assert.deepEqual([report.outcome, report.listed, report.collected, report.deleted, report.left], ['done', 3, 3, 3, 0])
  assert.deepEqual([box.letters, here.rows.size], [[], 0])
})

test('the Received line says where it came from and for whom, above the one it brought', async () => {
  const here = house()
  await run(
    here,
    fakeMaildrop({ letters: [{ uidl: 'a', octets: Buffer.from('Return-Path: <bob@far.example>\r\nReceived: by x\r\n\r\nhi\r\n') }] }),
  )
  assert.equal(
    here.letters[0]?.octets.toString().replace(/; .*20\d\d .*\r\n/, '; DATE\r\n'),
    'Return-Path: <bob@far.example>\r\nReceived: from pop.isp.example [192.0.2.1]\r\n\tby moriah.shire.lan with POP3 (dialpost account work)\r\n\tid 1\r\n\tfor <eddy@moriah.shire.lan> (single-drop); DATE\r\nReceived: by x\r\n\r\nhi\r\n',
  )
})

test('a kept letter stays there and is not fetched again', async () => {
  const here = house()
  const box = fakeMaildrop({ letters: three() })
  const account = { ...work, keep: true }
  await run(here, box, account)
  await run(here, box, account)
  assert.deepEqual([here.letters.length, box.letters.length, box.asked.filter((what) => what.startsWith('delete')).length], [3, 3, 0])
})

test('while the clock is not known our Received line and the note say so, and from then on no longer', async () => {
  let known = false
  const here = house({ clockKnown: () => known, blind: true })
  const account = { ...work, maxMessage: 2000 }
  const both = () => [
    { uidl: 'small', octets: letter('small') },
    { uidl: 'large', octets: letter('large', { size: 9000 }) },
  ]
  const said = async () => {
    await run(here, fakeMaildrop({ letters: both() }), account)
    return here.letters.splice(0).map(({ octets }) => /\(clock not set\)\r\n/.test(octets.toString('latin1')))
  }
  assert.deepEqual(await said(), [true, true])
  known = true
  here.rows.clear()
  assert.deepEqual(await said(), [false, false])
})

test('where there is a limit small letters come first', async () => {
  const here = house()
  const sizes = [9000, 200, 4000, 700]
  await run(
    here,
    fakeMaildrop({ letters: sizes.map((size) => ({ uidl: `u${size}`, octets: letter(`${size}`, { size }) })), piece: 1000 }),
    {
      ...work,
      maxMessage: 10_000,
    },
  )
  assert.deepEqual(
    here.letters.map(({ draft }) => draft.subject),
    ['200', '700', '4000', '9000'],
  )
})

test('the first letters come unseen, and from where their sizes are known the small come first', async () => {
  const here = house()
  const sizes = Array.from({ length: 40 }, (_, nth) => 9000 - nth * 200)
  const box = fakeMaildrop({ letters: sizes.map((size) => ({ uidl: `u${size}`, octets: letter(`${size}`, { size }) })), piece: 9000 })
  const report = await run(here, box)
  assert.deepEqual([report.collected, box.letters.length], [40, 0])
  const came = here.letters.map(({ draft }) => Number(draft.subject))
  const asked = box.asked.indexOf('sizes')
  const unseen = box.asked.slice(0, asked).filter((what) => what.startsWith('retrieve')).length
  assert.ok(unseen >= 4 && unseen < 10, box.asked.join())
  assert.deepEqual(came.slice(0, unseen), sizes.slice(0, unseen))
  const known = came.slice(-20)
  assert.deepEqual(
    known,
    known.toSorted((a, b) => a - b),
  )
})

test('after a session that was cut the small come first from the beginning', async () => {
  const here = house()
  const box = fakeMaildrop({ letters: [5000, 300].map((size) => ({ uidl: `u${size}`, octets: letter(`${size}`, { size }) })) })
  await drain(work, { ...here.parts(box), wasCut: true }, new Map(), never)
  assert.deepEqual(
    here.letters.map(({ draft }) => draft.subject),
    ['300', '5000'],
  )
})

test('DELE is sent only when the letter is on the disk', async () => {
  const order: string[] = []
  const here = house({ before: (what) => void (what === 'kept' && order.push(what)) })
  const box = fakeMaildrop({ letters: three(), before: (what) => void (what.startsWith('delete') && order.push('delete')) })
  await run(here, box)
  let kept = 0
  for (const what of order) {
    kept += what === 'kept' ? 1 : -1
    assert.ok(kept >= 0, order.join())
  }
})

/** Numbers the steps of box and house together, and lets the nth one fail. */
function steps(nth: number, fail: (what: string) => unknown): { before: (what: string) => never; count: () => number } {
  let count = 0
  return {
    count: () => count,
    before: ((what: string) => {
      count += 1
      return count === nth ? fail(what) : undefined
    }) as never,
  }
}

const shapes: Record<string, { account: Account; letters: () => FakeLetter[] }> = {
  'ids that last': { account: work, letters: three },
  'no ids at all': { account: work, letters: () => three().map(({ octets }) => ({ octets })) },
  'a letter too big': {
    account: { ...work, maxMessage: 2000 },
    letters: () => [...three(), { uidl: 'big', octets: letter('big', { size: 5000 }) }],
  },
}

for (const [shape, { account, letters }] of Object.entries(shapes)) {
  const small = letters().filter(({ octets }) => account.maxMessage === undefined || octets.length <= account.maxMessage)
  const wanted = sorted(small.map(({ octets }) => Buffer.from(octets)))

  const check = (here: House, box: FakeMaildrop, when: string) => {
    const whole = here.letters.filter(({ draft }) => draft.from !== null)
    assert.deepEqual(sorted(whole.map(asItCame)), wanted, `${when}: each letter once`)
    assert.equal(here.letters.length - whole.length, letters().length - small.length, `${when}: one note a big letter`)
    assert.equal(box.letters.length, letters().length - small.length, `${when}: nothing else is left there`)
  }

  test(`killed at any step and started again, each letter arrives once: ${shape}`, async () => {
    for (let nth = 1; ; nth++) {
      let killed = (): void => {}
      const death = new Promise<'killed'>((resolve) => (killed = () => resolve('killed')))
      let dead = false
      const kill = steps(nth, () => {
        dead = true
        killed()
        return new Promise(() => {})
      })
      const guard = (what: string) => (dead ? new Promise<never>(() => {}) : kill.before(what))
      let revived = false
      const before = (what: string) => (revived ? undefined : guard(what))
      const here = house({ before, blind: true })
      const box = fakeMaildrop({ letters: letters(), before })
      const ended = await Promise.race([run(here, box, account), death])
      if (ended !== 'killed') break
      // What the dead process was about to do hangs now, before anything lives again.
      await here.clock.advance(0)
      revived = true
      await run(here, box, account)
      await run(here, box, account)
      check(here, box, `killed at step ${nth}`)
      assert.ok(nth < 500)
    }
  })

  test(`with the line dropped at any step, each letter arrives once: ${shape}`, async () => {
    for (let nth = 1; ; nth++) {
      const cut = steps(nth, () => 'lost')
      const here = house({ blind: true })
      const box = fakeMaildrop({ letters: letters(), before: cut.before })
      await run(here, box, account)
      assert.equal(here.open(), 0, `dropped at step ${nth}: what was begun is discarded`)
      if (cut.count() < nth) break
      await run(here, box, account)
      await run(here, box, account)
      check(here, box, `dropped at step ${nth}`)
      assert.ok(nth < 500)
    }
  })

  test(`with the flash full at any step, nothing is lost and nothing doubled: ${shape}`, async () => {
    for (let nth = 1; ; nth++) {
      const full = steps(nth, () => {
        throw new SpoolFull('The flash is full')
      })
      const here = house({
        before: (what) => (what === 'forget' || what === 'kept' || what === 'mark' ? undefined : full.before(what)),
        blind: true,
      })
      const box = fakeMaildrop({ letters: letters() })
      const report = await run(here, box, account)
      if (full.count() < nth) break
      assert.deepEqual(report.failure, { kind: 'full', text: 'The flash is full' })
      await run(here, box, account)
      check(here, box, `full at step ${nth}`)
      assert.ok(nth < 500)
    }
  })
}

test('a stop ends the session within a second, keeps what is whole and leaves the rest', async () => {
  const here = house()
  const aborted = new AbortController()
  const box = fakeMaildrop({
    letters: [
      { uidl: 'small', octets: letter('small') },
      { uidl: 'slow', octets: letter('slow', { size: 4000 }) },
    ],
    before: (what) => (what === 'piece 2' ? (aborted.abort(), new Promise(() => {})) : undefined),
  })
  const draining = drain(work, here.parts({ ...box, open: hangingUp(box) }), new Map(), aborted.signal)
  while (!aborted.signal.aborted) await here.clock.advance(0)
  await here.clock.advance(799)
  assert.equal(await Promise.race([draining, Promise.resolve('draining')]), 'draining')
  await here.clock.advance(1)
  const report = await draining
  assert.deepEqual([report.outcome, report.collected, report.left], ['stopped', 1, 2])
  assert.deepEqual(
    here.letters.map(({ draft }) => draft.subject),
    ['small'],
  )
})

/** The fake hangs for ever where it was told to; this one answers `lost` once it is aborted. */
function hangingUp(box: FakeMaildrop): FakeMaildrop['open'] {
  return async (signal) => {
    const opened = await box.open(signal)
    if (opened.kind === 'failed') return opened
    let cut: () => void = () => {}
    const gone = new Promise<void>((resolve) => (cut = resolve))
    const or = async <T>(work: Promise<T>, otherwise: T) => Promise.race([work, gone.then(() => otherwise)])
    const lost = { kind: 'lost', text: 'cut' } as const
    const inner = opened.box
    return {
      kind: 'open',
      box: {
        ...inner,
        retrieve: (number, take) => or(inner.retrieve(number, take), lost),
        delete: (number, sent) => or(inner.delete(number, sent), lost),
        quit: (sent) => or(inner.quit(sent), 'unknown'),
        abort: () => cut(),
      },
    }
  }
}

test('a letter whose routing must wait stays there, and the others come', async () => {
  const router = {
    ...plainRouter,
    route: (async (...[to, from]) =>
      from?.local === 'later'
        ? { kind: 'deferred', reply: { code: 451, text: 'NFS is away' }, rules: [] }
        : plainRouter.route(to, from)) as typeof plainRouter.route,
  }
  const here = house({ router })
  const waits = Buffer.from(letter('two').toString().replace('From: bob', 'From: later'))
  const box = fakeMaildrop({ letters: three().map((one, nth) => (nth === 1 ? { ...one, octets: waits } : one)) })
  const report = await run(here, box)
  assert.deepEqual([report.collected, report.left, box.letters.map(({ uidl }) => uidl)], [2, 1, ['u1']])
  assert.match(here.lines.find(({ event }) => event === 'collect-left')?.text ?? '', /u1 stays at pop\.isp\.example: 451 NFS is away/)
})

test("a letter for nobody here is postmaster's, with a warning in it", async () => {
  const here = house()
  await run(here, fakeMaildrop({ letters: three().slice(0, 1) }), {
    ...work,
    drop: { kind: 'single', to: { local: 'nobody', domain: '' } },
  })
  assert.deepEqual(mailboxes(here), ['root: one'])
  assert.match(
    here.letters[0]?.octets.toString() ?? '',
    /for <postmaster@moriah\.shire\.lan> \(by default\);.*\r\nX-Dialpost-Warning: recipient address nobody: 550 5\.1\.1 /,
  )
})

test("a letter that has passed more than 25 hosts goes into postmaster's mailbox and nowhere else", async () => {
  const out = {
    ...plainRouter,
    route: async (...[to, from]: Parameters<typeof plainRouter.route>) =>
      plainRouter.route({ address: { ...to.address, domain: 'far.example' } }, from),
  }
  const here = house({ router: out })
  const loop = Buffer.concat([Buffer.from('Received: by x\r\n'.repeat(25)), letter('loop')])
  const box = fakeMaildrop({ letters: [{ uidl: 'a', octets: loop }] })
  await run(here, box)
  assert.deepEqual(here.letters[0]?.draft.copies, [
    { from: null, recipient: { local: 'postmaster', domain: '' }, to: { courier: 'mailbox', user: 'root' } },
  ])
  assert.match(here.letters[0]?.octets.toString() ?? '', /X-Dialpost-Warning: this letter goes in circles: it has passed 26 hosts/)
  assert.equal(box.letters.length, 0)
})

test('copies of one list mail in a multidrop box give each person one, however they lie between others', async () => {
  const here = house()
  const copy = (to: string) => letter('list-mail', { header: `X-Envelope-To: ${to}@shofar.isp.example\n` })
  const other = letter('other', { header: 'X-Envelope-To: keith@shofar.isp.example\n' })
  const bodies = [copy('eddy'), other, copy('keith'), copy('eddy'), copy('list'), copy('nobody')]
  const box = fakeMaildrop({ letters: bodies.map((octets, nth) => ({ uidl: `m${nth}`, octets })) })
  const report = await run(here, box, family)
  assert.deepEqual(mailboxes(here).sort(), ['eddy: list-mail', 'keith: list-mail', 'keith: other', 'root: list-mail'])
  assert.deepEqual([report.doubles, report.deleted, box.letters.length], [2, 6, 0])
})

/** The disk takes long enough for the next letters to arrive meanwhile. */
async function slowly(): Promise<void> {
  for (let time = 0; time < 100; time++) await turn()
}

const copies = (count: number): FakeLetter[] =>
  Array.from({ length: count }, (_, nth) => ({ uidl: `m${nth}`, octets: letter('list-mail', { header: `X-Copy: ${nth}\n` }) }))

test('a copy that arrives while the other is still being kept is a double all the same', async () => {
  const here = house({ before: (what) => (what === 'keep' ? slowly() : undefined) })
  const report = await run(here, fakeMaildrop({ letters: copies(3), piece: 1000 }))
  assert.deepEqual([mailboxes(here), report.doubles, report.left], [['eddy: list-mail'], 2, 0])
})

test('a copy whose forerunner could not be kept stays there with it', async () => {
  const full = async (what: string) => {
    if (what !== 'keep') return
    await slowly()
    throw new SpoolFull('The flash is full')
  }
  const here = house({ before: full })
  const box = fakeMaildrop({ letters: copies(2), piece: 1000 })
  const report = await run(here, box)
  assert.deepEqual([report.failure?.kind, here.letters.length, box.letters.length, here.open()], ['full', 0, 2, 0])
})

test('a letter too big stays there, its recipients are told once, and it comes when asked for', async () => {
  const here = house()
  const big = letter('big', { size: 5000, header: 'X-Envelope-To: keith@shofar.isp.example\n' })
  const box = fakeMaildrop({
    letters: [
      { uidl: 'b1', octets: big },
      { uidl: 's1', octets: letter('small', { header: 'X-Envelope-To: eddy@shofar.isp.example\n' }) },
    ],
  })
  const account = { ...family, maxMessage: 2000 }
  await run(here, box, account)
  await run(here, box, account)
  assert.deepEqual(mailboxes(here).sort(), ['eddy: small', 'keith: Left at pop.isp.example (6 KB): 186 octets of header'])
  assert.deepEqual(
    [...here.rows],
    [['b1', { state: 'noted', message: here.letters.find(({ draft }) => draft.ledger?.state === 'noted')?.draft.messageId?.slice(1, 2) }]],
  )
  const report = await run(
    here,
    box,
    account,
    new Map([
      ['b1', 'fetch'],
      ['gone', 'drop'],
    ]),
  )
  assert.deepEqual([report.fulfilled, box.letters, here.rows.size], [['b1', 'gone'], [], 0])
  assert.deepEqual(asItCame(here.letters.at(-1)!), big)
})

test('a letter dropped by the operator is deleted unread', async () => {
  const here = house()
  const box = fakeMaildrop({ letters: three() })
  const report = await run(here, box, { ...work, keep: true, maxMessage: 10 }, new Map([['u1', 'drop']]))
  assert.deepEqual([report.fulfilled, report.noted, box.letters.map(({ uidl }) => uidl)], [['u1'], 2, ['u0', 'u2']])
})

test('bare line feeds are repaired and said so; a bare carriage return and NUL stay', async () => {
  const here = house()
  await run(
    here,
    fakeMaildrop({ letters: [{ uidl: 'x', octets: Buffer.from('Subject: x\nTo: y\n\nbare\nand\r\nwhole \0 \r cr\r\n') }], piece: 1 }),
  )
  assert.equal(asItCame(here.letters[0]!).toString(), 'Subject: x\r\nTo: y\r\n\r\nbare\r\nand\r\nwhole \0 \r cr\r\n')
  assert.match(here.lines.find(({ event }) => event === 'repaired')?.text ?? '', /4 bare LF/)
})

test('a letter without a body, without a header, or empty arrives all the same', async () => {
  for (const text of ['Subject: only\r\n', '\r\nonly a body\r\n', '', 'no header at all\r\nbut two lines\r\n']) {
    const here = house()
    const box = fakeMaildrop({ letters: [{ uidl: 'x', octets: Buffer.from(text) }] })
    await run(here, box)
    assert.equal(asItCame(here.letters[0]!).toString(), text)
    assert.equal(box.letters.length, 0)
  }
})

test('without lasting ids and with `keep`, headers are compared and nothing is fetched twice', async () => {
  const here = house()
  const box = fakeMaildrop({ letters: three().map(({ octets }) => ({ octets })) })
  for (let time = 0; time < 3; time++) await run(here, box, { ...work, keep: true })
  assert.equal(here.letters.length, 3)
  assert.equal(box.asked.filter((what) => what.startsWith('retrieve')).length, 3)
})

test('without ids and without TOP a letter that is ours already is fetched again, and deleted instead of delivered', async () => {
  const here = house({ blind: true })
  const cut = steps(9, () => 'lost')
  const letters = three().map(({ octets }) => ({ octets }))
  const box = fakeMaildrop({ letters, hasTop: false, piece: 1000, before: cut.before })
  await run(here, box)
  assert.ok(here.rows.size > 0 && box.letters.length === 3)
  await run(here, box)
  assert.deepEqual([here.letters.length, box.letters.length], [3, 0])
})

test('an empty list does not make a server that keeps letters forget them', async () => {
  const here = house()
  const box = fakeMaildrop({ letters: three() })
  const account = { ...work, keep: true }
  await run(here, box, account)
  const away = box.letters.splice(0)
  await run(here, box, account)
  box.letters.push(...away)
  await run(here, box, account)
  assert.equal(here.letters.length, 3)
})

test("progress grows to the whole, and the log has sendmail's line for each letter", async () => {
  const here = house()
  await run(here, fakeMaildrop({ letters: three() }))
  assert.deepEqual(here.told.at(-1)?.letters, { done: 3, total: 3 })
  assert.equal(here.told.at(-1)?.octets.done, here.told.at(-1)?.octets.total)
  assert.match(
    here.lines.find(({ event }) => event === 'from')?.text ?? '',
    /^1: from=bob@far\.example, size=\d+, class=0, nrcpts=1, msgid=<one@far\.example>, proto=POP3, relay=pop\.isp\.example \[192\.0\.2\.1\]$/,
  )
})

test('the instants are said in the order of the promises', async () => {
  const here = house()
  await run(here, fakeMaildrop({ letters: three().slice(0, 1) }))
  const names = ['body-begun', 'body-ended', 'collected-kept', 'dele-sent', 'quit-sent', 'quit-answered']
  assert.deepEqual(
    here.lines.map(({ event }) => event).filter((event) => names.includes(event)),
    names,
  )
})
