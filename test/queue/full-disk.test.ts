/** The store on a disk without a free block: on one in RAM, and on an ext4 that somebody has filled. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { events, type Line } from '../../src/log/events.ts'
import { openDisk } from '../../src/queue/disk.ts'
import { SpoolFull } from '../../src/queue/intake.ts'
import { openSegments } from '../../src/queue/segments.ts'
import { openStore } from '../../src/queue/spool.ts'
import { openCatalogue } from '../../src/queue/sqlite.ts'
import type { Store } from '../../src/queue/store.ts'
import { mount, whyNoVolume } from '../bench/volume.ts'
import { fill } from '../journey/filler.ts'
import { headOf, out } from './copies.ts'
import { powerDisk } from './power-disk.ts'
import { openSpool, small } from './spools.ts'

const zero = { line: 0, running: 0 }
const megabytes = 8
const skip = whyNoVolume(megabytes) ?? false

async function keep(store: Store, letter: number): Promise<void> {
  const writing = store.open(letter)
  await writing.write(randomBytes(3000))
  await writing.keep(headOf([out], 3000), [])
}

const note = (store: Store, n: number): void => store.record([{ kind: 'fact', key: `k${n % 50}`, value: `${n} ${'v'.repeat(100)}` }], zero)

const isRefused = (cause: unknown): boolean => {
  if (cause instanceof SpoolFull) return false
  throw cause
}

const said = (lines: readonly Line[]): readonly string[] => lines.map(({ event }) => event).filter((event) => event.startsWith('spool-'))

test('while less than the reserve is free no letter is taken, spare segments or not, and that is said once', async () => {
  const disk = powerDisk()
  disk.limit(40 * small.segment)
  const spool = await openSpool({ reserve: 10 * small.segment }, disk)
  for (let letter = 1; letter <= 8; letter++) await keep(spool.store, letter)
  for (let letter = 1; letter <= 8; letter++) spool.store.record([{ kind: 'gone', letter }], zero)
  await spool.store.flush()
  disk.limit(10 * small.segment - 1)
  for (let n = 0; n < 5; n++) assert.throws(() => spool.store.open(9), SpoolFull)
  assert.deepEqual(said(spool.lines), ['spool-full'])
  disk.limit(10 * small.segment)
  await keep(spool.store, 9)
  assert.deepEqual(said(spool.lines), ['spool-full', 'spool-room'])
  assert.deepEqual(spool.broken, [])
  spool.end()
})

test('segments that wait to be used are room too', async () => {
  const disk = powerDisk()
  const spool = await openSpool({ reserve: 5 * small.segment, pool: 8 }, disk)
  for (let letter = 1; letter <= 25; letter++) await keep(spool.store, letter)
  for (let letter = 1; letter <= 25; letter++) spool.store.record([{ kind: 'gone', letter }], zero)
  // Elsewhere everything is in use.
  disk.limit(2 * small.segment)
  while (!(await keep(spool.store, 26).then(() => true, isRefused))) await disk.turn()
  assert.ok(disk.room().free >= 5 * small.segment)
  assert.deepEqual(spool.broken, [])
  spool.end()
})

test('what must be said goes on for ever in two spare segments', async () => {
  const disk = powerDisk()
  const spool = await openSpool({}, disk)
  await keep(spool.store, 1)
  disk.limit(0)
  for (let n = 0; n < 2000; n++) {
    note(spool.store, n)
    if (n % 20 === 19) await spool.store.flush()
  }
  const next = await spool.kill()
  assert.match(next.store.fact('k49') ?? '', /^1999 /)
  assert.deepEqual(next.store.letters(0), [1])
  next.end()
})

test('what the log has no room for is in the index, on the disk when the flush resolves', async () => {
  const disk = powerDisk()
  const spool = await openSpool({}, disk)
  await keep(spool.store, 1)
  disk.limit(0)
  // In one turn, so that nothing can be used again.
  for (let n = 0; n < 500; n++) note(spool.store, n)
  spool.store.record([{ kind: 'gone', letter: 1 }], zero)
  await spool.store.flush()
  assert.deepEqual(spool.broken, [])
  const next = await spool.powerCut()
  assert.match(next.store.fact('k49') ?? '', /^499 /)
  assert.deepEqual(next.store.letters(0), [])
  next.end()
})

describe('an ext4 filled to the last block', { skip }, () => {
  test('takes settlements for as long as one likes, over many starts', async (t) => {
    const { folder, live } = onVolume(t)
    let life = await live()
    for (let letter = 1; letter <= 20; letter++) await keep(life.store, letter)
    fill(join(folder, 'filler'))
    for (let round = 0; round < 4; round++) {
      for (let n = 0; n < 3000; n++) {
        note(life.store, n)
        if (n % 300 === 299) await life.store.flush()
      }
      life.store.record([{ kind: 'gone', letter: round + 1 }], zero)
      await life.store.flush()
      assert.throws(() => life.store.open(99), SpoolFull)
      await life.store.close()
      // Nobody else gets what the index needs.
      fill(join(folder, 'filler'))
      life = await live()
    }
    assert.deepEqual(life.store.letters(0, 3), [5, 6, 7])
    assert.match(life.store.fact('k49') ?? '', /^2999 /)
    rmSync(join(folder, 'filler'))
    await keep(life.store, 21)
    await life.store.close()
  })

  test('is started on even if nothing was kept in reserve; what is said is in RAM, and on the disk once there is room', async (t) => {
    const { folder, live } = onVolume(t)
    const first = await live()
    for (let letter = 1; letter <= 20; letter++) await keep(first.store, letter)
    await first.store.close()
    rmSync(join(folder, 'spool/queue.db-room'))
    const spares = sparesIn(folder)
    assert.equal(spares.length, 2)
    for (const spare of spares) rmSync(join(folder, 'spool', spare))
    fill(join(folder, 'filler'))

    const life = await live()
    assert.deepEqual(said(life.lines), ['spool-full'])
    assert.throws(() => life.store.open(99), SpoolFull)
    for (let n = 0; n < 2000; n++) note(life.store, n)
    for (let letter = 1; letter < 20; letter++) life.store.record([{ kind: 'gone', letter }], zero)
    await assert.rejects(life.store.flush(), SpoolFull)
    assert.deepEqual(life.store.letters(0), [20])
    assert.match(life.store.fact('k49') ?? '', /^1999 /)

    rmSync(join(folder, 'filler'))
    await life.store.flush()
    await life.store.close()
    const last = await live()
    assert.deepEqual(last.store.letters(0), [20])
    assert.match(last.store.fact('k49') ?? '', /^1999 /)
    await keep(last.store, 21)
    await last.store.close()
  })
})

type OnVolume = {
  readonly folder: string
  live(): Promise<{ readonly store: Store; readonly lines: readonly Line[] }>
}

function onVolume(t: TestContext): OnVolume {
  const scratch = mkdtempSync(join(tmpdir(), 'dialpost-full-'))
  const volume = mount(scratch, { name: 'data', block: 1024, options: 'noatime', megabytes })
  t.after(() => {
    volume.unmount()
    rmSync(scratch, { recursive: true })
  })
  const directory = join(volume.path, 'spool')
  return {
    folder: volume.path,
    async live() {
      const lines: Line[] = []
      const log = events((line) => lines.push(line))
      const disk = openDisk(directory)
      const catalogue = openCatalogue({ directory, log })
      const segments = openSegments({ disk, reserve: 100 * 1024, size: small.segment, pool: 4 })
      return { store: await openStore({ segments, catalogue, log, chunk: small.chunk }), lines }
    },
  }
}

/** Segments in which nothing was ever written. */
function sparesIn(folder: string): readonly string[] {
  return readdirSync(join(folder, 'spool')).filter(
    (name) => name.startsWith('log-') && readFileSync(join(folder, 'spool', name)).every((octet) => octet === 0),
  )
}
