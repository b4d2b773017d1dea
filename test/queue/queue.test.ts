import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { events, type Line } from '../../src/log/events.ts'
import type { Copy } from '../../src/mail/message.ts'
import type { Courier, Letter, Load } from '../../src/queue/courier.ts'
import type { Draft } from '../../src/queue/intake.ts'
import { type Nudge, openQueue, type QueueOptions } from '../../src/queue/queue.ts'
import { fourHoursFiveDays } from '../../src/queue/retry.ts'
import { fakeClock, type FakeClock } from '../fake/clock.ts'
import { type FakeStore, fakeStore } from '../fake/store.ts'
import { accepted, copyTo, day, deferred, frodo, home, hour, minute, out, refused, unsure } from './copies.ts'

const never = new AbortController().signal

/** A queue on the fake store, and what it logged. */
function hall(more: Partial<QueueOptions> & { store?: FakeStore; clock?: FakeClock } = {}) {
  const clock = more.clock ?? fakeClock()
  const store = more.store ?? fakeStore()
  const lines: Line[] = []
  const log = events((line) => lines.push(line))
  const queue = openQueue({ policy: fourHoursFiveDays, log, ...more, store, clock })
  const said = (event: string): string[] => lines.filter((line) => line.event === event).map(({ text }) => text)
  const keep = async (copies: readonly Copy[], draft: Partial<Draft> = {}, content = 'Subject: x\r\n\r\nhello\r\n'): Promise<string> => {
    const intake = queue.open()
    await intake.write(Buffer.from(content))
    await intake.keep({
      from: frodo,
      copies,
      parameters: {},
      origin: { door: 'accept', client: 'herring [192.168.1.7]' },
      priority: 'normal',
      ...draft,
    })
    return intake.id
  }
  return { clock, store, queue, keep, said, lines }
}

/** Takes the next letter and settles all of it. */
async function carryOne(load: Load, outcome: typeof accepted): Promise<Letter | undefined> {
  const letter = load.next()
  if (!letter) return undefined
  await load.trying(letter.deliveries, 'note')
  for (const delivery of letter.deliveries) load.settle(delivery, outcome)
  return letter
}

async function text(content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

function ids(load: Load): string[] {
  const found: string[] = []
  for (let letter = load.next(); letter; letter = load.next()) found.push(letter.message.id)
  return found
}

describe('a letter', () => {
  test('comes in, is carried out, leaves, and is remembered for a while', async () => {
    const { queue, keep, said, store } = hall()
    const id = await keep([out])
    assert.equal(id, '1')
    const load = queue.load('smarthost')
    const letter = load.next()
    assert.ok(letter)
    assert.equal(await text(letter.content()), 'Subject: x\r\n\r\nhello\r\n')
    assert.equal(await text(letter.content(12)), '\r\nhello\r\n')
    assert.equal(load.next(), undefined, 'what is in hand is not given twice')
    assert.equal(queue.load('smarthost').next(), undefined, 'nor to another load')
    await load.trying(letter.deliveries, 'note')
    for (const delivery of letter.deliveries) load.settle(delivery, accepted)
    assert.match(
      said('to')[0] ?? '',
      /^1: to=sam@far.example, delay=00:00:00, xdelay=00:00:00, .*relay=mail.isp.example, dsn=2.0.0, stat=Sent \(queued as 1\)$/,
    )
    assert.deepEqual([...queue.list()], [])
    assert.deepEqual(store.letters(0), [])
    assert.equal(queue.find(id)?.deliveries[0]?.words, 'delivered: 250 2.0.0 queued as 1')
    assert.equal(queue.counts().letters, 0)
  })

  test('with recipients here and outside goes to both couriers, each with its own', async () => {
    const { queue, keep } = hall()
    await keep([home, out, copyTo({ courier: 'smarthost' }, { recipient: { local: 'merry', domain: 'far.example' } })])
    const inside = queue.load('mailbox').next()
    const outside = queue.load('smarthost').next()
    assert.deepEqual(
      inside?.deliveries.map(({ recipient }) => recipient.local),
      ['sam'],
    )
    assert.deepEqual(
      outside?.deliveries.map(({ recipient }) => recipient.local),
      ['sam', 'merry'],
    )
    assert.equal(queue.load('program').next(), undefined)
  })

  test('without copies leaves only its ledger row', async () => {
    const { queue, keep } = hall()
    await keep([], {
      origin: { door: 'collect', account: 'work', uidl: 'u1' },
      ledger: { state: 'kept', fingerprint: 'f', served: ['sam'] },
    })
    assert.equal(queue.counts().letters, 0)
    assert.deepEqual([...queue.ledger.entries('work')], [['u1', { state: 'kept', message: '1' }]])
    assert.deepEqual(queue.ledger.served('f'), ['sam'])
  })

  test('goes out in order: urgent, normal, bulk; small first; unsure last', async () => {
    const { queue, keep, clock } = hall()
    const doubtful = await keep([out], { priority: 'urgent' })
    await carryOne(queue.load('smarthost'), unsure)
    const bulk = await keep([out], { priority: 'bulk' })
    const large = await keep([out], {}, 'x'.repeat(5000))
    const small = await keep([out])
    const urgent = await keep([out], { priority: 'urgent' }, 'x'.repeat(9000))
    const young = await keep([out])
    await clock.advance(16 * minute)
    assert.deepEqual(ids(queue.load('smarthost')), [urgent, small, young, large, bulk, doubtful])
  })

  test('that comes while a load is carried joins it, before what is larger', async () => {
    const { queue, keep } = hall()
    const first = await keep([out], {}, 'x'.repeat(100))
    const large = await keep([out], {}, 'x'.repeat(9000))
    const load = queue.load('smarthost')
    assert.equal(load.next()?.message.id, first)
    const small = await keep([out])
    assert.deepEqual(ids(load), [small, large])
  })

  test('that a load may not carry is passed by', async () => {
    const { queue, keep } = hall()
    await keep([out], {}, 'x'.repeat(9000))
    const small = await keep([out])
    assert.deepEqual(ids(queue.load('smarthost', { wanted: ({ size }) => size < 1000 })), [small])
    assert.equal(ids(queue.load('smarthost')).length, 1)
  })

  test('that is put back is due at once', async () => {
    const { queue, keep } = hall()
    const id = await keep([out])
    const load = queue.load('smarthost')
    const letter = load.next()
    assert.ok(letter)
    load.putBack(letter)
    assert.deepEqual(ids(queue.load('smarthost')), [id])
  })
})

describe('a letter noted ahead of need', () => {
  test('and put back is due at once, and was never tried', async () => {
    const { queue, keep } = hall()
    const id = await keep([out])
    const load = queue.load('smarthost')
    const letter = load.next()
    assert.ok(letter)
    await load.trying(letter.deliveries, 'smtp.isp.example')
    load.putBack(letter)
    const again = queue.load('smarthost').next()
    assert.equal(again?.message.id, id)
    assert.equal(again?.deliveries[0]?.attempts, 0)
    assert.equal(again?.deliveries[0]?.interrupted, undefined)
  })
})

describe('a start', () => {
  test('after kill -9 finds everything; what was tried is interrupted, and who was settled stays so', async () => {
    const { queue, keep, store, clock } = hall()
    await keep([out])
    await keep([home])
    await keep([home])
    const load = queue.load('smarthost')
    const letter = load.next()
    await load.trying(letter?.deliveries ?? [], 'dot 1')
    await carryOne(queue.load('mailbox'), accepted)
    const again = hall({ store: store.kill(), clock })
    assert.equal(again.queue.counts().letters, 2)
    assert.equal(again.said('interrupted').length, 1)
    const row = again.queue.find('1')?.deliveries[0]
    assert.deepEqual([row?.interrupted, row?.unsure, row?.attempts], ['dot 1', true, 1])
    assert.equal(again.queue.load('smarthost').next(), undefined, 'it waits')
    assert.equal(again.queue.open().id, '4')
  })

  test('after a power cut within the second finds what was not flushed interrupted, not lost and not silently doubled', async () => {
    const { queue, keep, store, clock, said } = hall()
    await keep([home])
    await carryOne(queue.load('mailbox'), accepted)
    const early = hall({ store: store.powerCut(), clock })
    assert.equal(early.queue.find('1')?.deliveries[0]?.interrupted, 'note')
    await clock.advance(1000)
    assert.equal(said('settle-flushed').length, 1)
    assert.equal(hall({ store: store.powerCut(), clock }).queue.counts().letters, 0)
  })

  test('after a power cut knows what the smarthost has taken, for that was flushed at once', async () => {
    const { queue, keep, store, clock } = hall()
    await keep([out])
    await carryOne(queue.load('smarthost'), accepted)
    await Promise.resolve()
    assert.equal(hall({ store: store.powerCut(), clock }).queue.counts().letters, 0)
  })

  test('still owes what was owed, and counts time spent on', async () => {
    const { queue, keep, store, clock } = hall()
    await keep([out])
    await clock.advance(hour)
    await carryOne(queue.load('smarthost'), refused)
    const again = hall({ store: store.kill(), clock: fakeClock(0) })
    await again.clock.advance(minute)
    assert.deepEqual(again.queue.counts().oldest, { line: 0, running: hour + minute })
    assert.equal(again.queue.notices()[0]?.kind, 'failure')
  })

  test('that finds a letter over and done with lets it go', async () => {
    const { queue, keep, store, clock } = hall()
    await keep([home, out])
    await carryOne(queue.load('smarthost'), refused)
    await carryOne(queue.load('mailbox'), accepted)
    store.record([{ kind: 'reported', notice: 'failure', deliveries: [65537] }], { line: 0, running: 0 })
    assert.equal(hall({ store: store.kill(), clock }).queue.counts().letters, 0)
  })
})

describe('retry', () => {
  test('waits within a call, and a new call tries everything at once', async () => {
    const { queue, keep, clock } = hall()
    const id = await keep([out])
    queue.lineUp(true)
    await carryOne(queue.load('smarthost'), deferred)
    assert.equal(queue.load('smarthost').next(), undefined)
    assert.equal(queue.nextDue('smarthost'), clock.elapsed() + 5 * minute)
    await clock.advance(2 * minute)
    queue.lineUp(false)
    assert.equal(queue.counts().couriers.smarthost.due, 1, 'a call now would carry it')
    await clock.advance(minute)
    queue.lineUp(true)
    assert.deepEqual(ids(queue.load('smarthost')), [id])
  })

  test('of a flapping line does not hammer', async () => {
    const { queue, keep, clock } = hall()
    await keep([out])
    queue.lineUp(true)
    await carryOne(queue.load('smarthost'), deferred)
    queue.lineUp(false)
    await clock.advance(3000)
    queue.lineUp(true)
    assert.equal(queue.load('smarthost').next(), undefined)
    await clock.advance(2000)
    assert.equal(ids(queue.load('smarthost')).length, 1)
  })

  test('a jump of fifty years warns, expires and retries nothing', async () => {
    const { queue, keep, clock } = hall({ clock: fakeClock(0), clockTrusted: false })
    await keep([out])
    await keep([home])
    await carryOne(queue.load('smarthost'), deferred)
    await carryOne(queue.load('mailbox'), deferred)
    clock.jump(Date.UTC(2026, 10, 22))
    queue.clockKnown(Date.UTC(2026, 10, 22))
    await clock.advance(1000)
    assert.equal(queue.counts().letters, 2)
    assert.deepEqual(queue.notices(), [])
    assert.equal(queue.load('mailbox').next(), undefined)
  })

  test('warns after four hours of line, and returns after five days of it', async () => {
    const { queue, keep, clock } = hall()
    await keep([out])
    queue.lineUp(true)
    await carryOne(queue.load('smarthost'), deferred)
    await clock.advance(3.5 * hour)
    queue.lineUp(false)
    await clock.advance(15 * hour)
    assert.deepEqual(queue.notices(), [], 'no time on line was spent')
    queue.lineUp(true)
    await clock.advance(hour)
    const [delay] = queue.notices()
    assert.equal(delay?.kind, 'delay')
    assert.ok((delay?.deliveries[0]?.spent ?? 0) >= 4 * 3600 && (delay?.deliveries[0]?.left ?? 0) > 4 * 86400)
    queue.reported({ kind: 'delay', deliveries: delay?.deliveries.map(({ id }) => id) ?? [] })
    await clock.advance(5 * day)
    const [failure] = queue.notices()
    assert.equal(failure?.kind, 'failure')
    assert.match(failure?.deliveries[0]?.outcome.reply.text ?? '', /Delivery time expired/)
  })

  test('of a mailbox is announced when it is due', async () => {
    const { queue, keep, clock } = hall()
    await keep([home])
    await carryOne(queue.load('mailbox'), deferred)
    const seen: Nudge[] = []
    queue.watch((nudge) => seen.push(nudge))
    await clock.advance(9_000)
    assert.deepEqual(seen, [])
    await clock.advance(2_000)
    assert.deepEqual(seen, [{ kind: 'due', courier: 'mailbox' }])
  })

  test('writes nothing while no mail moves', async () => {
    const { queue, keep, clock, store } = hall()
    await keep([out])
    await carryOne(queue.load('smarthost'), deferred)
    await clock.advance(minute)
    let records = 0
    const { record } = store
    Object.assign(store, { record: (...args: Parameters<typeof record>) => (records++, record(...args)) })
    await clock.advance(3 * day)
    assert.equal(records, 0)
    queue.lineUp(true)
    queue.lineUp(false)
    assert.equal(records, 0)
  })
})

describe('notices', () => {
  test('of one letter are one for all recipients, when the last that is being tried has its answer', async () => {
    const { queue, keep } = hall()
    await keep([
      copyTo(out.to, { recipient: { local: 'a', domain: 'x.example' } }),
      copyTo(out.to, { recipient: { local: 'b', domain: 'x.example' } }),
    ])
    const load = queue.load('smarthost')
    const letter = load.next()
    const [a, b] = letter?.deliveries ?? []
    assert.ok(a && b)
    await load.trying([a, b], 'note')
    load.settle(a, refused)
    assert.deepEqual(queue.notices(), [])
    load.settle(b, refused)
    const [notice, ...rest] = queue.notices()
    assert.deepEqual(rest, [])
    assert.deepEqual(
      notice?.deliveries.map(({ recipient }) => recipient.local),
      ['a', 'b'],
    )
    assert.deepEqual(notice?.from, frodo)
    assert.match(notice ? await text(notice.content()) : '', /hello/)
    assert.deepEqual(queue.notices(), [], 'and are handed out once')
  })

  test('do not wait long for the others', async () => {
    const { queue, keep, clock } = hall()
    await keep([out, home])
    const load = queue.load('mailbox')
    await load.trying(load.next()?.deliveries ?? [], 'note')
    await carryOne(queue.load('smarthost'), refused)
    assert.deepEqual(queue.notices(), [])
    const seen: Nudge[] = []
    queue.watch((nudge) => seen.push(nudge))
    await clock.advance(31_000)
    assert.ok(seen.some(({ kind }) => kind === 'notice'))
    assert.equal(queue.notices().length, 1)
  })

  test('are settled by the letter that carries them, in one commit', async () => {
    const { queue, keep, store, clock } = hall()
    await keep([out])
    await carryOne(queue.load('smarthost'), refused)
    const [notice] = queue.notices()
    await clock.advance(1000)
    const reports = { kind: 'failure' as const, deliveries: notice?.deliveries.map(({ id }) => id) ?? [] }
    store.fail('flush', 0, new Error('power'))
    await assert.rejects(keep([home], { from: null, origin: { door: 'bounce', of: '1' }, reports }))
    const cut = hall({ store: store.powerCut(), clock })
    await clock.advance(1000)
    assert.equal(cut.queue.notices().length, 1, 'neither the notice nor its report')
    await cut.keep([home], { from: null, origin: { door: 'bounce', of: '1' }, reports })
    const after = hall({ store: cut.store.powerCut(), clock })
    assert.deepEqual(
      [...after.queue.list()].map(({ message }) => message.origin.door),
      ['bounce'],
      'both',
    )
    assert.deepEqual(after.queue.notices(), [])
  })

  test('that nobody reports are asked for again', async () => {
    const { queue, keep, clock } = hall()
    await keep([out])
    await carryOne(queue.load('smarthost'), refused)
    assert.equal(queue.notices().length, 1)
    await clock.advance(minute)
    assert.equal(queue.notices().length, 0)
    await clock.advance(5 * minute)
    assert.equal(queue.notices().length, 1)
  })
})

describe('an operator', () => {
  test('parks, frees and throws away', async () => {
    const { queue, keep, said } = hall()
    const id = await keep([out])
    assert.equal(queue.hold(id), 1)
    assert.equal(queue.load('smarthost').next(), undefined)
    assert.equal(queue.find(id)?.deliveries[0]?.state, 'held')
    assert.equal(queue.release(id.toLowerCase()), 1)
    assert.deepEqual(ids(queue.load('smarthost')), [id])
    const other = await keep([home])
    assert.equal(queue.remove(other), 1)
    assert.equal(queue.find(other)?.deliveries[0]?.state, 'dropped')
    assert.deepEqual(queue.notices(), [])
    assert.equal(queue.remove('FFF'), 0)
    assert.equal(queue.remove('no id'), 0)
    assert.deepEqual(said('to'), [])
  })

  test('who parks or throws away what a courier has in hand gets his will if the attempt does not settle it', async () => {
    for (const [act, outcome, state] of [
      ['hold', deferred, 'held'],
      ['hold', accepted, 'done'],
      ['remove', deferred, 'dropped'],
      ['remove', refused, 'dropped'],
      ['remove', accepted, 'done'],
    ] as const) {
      for (const noted of [true, false]) {
        const { queue, keep } = hall()
        const id = await keep([out])
        const load = queue.load('smarthost')
        const letter = load.next()
        const [delivery] = letter?.deliveries ?? []
        assert.ok(delivery)
        if (noted) await load.trying([delivery], 'note')
        assert.equal(queue[act](id), 1)
        assert.ok(letter && (await text(letter.content())), 'the courier can still read it')
        load.settle(delivery, outcome)
        assert.equal(queue.find(id)?.deliveries[0]?.state, state, `${act} ${outcome.kind}`)
        assert.deepEqual(queue.notices(), [])
      }
    }
  })

  test('hurries a letter, a domain or everything', async () => {
    const { queue, keep, clock } = hall()
    const far = await keep([out])
    const other = await keep([copyTo(out.to, { recipient: { local: 'x', domain: 'other.example' } })])
    for (let n = 0; n < 2; n++) await carryOne(queue.load('smarthost'), unsure)
    await clock.advance(1000)
    assert.equal(queue.load('smarthost').next(), undefined)
    assert.equal(queue.makeDue({ domain: 'Other.example' }), 1)
    const load = queue.load('smarthost')
    const letter = load.next()
    assert.equal(letter?.message.id, other)
    if (letter) load.putBack(letter)
    assert.equal(queue.makeDue(far), 1)
    assert.equal(ids(queue.load('smarthost')).length, 2)
    const third = await keep([home])
    await carryOne(queue.load('mailbox'), deferred)
    await clock.advance(1000)
    queue.makeDue()
    assert.deepEqual(ids(queue.load('mailbox')), [third])
  })

  test('sees what befell a letter, with stamps mended once the clock is known', async () => {
    const clock = fakeClock(0)
    const { queue, keep, store } = hall({ clock, clockTrusted: false })
    const id = await keep([out])
    await clock.advance(1000)
    await carryOne(queue.load('smarthost'), deferred)
    queue.hold(id)
    assert.deepEqual(queue.find(id)?.message.kept, { wall: 0, known: false })
    const today = Date.UTC(2026, 10, 22)
    clock.jump(today + 1000)
    queue.clockKnown(today)
    assert.deepEqual(queue.find(id)?.message.kept, { wall: today, known: true })
    queue.release(id)
    const history = queue.find(id)?.deliveries[0]?.history
    assert.deepEqual(
      history?.map(({ at, what }) => [at.wall - today, at.known, what]),
      [
        [1000, true, 'deferred'],
        [1000, true, 'held'],
        [1000, true, 'released'],
      ],
    )
    queue.clockKnown(-86_400_000)
    const next = hall({ store: store.kill(), clock })
    assert.deepEqual(next.queue.find(id)?.message.kept, { wall: today - 86_400_000, known: true }, 'after a start too, and put right twice')
  })

  test('sees which stamps nobody can mend', async () => {
    const { store, keep } = hall({ clock: fakeClock(0), clockTrusted: false })
    await keep([out])
    const next = hall({ store: store.kill(), clock: fakeClock(5), clockTrusted: false })
    await next.keep([out])
    next.queue.clockKnown(1_000_000)
    assert.deepEqual(
      [...next.queue.list()].map(({ message }) => message.kept.known),
      [false, true],
    )
  })
})

describe('a courier', () => {
  test('that breaks leaves its letters deferred, with the cause', async () => {
    const { queue, keep, said } = hall()
    const id = await keep([home])
    await queue.carry({ name: 'mailbox', carry: async (load) => void (load.next(), await Promise.reject(new Error('no disk'))) }, never)
    assert.match(said('courier-broke')[0] ?? '', /no disk/)
    assert.equal(queue.find(id)?.deliveries[0]?.words, 'deferred: 451 4.3.0 no disk')
  })

  test('that forgets a letter it was trying leaves it interrupted; one it only took, as it was', async () => {
    const { queue, keep } = hall()
    const tried = await keep([home])
    const took = await keep([home])
    await queue.carry(
      {
        name: 'mailbox',
        async carry(load) {
          await load.trying(load.next()?.deliveries ?? [], 'length 7')
          load.next()
        },
      },
      never,
    )
    assert.equal(queue.find(tried)?.deliveries[0]?.interrupted, 'length 7')
    assert.equal(queue.find(took)?.deliveries[0]?.attempts, 0)
    assert.equal(ids(queue.load('mailbox')).length, 2)
  })

  test('serves whatever comes, until it is told to stop', async () => {
    const { queue, keep, clock } = hall()
    const stop = new AbortController()
    const carried: string[] = []
    const courier: Courier = {
      name: 'mailbox',
      async carry(load) {
        for (let letter = load.next(); letter; letter = load.next()) {
          carried.push(letter.message.id)
          for (const delivery of letter.deliveries) load.settle(delivery, carried.length === 1 ? deferred : accepted)
        }
      },
    }
    const serving = queue.serve(courier, stop.signal)
    await keep([home])
    await clock.advance(0)
    assert.deepEqual(carried, ['1'])
    await clock.advance(11_000)
    assert.deepEqual(carried, ['1', '1'])
    await keep([home])
    await clock.advance(0)
    assert.deepEqual(carried, ['1', '1', '2'])
    stop.abort()
    await serving
  })
})

describe('the ledger', () => {
  test('row and letter come together, and marks are on the disk when they resolve', async () => {
    const { queue, keep, store, clock, said } = hall()
    await keep([home], {
      origin: { door: 'collect', account: 'work', uidl: 'u1' },
      ledger: { state: 'kept', fingerprint: 'f1', served: ['sam', 'eddy'] },
    })
    await queue.ledger.mark('work', ['u1', 'u2'], 'removed')
    queue.ledger.forget('work', ['u2'])
    assert.deepEqual([...queue.ledger.entries('work')], [['u1', { state: 'removed', message: '1' }]])
    const cut = hall({ store: store.powerCut(), clock }).queue
    assert.equal(cut.ledger.entries('work').get('u1')?.state, 'removed')
    assert.deepEqual(cut.ledger.served('f1'), ['sam', 'eddy'])
    assert.equal(said('ledger-marked').length, 1)
  })
})

test('small facts are remembered over a start', async () => {
  const { queue, store, clock } = hall()
  queue.remember('capa work', 'PIPELINING')
  queue.remember('capa home', 'UIDL')
  queue.remember('capa home', null)
  const again = hall({ store: store.kill(), clock }).queue
  assert.equal(again.recall('capa work'), 'PIPELINING')
  assert.equal(again.recall('capa home'), undefined)
})

test('a store that breaks breaks every promise, not some', async () => {
  const { queue, keep, store } = hall()
  await keep([out])
  const load = queue.load('smarthost')
  store.fail('flush', 0, new Error('EIO'))
  await assert.rejects(load.trying(load.next()?.deliveries ?? [], 'note'), /EIO/)
})
