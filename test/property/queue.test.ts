/** The table of promises in src/queue/store.ts, played at random: letters, settlements and cuts, on a disk that loses what was not flushed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import type { State } from '../../src/queue/delivery.ts'
import { type Change, deliveryId, type Store } from '../../src/queue/store.ts'
import { headOf, home, out } from '../queue/copies.ts'
import { openSpool, type Spool, type SpoolSettings } from '../queue/spools.ts'
import { type Promises, promises } from './promises.ts'

const accounts = ['work', 'home']

/** mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

type World = {
  spool: Spool
  readonly said: Promises
  readonly random: () => number
  letters: Set<number>
  next: number
  spent: number
  loose: Promise<unknown>[]
}

const letterKey = (letter: number): string => `letter ${letter}`
const rowKey = (id: number): string => `row ${id}`
const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

function octets(random: () => number, length: number): Buffer {
  const packs = random() < 0.5
  return Buffer.from(Array.from({ length }, () => (packs ? 97 + Math.floor(random() * 4) : Math.floor(random() * 256))))
}

/** A few operations; some are waited for, some are still under way when the next begins, or when the power goes. */
async function act(world: World): Promise<void> {
  const { random } = world
  const luck = random()
  if (luck < 0.35) return maybeWait(world, keep(world))
  if (luck < 0.42) return maybeWait(world, abandon(world))
  if (luck < 0.62) return change(world)
  if (luck < 0.74) return go(world)
  if (luck < 0.82) return mark(world)
  if (luck < 0.94) return maybeWait(world, flush(world))
  for (let n = 0; n < random() * 5; n++) await turn()
}

async function maybeWait(world: World, work: Promise<void>): Promise<void> {
  if (world.random() < 0.6) return work
  world.loose.push(work.catch(() => undefined))
}

async function keep({ spool, said, random, ...world }: World & { letters: Set<number> }): Promise<void> {
  const letter = spool.store.found.next + counterOf(spool)
  const writing = spool.store.open(letter)
  const content = octets(random, Math.floor(random() ** 3 * 7000))
  for (let at = 0; at < content.length; at += 700) await writing.write(content.subarray(at, at + 700))
  const head = headOf(random() < 0.5 ? [out] : [out, home], content.length)
  const uidl = `u${letter}`
  const keys = [
    said.say(letterKey(letter), crc32(content), false),
    said.say(`ledger work ${uidl}`, { state: 'kept', message: String(letter) }, false),
    ...head.copies.map((_, n) => said.say(rowKey(deliveryId(letter, n)), 0, false)),
  ]
  const flushed = said.flushing()
  await writing.keep(head, [{ kind: 'ledger', account: 'work', uidls: [uidl], state: 'kept', message: String(letter) }])
  for (const sure of keys) sure()
  flushed()
  world.letters.add(letter)
}

const counters = new WeakMap<Spool, number>()
function counterOf(spool: Spool): number {
  const count = counters.get(spool) ?? 0
  counters.set(spool, count + 1)
  return count
}

async function abandon({ spool, random }: World): Promise<void> {
  const writing = spool.store.open(spool.store.found.next + counterOf(spool))
  for (let n = 0; n < random() * 5; n++) await writing.write(octets(random, 900))
  if (random() < 0.7) writing.discard()
}

function pick(world: World): number | undefined {
  const letters = [...world.letters]
  return letters[Math.floor(world.random() * letters.length)]
}

function record(world: World, changes: readonly Change[]): void {
  world.spool.store.record(changes, { line: 0, running: ++world.spent })
}

/** A row's state is told apart by its attempts. */
function change(world: World): void {
  const letter = pick(world)
  const rows = letter === undefined ? [] : world.spool.store.rows(letter)
  const row = rows[Math.floor(world.random() * rows.length)]
  if (!row) return
  const state: State = { ...row.state, attempts: row.state.attempts + 1 }
  world.said.say(rowKey(row.id), state.attempts)
  record(world, [{ kind: 'delivery', id: row.id, state }])
}

function go(world: World): void {
  const letter = pick(world)
  if (letter === undefined) return
  world.letters.delete(letter)
  world.said.say(letterKey(letter), undefined)
  for (const { id } of world.spool.store.rows(letter)) world.said.say(rowKey(id), undefined)
  record(world, [{ kind: 'gone', letter }])
}

function mark(world: World): void {
  const account = accounts[Math.floor(world.random() * 2)] ?? ''
  const uidl = `m${Math.floor(world.random() * 5)}`
  const state = (['kept', 'noted', 'removed'] as const)[Math.floor(world.random() * 3)] ?? 'kept'
  const forget = world.random() < 0.3
  world.said.say(`ledger ${account} ${uidl}`, forget ? undefined : { state })
  record(world, [forget ? { kind: 'forget', account, uidls: [uidl] } : { kind: 'ledger', account, uidls: [uidl], state }])
}

async function flush({ spool, said }: World): Promise<void> {
  const flushed = said.flushing()
  await spool.store.flush()
  flushed()
}

async function contentOf(store: Store, letter: number): Promise<number> {
  let sum = 0
  let size = 0
  for await (const piece of store.content(letter)) {
    sum = crc32(piece, sum)
    size += piece.length
  }
  assert.equal(size, store.head(letter)?.size, `letter ${letter} is whole`)
  return sum
}

async function check(world: World, how: 'kill' | 'cut' | 'adopt'): Promise<void> {
  const { store } = world.spool
  const found = new Map<string, unknown>()
  world.letters = new Set()
  for (let after = 0, page = store.letters(0); page.length > 0; page = store.letters(after)) {
    for (const letter of page) {
      after = letter
      world.letters.add(letter)
      assert.ok(letter < store.found.next)
      found.set(letterKey(letter), await contentOf(store, letter))
      assert.equal(store.rows(letter).length, store.head(letter)?.copies.length)
      for (const { id, state } of store.rows(letter)) found.set(rowKey(id), state.attempts)
    }
  }
  for (const account of accounts) for (const [uidl, entry] of store.ledger(account)) found.set(`ledger ${account} ${uidl}`, entry)
  for (const key of new Set([...world.said.keys(), ...found.keys()])) world.said.check(key, found.get(key), how)
}

async function play(seed: number, settings: SpoolSettings): Promise<number> {
  const random = randomOf(seed)
  const spool = await openSpool({ ...settings, random })
  const world: World = { spool, said: promises(), random, letters: new Set(), next: 1, spent: 0, loose: [] }
  let checked = 0
  try {
    for (let life = 0; life < 4; life++) {
      for (let n = 0; n < 10 + random() * 60; n++) await act(world)
      const how = random() < 0.35 ? 'kill' : 'cut'
      world.said.cut()
      world.spool = await (how === 'kill' ? world.spool.kill() : world.spool.powerCut())
      await Promise.all(world.loose.splice(0))
      await check(world, how)
      checked += world.letters.size
    }
  } finally {
    world.spool.end()
  }
  return checked
}

/** SEED and SEEDS: the first and the last game, to look for longer than a test may. */
const [first, last] = [Number(process.env['SEED'] ?? 1), Number(process.env['SEEDS'] ?? 60)]

test('no cut of the power and no kill breaks a promise', async () => {
  let checked = 0
  for (let seed = first; seed <= last; seed++) {
    try {
      checked += await play(seed, { pool: seed % 6 })
    } catch (cause) {
      throw new Error(`seed ${seed}`, { cause })
    }
  }
  assert.ok(checked > 300)
})
