import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { SpoolFull } from '../../src/queue/intake.ts'
import { openCatalogue } from '../../src/queue/sqlite.ts'
import { events } from '../../src/log/events.ts'
import { deliveryId, type Store } from '../../src/queue/store.ts'
import { headOf, home, out } from './copies.ts'
import { powerDisk } from './power-disk.ts'
import { openSpool, small } from './spools.ts'

const zero = { line: 0, running: 0 }

async function keep(store: Store, letter: number, size = 3000, copies = [out]): Promise<void> {
  const writing = store.open(letter)
  await writing.write(randomBytes(size))
  await writing.keep(headOf(copies, size), [])
}

async function sizeOf(store: Store, letter: number): Promise<number> {
  let size = 0
  for await (const piece of store.content(letter)) size += piece.length
  return size
}

function go(store: Store, letter: number): void {
  store.record([{ kind: 'gone', letter }], zero)
}

describe('the log', () => {
  test('uses its segments again: after the first turns nothing more is allocated', async () => {
    const spool = await openSpool({ pool: 8 })
    const names = new Set<string>()
    for (let letter = 1; letter <= 200; letter++) {
      await keep(spool.store, letter)
      go(spool.store, letter)
      if (letter === 60) for (const name of spool.disk.list()) names.add(name)
    }
    for (const name of spool.disk.list()) assert.ok(names.has(name))
    assert.ok(names.size <= 6, `${names.size} segments`)
    spool.end()
  })

  test('gives back what a rush needed', async () => {
    const spool = await openSpool()
    for (let letter = 1; letter <= 60; letter++) await keep(spool.store, letter)
    const most = spool.disk.list().length
    for (let letter = 1; letter <= 60; letter++) go(spool.store, letter)
    for (let letter = 61; letter <= 90; letter++) {
      await keep(spool.store, letter)
      go(spool.store, letter)
    }
    assert.ok(most >= 15 && spool.disk.list().length <= 8, `${most}, then ${spool.disk.list().length}`)
    spool.end()
  })

  test('flushes once for letters that end together, and once for those that end meanwhile', async () => {
    const spool = await openSpool()
    const before = spool.store.written().flushes
    const { sync, write } = spool.disk
    let writes = 0
    spool.disk.write = (fd, pieces, position) => {
      writes++
      return write(fd, pieces, position)
    }
    await Promise.all(Array.from({ length: 10 }, (_, n) => keep(spool.store, n + 1, 300)))
    assert.equal(spool.store.written().flushes - before, 1)
    assert.equal(writes, 1, 'and hands them to the kernel in one call')
    const others: Promise<void>[] = []
    spool.disk.sync = (fd) => {
      spool.disk.sync = sync
      for (let n = 0; n < 5; n++) others.push(keep(spool.store, n + 12, 300))
      return sync(fd)
    }
    await keep(spool.store, 11, 300)
    await Promise.all(others)
    assert.equal(spool.store.written().flushes - before, 3)
    await spool.store.flush()
    assert.equal(spool.store.written().flushes - before, 3, 'nothing to flush')
    spool.end()
  })

  test('flushes once for letters that end in turns of the event loop one after another', async () => {
    const spool = await openSpool()
    const before = spool.store.written().flushes
    const kept: Promise<void>[] = []
    for (let n = 1; n <= 10; n++) {
      kept.push(keep(spool.store, n, 300))
      await spool.disk.turn()
    }
    await Promise.all(kept)
    assert.equal(spool.store.written().flushes - before, 1)
    spool.end()
  })

  test('does not let letters that stay for days hold the space of those that left', async () => {
    const spool = await openSpool()
    const stay = new Map<number, number>()
    for (let letter = 1; letter <= 300; letter++) {
      const size = letter % 60 === 0 ? 9000 : 1500
      await keep(spool.store, letter, size, [out, home])
      if (letter % 10 === 0) stay.set(letter, size)
      else go(spool.store, letter)
      const row = spool.store.row(deliveryId(letter, 1))
      if (row) spool.store.record([{ kind: 'delivery', id: row.id, state: { ...row.state, attempts: 3 } }], zero)
    }
    const next = await spool.kill()
    const live = [...stay.values()].reduce((sum, size) => sum + size, 0)
    assert.ok(next.disk.list().length * small.segment < 4 * live, `${next.disk.list().length} segments for ${live} octets`)
    assert.deepEqual(next.store.letters(0), [...stay.keys()])
    for (const [letter, size] of stay) {
      assert.equal(await sizeOf(next.store, letter), size)
      assert.deepEqual(
        next.store.rows(letter).map(({ state }) => state.attempts),
        [0, 3],
      )
    }
    next.end()
  })

  test('is not read for what the letters of a batch say that have just come', async () => {
    const spool = await openSpool({ segment: 512 * 1024 })
    await Promise.all(Array.from({ length: 50 }, (_, n) => keep(spool.store, n + 1, 300)))
    const { readNow } = spool.disk
    let reads = 0
    spool.disk.readNow = (fd, into, position) => {
      reads++
      return readNow(fd, into, position)
    }
    for (let letter = 1; letter <= 50; letter++) assert.equal(spool.store.head(letter)?.size, 300)
    assert.equal(reads, 0)
    const next = await spool.kill()
    assert.deepEqual(next.store.head(50), spool.store.head(50), 'and is as it would be read')
    next.end()
  })

  test('lets a letter be read to its end, even if it leaves meanwhile', async () => {
    const spool = await openSpool()
    await keep(spool.store, 1, 5000)
    const reading = spool.store.content(1)[Symbol.asyncIterator]()
    let size = (await reading.next()).value?.length ?? 0
    go(spool.store, 1)
    for (let letter = 2; letter <= 80; letter++) {
      await keep(spool.store, letter)
      go(spool.store, letter)
    }
    for (let piece = await reading.next(); !piece.done; piece = await reading.next()) size += piece.value.length
    assert.equal(size, 5000)
    spool.end()
  })

  test('does not take for a record what a sender wrote into his letter', async () => {
    const spool = await openSpool()
    await keep(spool.store, 1)
    const [name = ''] = spool.disk.list()
    const fd = spool.disk.open(name)
    const segment = Buffer.alloc(small.segment)
    spool.disk.readNow(fd, segment, 0)
    const forged = segment.subarray(40, 4000)
    for (let letter = 2; letter <= 40; letter++) {
      const writing = spool.store.open(letter)
      await writing.write(forged)
      if (letter % 3 > 0) await writing.keep(headOf([out], forged.length), [])
    }
    const next = await spool.powerCut()
    assert.deepEqual(
      next.store.letters(0).filter((letter) => letter % 3 === 0),
      [],
    )
    for (const letter of next.store.letters(0)) assert.equal(await sizeOf(next.store, letter), letter === 1 ? 3000 : forged.length)
    next.end()
  })

  test('says so when the disk gives back something else than was written', async () => {
    const spool = await openSpool()
    await keep(spool.store, 1)
    for (const name of spool.disk.list()) {
      const fd = spool.disk.open(name)
      spool.disk.writeNow(fd, [Buffer.alloc(100, 1)], 1500)
    }
    await assert.rejects(sizeOf(spool.store, 1), /damaged/)
    spool.end()
  })
})

describe('a full disk', () => {
  test('refuses letters while there is still room for what must be said', async () => {
    const disk = powerDisk()
    disk.limit(8 * small.segment)
    const spool = await openSpool({ reserve: 2 * small.segment }, disk)
    let letter = 0
    await assert.rejects(async () => {
      for (;;) await keep(spool.store, ++letter)
    }, SpoolFull)
    assert.ok(letter > 10)
    assert.ok(disk.room().free >= 2 * small.segment, 'the reserve is whole')
    for (let n = 0; n < 30; n++) spool.store.record([{ kind: 'fact', key: 'k', value: 'v'.repeat(100) }], zero)
    await spool.store.flush()
    for (let gone = 1; gone < letter; gone++) go(spool.store, gone)
    for (let n = 0; n < 100; n++) {
      spool.store.record([{ kind: 'fact', key: 'k', value: 'v'.repeat(100) }], zero)
      await spool.store.flush()
    }
    await keep(spool.store, letter + 1)
    assert.equal(await sizeOf(spool.store, letter + 1), 3000, 'and takes letters again when some have left')
    assert.deepEqual(spool.broken, [])
    spool.end()
  })

  test('that is found full only when blocks are asked for is the same', async () => {
    const disk = powerDisk()
    const spool = await openSpool({}, disk)
    disk.limit(0)
    let letter = 0
    await assert.rejects(async () => {
      for (;;) await keep(spool.store, ++letter)
    }, SpoolFull)
    for (let n = 0; n < 20; n++) spool.store.record([{ kind: 'fact', key: 'k', value: 'v' }], zero)
    await spool.store.flush()
    assert.deepEqual(spool.broken, [])
    spool.end()
  })

  test('refuses a letter in the midst of it, and uses its space again', async () => {
    const disk = powerDisk()
    disk.limit(4 * small.segment)
    const spool = await openSpool({}, disk)
    for (let n = 0; n < 5; n++) {
      const writing = spool.store.open(n + 1)
      await assert.rejects(async () => {
        for (;;) await writing.write(Buffer.alloc(900, n))
      }, SpoolFull)
      writing.discard()
      await assert.rejects(writing.keep(headOf([out], writing.size()), []), /closed/)
      for (let m = 0; m < 12; m++) {
        spool.store.record([{ kind: 'fact', key: 'k', value: 'x'.repeat(900) }], zero)
        await spool.store.flush()
      }
    }
    spool.end()
  })
})

describe('a disk that breaks', () => {
  test('ends all promises with the first flush that fails, even if the next would not', async () => {
    const spool = await openSpool()
    spool.disk.fail('sync', 0, new Error('EIO'))
    await assert.rejects(keep(spool.store, 1), /EIO/)
    await assert.rejects(keep(spool.store, 2), /EIO/)
    await assert.rejects(spool.store.flush(), /EIO/)
    assert.throws(() => go(spool.store, 1), /EIO/)
    assert.equal(spool.broken.length, 1)
    assert.equal(spool.lines.filter(({ event }) => event === 'spool-broken').length, 1)
    spool.end()
  })

  test('rejects every letter that shared the flush', async () => {
    const spool = await openSpool()
    spool.disk.fail('sync', 0, new Error('EIO'))
    const kept = await Promise.allSettled([1, 2, 3].map((letter) => keep(spool.store, letter)))
    assert.deepEqual(
      kept.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    )
    spool.end()
  })

  test('breaks at a write as at a flush', async () => {
    for (const operation of ['write', 'writeNow'] as const) {
      const spool = await openSpool()
      spool.disk.fail(operation, 0, new Error('EIO'))
      await assert.rejects(async () => {
        await keep(spool.store, 1)
        go(spool.store, 1)
      }, /EIO/)
      assert.equal(spool.broken.length, 1)
      spool.end()
    }
  })
})

describe('a damaged index', () => {
  const damages: readonly [string, (file: string) => void][] = [
    [
      'garbled',
      (file) =>
        writeFileSync(
          file,
          readFileSync(file).map((octet, at) => (at > 2000 && at % 7 === 0 ? octet ^ 0x55 : octet)),
        ),
    ],
    ['overwritten', (file) => writeFileSync(file, Buffer.alloc(50_000, 'x'))],
    ['cut off', (file) => truncateSync(file, 3000)],
  ]
  for (const [name, damage] of damages) {
    test(`${name}: is put aside, and no letter is lost`, async () => {
      const spool = await openSpool()
      for (let letter = 1; letter <= 60; letter++) await keep(spool.store, letter, 900, [out, home])
      const row = spool.store.row(deliveryId(50, 0))
      assert.ok(row)
      spool.store.record([{ kind: 'delivery', id: row.id, state: { ...row.state, kind: 'trying', note: 'dot' } }], zero)
      for (const letter of [10, 20, 30]) go(spool.store, letter)
      await spool.store.close()
      const next = await spool.damaged((directory) => damage(join(directory, 'queue.db')))
      const letters = [...next.store.letters(0)]
      assert.equal(letters.length, 57)
      for (const letter of letters) assert.equal(await sizeOf(next.store, letter), 900)
      assert.equal(next.store.found.rebuilt, true)
      assert.ok(next.store.found.next > 60)
      for (const letter of letters) {
        for (const { id, state } of next.store.rows(letter)) {
          if (id === row.id) assert.equal(state.kind === 'trying' && state.note, 'dot')
          else assert.equal(state.interrupted, 'index lost')
        }
      }
      assert.ok(next.lines.some(({ event, level }) => event === 'index-damaged' && level === 'error'))
      assert.ok(readdirSync(next.directory).some((file) => file.includes('.damaged-')))
      next.end()
    })
  }
})

test('a spool has one owner', async () => {
  const spool = await openSpool()
  assert.throws(() => openCatalogue({ directory: spool.directory, log: events(() => undefined) }), /in use by another dialpost/)
  spool.end()
})
