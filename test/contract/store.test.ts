import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Copy } from '../../src/mail/message.ts'
import { type State, step } from '../../src/queue/delivery.ts'
import { fourHoursFiveDays } from '../../src/queue/retry.ts'
import { deliveryId, type Head, type Row, servedLimit, type Store, type Within } from '../../src/queue/store.ts'
import { type FakeStore, fakeStore } from '../fake/store.ts'
import { accepted, at, deferred, headOf, home, hour, minute, out, refused, unsure } from '../queue/copies.ts'
import { type Life, openDirectory, openSpool } from '../queue/spools.ts'

const zero = { line: 0, running: 0 }
const any = { running: 0, call: -1, hurried: -1 }

async function onFake(store: FakeStore = fakeStore()): Promise<Life> {
  return { store, lines: [], kill: () => onFake(store.kill()), powerCut: () => onFake(store.powerCut()), end: () => undefined }
}

async function keep(
  store: Store,
  letter: number,
  copies: readonly Copy[] = [out],
  more: Partial<Head> = {},
  content = `letter ${letter}\r\n`,
): Promise<void> {
  const writing = store.open(letter)
  await writing.write(Buffer.from(content))
  await writing.keep(headOf(copies, writing.size(), more), [])
}

async function text(store: Store, letter: number, from?: number): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of store.content(letter, from)) pieces.push(piece)
  return Buffer.concat(pieces).toString('latin1')
}

function change(store: Store, id: number, ...events: Parameters<typeof step>[1][]): void {
  for (const event of events) {
    const row = store.row(id)
    assert.ok(row)
    store.record([{ kind: 'delivery', id, state: step(row.state, event, at(10 * minute), fourHoursFiveDays).state }], zero)
  }
}

function lines(count: number): string {
  return Array.from({ length: count }, (_, n) => `line ${n} ${(n * 2654435761) % 4294967296}\r\n`).join('')
}

const stores: readonly [string, () => Promise<Life>, boolean][] = [
  ['the store in RAM', () => onFake(), true],
  ['the spool on a disk that loses power', () => openSpool(), true],
  ['the spool in a directory', () => openDirectory(), false],
]

for (const [name, open, losesPower] of stores) {
  const on = (what: string, body: (life: Life) => Promise<Life>): void => {
    test(what, async () => {
      const last = await body(await open())
      last.end()
    })
  }
  const onPower = losesPower ? on : (): void => undefined

  describe(name, () => {
    on('keeps a letter: head, rows, content from any octet on', async (life) => {
      const { store } = life
      const content = lines(700)
      await keep(store, 1, [out, home], {}, content)
      assert.deepEqual(store.head(1), headOf([out, home], content.length))
      assert.deepEqual(
        store.rows(1).map(({ id, state }) => [id, state.courier, state.kind]),
        [
          [deliveryId(1, 0), 'smarthost', 'waiting'],
          [deliveryId(1, 1), 'mailbox', 'waiting'],
        ],
      )
      for (const from of [0, 1, 1023, 1024, 1025, 5000, content.length - 1, content.length, content.length + 5]) {
        assert.equal(await text(store, 1, from), content.slice(from))
      }
      return life
    })

    on('keeps an empty letter, and one written octet by octet', async (life) => {
      await keep(life.store, 1, [out], {}, '')
      const writing = life.store.open(2)
      for (const octet of lines(80)) await writing.write(Buffer.from(octet))
      await writing.keep(headOf([out], writing.size()), [])
      assert.equal(await text(life.store, 1), '')
      assert.equal(await text(life.store, 2), lines(80))
      return life
    })

    on('keeps letters that come interleaved apart', async (life) => {
      const writings = [1, 2, 3].map((letter) => life.store.open(letter))
      for (let n = 0; n < 30; n++) await Promise.all(writings.map((writing, i) => writing.write(Buffer.from(`${i}`.repeat(300)))))
      await Promise.all(writings.map((writing) => writing.keep(headOf([out], writing.size()), [])))
      for (const i of [0, 1, 2]) assert.equal(await text(life.store, i + 1), `${i}`.repeat(9000))
      return life
    })

    on('knows nothing of a letter before it is kept, and forgets what is discarded', async (life) => {
      const writing = life.store.open(1)
      await writing.write(Buffer.from(lines(200)))
      assert.equal(life.store.head(1), undefined)
      assert.deepEqual(life.store.rows(1), [])
      writing.discard()
      await assert.rejects(writing.keep(headOf([out], 5), []))
      await keep(life.store, 2)
      const next = await life.kill()
      assert.deepEqual(next.store.letters(0), [2])
      assert.equal(next.store.found.next > 2, true)
      return next
    })

    on('after kill -9 has every letter and every change', async (life) => {
      const { store } = life
      await keep(store, 1, [out, home], {}, lines(400))
      await keep(store, 2)
      await keep(store, 3)
      change(store, deliveryId(1, 0), { kind: 'trying', note: 'n' })
      change(store, deliveryId(2, 0), { kind: 'settled', outcome: deferred })
      store.record([{ kind: 'gone', letter: 3 }], { line: 7, running: 9 })
      const rows = [...store.rows(1), ...store.rows(2)]
      const next = await life.kill()
      assert.deepEqual([...next.store.rows(1), ...next.store.rows(2)], rows)
      assert.deepEqual(next.store.letters(0), [1, 2])
      assert.equal(next.store.head(3), undefined)
      assert.deepEqual(next.store.found.spent, { line: 7, running: 9 })
      assert.equal(await text(next.store, 1), lines(400))
      return next
    })

    onPower('after a power cut has what was flushed, and what was not as it was or as it became', async (life) => {
      const { store } = life
      await keep(store, 1, [out], {}, lines(400))
      change(store, deliveryId(1, 0), { kind: 'trying', note: 'flushed' })
      await store.flush()
      change(store, deliveryId(1, 0), { kind: 'settled', outcome: deferred })
      const writing = store.open(2)
      await writing.write(Buffer.from(lines(300)))
      const next = await life.powerCut()
      assert.deepEqual(next.store.letters(0), [1])
      const state = next.store.row(deliveryId(1, 0))?.state
      assert.ok(state?.kind === 'waiting' ? state.attempts === 1 : state?.kind === 'trying' && state.note === 'flushed')
      assert.equal(await text(next.store, 1), lines(400))
      return next
    })

    on('gives out the next in rank behind another', async (life) => {
      const { store } = life
      await keep(store, 1, [out], { priority: 'bulk' })
      await keep(store, 2, [out], {}, lines(50))
      await keep(store, 3, [out, home])
      await keep(store, 4, [out], { priority: 'urgent' }, lines(90))
      const order: number[] = []
      for (let row = store.next('smarthost', undefined, any); row; row = store.next('smarthost', row.rank, any)) order.push(row.letter)
      assert.deepEqual(order, [4, 3, 2, 1])
      assert.equal(store.next('mailbox', undefined, any)?.id, deliveryId(3, 1))
      assert.equal(store.next('program', undefined, any), undefined)
      return life
    })

    on('gives only letters that there is room for', async (life) => {
      const { store } = life
      const lengths = [100, 3000, 6000, 3000, 5000]
      for (const [n, size] of lengths.entries()) {
        const more = { spent: { line: 0, running: n * minute }, ...(n === 3 ? { priority: 'urgent' as const } : {}) }
        await keep(store, n + 1, [out], more, 'x'.repeat(size))
      }
      const any = { running: 10 * minute, call: -1, hurried: -1 }
      const found = (within: Within): number[] => {
        const order: number[] = []
        const next = (after?: Row): Row | undefined => store.next('smarthost', after?.rank, any, within)
        for (let row = next(); row; row = next(row)) order.push(row.letter)
        return order
      }
      const tight = { paid: 1000, most: 4000, since: -1, alone: 10_000 }
      assert.deepEqual(found(tight), [4, 1])
      assert.deepEqual(found({ ...tight, since: minute }), [4, 1, 2])
      assert.deepEqual(found({ ...tight, most: 2000, since: minute }), [1])
      assert.deepEqual(found({ ...tight, most: -1, paid: -1, alone: 5500 }), [3])
      assert.equal(store.earliest('smarthost', any, tight), 0)
      assert.equal(store.earliest('smarthost', any, { ...tight, most: -1 }), undefined)
      assert.equal(store.waitsSince('smarthost', 0), minute)
      assert.equal(store.waitsSince('smarthost', 4 * minute), undefined)
      return life
    })

    on('knows what is due, and when the next will be', async (life) => {
      const { store } = life
      await keep(store, 1)
      await keep(store, 2)
      change(store, deliveryId(1, 0), { kind: 'settled', outcome: deferred })
      change(store, deliveryId(2, 0), { kind: 'settled', outcome: unsure })
      const due = (running: number, call = -1, hurried = -1) => ({ running, call, hurried })
      const found = (when: ReturnType<typeof due>) => store.next('smarthost', undefined, when)?.letter
      assert.equal(store.earliest('smarthost', due(0)), 15 * minute)
      assert.equal(found(due(15 * minute - 1)), undefined)
      assert.equal(found(due(15 * minute)), 1)
      assert.equal(found(due(12 * minute, 12 * minute)), 1, 'a new call')
      assert.equal(found(due(10 * minute + 3000, 10 * minute + 3000)), undefined, 'a flapping line')
      assert.equal(store.earliest('smarthost', due(12 * minute, 12 * minute)), 10 * minute + 5000)
      assert.equal(store.earliest('smarthost', due(12 * minute, 12 * minute, 11 * minute)), 0)
      assert.equal(store.earliest('mailbox', due(0)), undefined)
      change(store, deliveryId(1, 0), { kind: 'hold' })
      assert.equal(found(due(24 * minute, 24 * minute)), undefined, 'what is unsure waits')
      assert.equal(found(due(25 * minute)), 2)
      assert.equal(found(due(12 * minute, -1, 11 * minute)), 2, 'unless somebody insists')
      return life
    })

    on('finds what has aged, page by page', async (life) => {
      const { store } = life
      for (let n = 1; n <= 130; n++) await keep(store, n, [out], { spent: { line: n, running: 1000 * n } })
      const limits = (late: number, expired: number) => ({
        courier: 'smarthost' as const,
        late: { line: late, running: -1 },
        expired: { line: -1, running: expired },
      })
      assert.equal(store.aged(limits(-1, -1), 0).length, 0)
      assert.deepEqual(
        store.aged(limits(3, 1000), 0).map(({ letter }) => letter),
        [1, 2, 3],
      )
      const first = store.aged(limits(200, -1), 0)
      assert.equal(first.length, 100)
      assert.equal(store.aged(limits(200, -1), first.at(-1)?.id ?? 0).length, 30)
      const row = store.row(deliveryId(2, 0))
      assert.ok(row)
      store.record([{ kind: 'delivery', id: row.id, state: { ...row.state, warned: true } as State }], zero)
      assert.deepEqual(
        store.aged(limits(3, 1000), 0).map(({ letter }) => letter),
        [1, 3],
      )
      assert.equal(store.letters(0).length, 100)
      assert.deepEqual(store.letters(128), [129, 130])
      assert.deepEqual(store.letters(0, 1), [1])
      return life
    })

    on('tells which letters are not over, and what a start must look at', async (life) => {
      const { store } = life
      await keep(store, 1, [out, home])
      await keep(store, 2)
      assert.equal(store.lasts(1), true)
      change(store, deliveryId(1, 0), { kind: 'settled', outcome: accepted })
      assert.equal(store.lasts(1), true)
      assert.equal(store.lasts(1, deliveryId(1, 1)), false)
      change(store, deliveryId(1, 1), { kind: 'settled', outcome: refused })
      assert.equal(store.lasts(1), true, 'a notice is owed')
      assert.deepEqual(
        store.unfinished(0).map(({ id }) => id),
        [deliveryId(1, 0), deliveryId(1, 1)],
      )
      store.record([{ kind: 'reported', notice: 'failure', deliveries: [deliveryId(1, 1)] }], zero)
      assert.equal(store.lasts(1), false)
      assert.deepEqual(store.row(deliveryId(1, 1))?.state.owes, [])
      store.record([{ kind: 'gone', letter: 1 }], zero)
      assert.deepEqual(store.unfinished(0), [])
      assert.equal(store.head(1), undefined)
      return life
    })

    on('counts', async (life) => {
      const { store } = life
      assert.deepEqual([store.counts(() => any).letters, store.counts(() => any).oldest], [0, undefined])
      await keep(store, 1, [out, home], { spent: { line: 5, running: 9 } }, 'x'.repeat(10))
      await keep(store, 2, [out], { spent: { line: 6, running: 8 } }, 'x'.repeat(100))
      await keep(store, 3, [out], { spent: { line: 7, running: 10 } }, 'x'.repeat(1000))
      change(store, deliveryId(1, 0), { kind: 'settled', outcome: deferred })
      change(store, deliveryId(2, 0), { kind: 'hold' })
      change(store, deliveryId(1, 1), { kind: 'trying', note: '' })
      const { letters, octets, oldest, couriers } = store.counts(() => any)
      assert.deepEqual([letters, octets, oldest], [3, 1110, { line: 5, running: 8 }])
      assert.deepEqual(couriers.smarthost, { waiting: 2, due: 1, trying: 0, held: 1 })
      assert.deepEqual(couriers.mailbox, { waiting: 0, due: 0, trying: 1, held: 0 })
      assert.deepEqual(couriers.file, { waiting: 0, due: 0, trying: 0, held: 0 })
      return life
    })

    on('the backlog: what goes out, since when, and whether something of it is urgent', async (life) => {
      const { store } = life
      assert.deepEqual(store.backlog('smarthost'), { letters: 0, octets: 0, bulk: 0 })
      await keep(store, 1, [out, home], { spent: { line: 5, running: 9 }, priority: 'bulk' }, 'x'.repeat(10))
      await keep(store, 2, [out, out], { spent: { line: 6, running: 8 }, priority: 'urgent' }, 'x'.repeat(100))
      await keep(store, 3, [out], { spent: { line: 7, running: 7 } }, 'x'.repeat(1000))
      change(store, deliveryId(3, 0), { kind: 'hold' })
      assert.deepEqual(store.backlog('smarthost'), { letters: 2, octets: 110, bulk: 1, since: 8, urgent: 2 })
      for (const copy of [0, 1]) change(store, deliveryId(2, copy), { kind: 'settled', outcome: deferred })
      const { urgent, since } = store.backlog('smarthost')
      assert.equal(urgent, undefined)
      assert.equal(since, 9)
      return life
    })

    on('commits a letter with its ledger row, its fingerprint and what it reports', async (life) => {
      const { store } = life
      await keep(store, 1)
      change(store, deliveryId(1, 0), { kind: 'settled', outcome: refused })
      const writing = store.open(2)
      await writing.write(Buffer.from('x'))
      await writing.keep(headOf([home], 1), [
        { kind: 'ledger', account: 'work', uidls: ['u1'], state: 'kept', message: '2' },
        { kind: 'served', fingerprint: 'f', who: ['sam'] },
        { kind: 'reported', notice: 'failure', deliveries: [deliveryId(1, 0)] },
      ])
      const check = (store: Store): void => {
        assert.deepEqual([...store.ledger('work')], [['u1', { state: 'kept', message: '2' }]])
        assert.deepEqual(store.served('f'), ['sam'])
        assert.deepEqual(store.row(deliveryId(1, 0))?.state.owes, [])
      }
      check(store)
      const next = await life.powerCut()
      check(next.store)
      return next
    })

    on('keeps the ledger by account, the message through marks, and forgets', async (life) => {
      const { store } = life
      store.record([{ kind: 'ledger', account: 'a', uidls: ['1', '2'], state: 'kept', message: '7' }], zero)
      store.record([{ kind: 'ledger', account: 'b', uidls: ['1'], state: 'noted' }], zero)
      store.record([{ kind: 'ledger', account: 'a', uidls: ['2', '3'], state: 'removed' }], zero)
      store.record([{ kind: 'forget', account: 'a', uidls: ['1', 'no such'] }], zero)
      const next = await life.kill()
      assert.deepEqual(
        [...next.store.ledger('a')],
        [
          ['2', { state: 'removed', message: '7' }],
          ['3', { state: 'removed' }],
        ],
      )
      assert.deepEqual([...next.store.ledger('b')], [['1', { state: 'noted' }]])
      assert.equal(next.store.ledger('c').size, 0)
      return next
    })

    on('remembers a bounded number of fingerprints, and facts until they are forgotten', async (life) => {
      const { store } = life
      const served = Array.from({ length: servedLimit + 10 }, (_, n) => ({ kind: 'served', fingerprint: `f${n}`, who: [`u${n}`] }) as const)
      for (let n = 0; n < served.length; n += 50) store.record(served.slice(n, n + 50), zero)
      assert.deepEqual(store.served('f0'), [])
      assert.deepEqual(store.served(`f${servedLimit + 9}`), [`u${servedLimit + 9}`])
      store.record(
        [
          { kind: 'fact', key: 'note:a', value: '1' },
          { kind: 'fact', key: 'note:b', value: '2' },
          { kind: 'fact', key: 'other', value: '3' },
        ],
        zero,
      )
      store.record([{ kind: 'fact', key: 'note:a', value: null }], zero)
      assert.equal(store.fact('note:a'), undefined)
      assert.deepEqual([...store.facts('note:')], [['note:b', '2']])
      return life
    })

    on('never gives out a letter number twice', async (life) => {
      await keep(life.store, 40)
      life.store.record([{ kind: 'gone', letter: 40 }], zero)
      life.store.open(50).discard()
      const first = await life.kill()
      assert.ok(first.store.found.next > 50)
      await keep(first.store, first.store.found.next)
      const given = first.store.found.next
      await first.store.close()
      const second = await first.kill()
      assert.ok(second.store.found.next > given)
      return second
    })

    on('ends cleanly and is as it was', async (life) => {
      for (let n = 1; n <= 20; n++) await keep(life.store, n, [out], { spent: { line: 0, running: n } }, lines(n * 20))
      life.store.record([{ kind: 'gone', letter: 7 }], { line: 0, running: 2 * hour })
      await life.store.close()
      const next = await life.kill()
      assert.equal(next.store.letters(0).length, 19)
      assert.deepEqual(next.store.found.spent, { line: 0, running: 2 * hour })
      for (const letter of next.store.letters(0)) assert.equal(await text(next.store, letter), lines(letter * 20))
      return next
    })
  })
}
