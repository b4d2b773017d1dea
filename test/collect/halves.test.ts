import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { drain } from '../../src/collect/drain.ts'
import { halves, worthKeeping, type Half } from '../../src/collect/halves.ts'
import { lineEnds } from '../../src/collect/line-ends.ts'
import type { Report } from '../../src/collect/session.ts'
import { SpoolFull } from '../../src/queue/intake.ts'
import { fakeMaildrop, type FakeMaildrop } from '../fake/maildrop.ts'
import { asItCame, house, letter, mailboxes, work, type House } from './house.ts'

const never = new AbortController().signal
const piece = 1000
const big = letter('big', { size: 80_000 })

const run = (here: House, box: FakeMaildrop, account = work): Promise<Report> => drain(account, here.parts(box), new Map(), never)

/** Cuts the line ahead of these pieces, counted over all sessions. */
function cutAt(...pieces: readonly number[]): (what: string) => 'lost' | undefined {
  let passed = 0
  return (what) => (what.startsWith('piece') && pieces.includes(++passed) ? 'lost' : undefined)
}

const letters = (octets: Uint8Array = big) => [{ uidl: '7.1', octets }]

test('a letter that broke off goes on where it was left, and is written once', async () => {
  let written = 0
  const here = house({ before: (what) => void (written += what === 'write' ? 1 : 0) })
  const box = fakeMaildrop({ letters: letters(), piece, resumes: true, before: cutAt(31, 61) })
  for (const outcome of ['failed', 'failed', 'done']) assert.equal((await run(here, box)).outcome, outcome)
  assert.deepEqual(here.letters.map(asItCame), [big])
  assert.deepEqual(box.letters, [])
  assert.deepEqual(
    box.asked.filter((what) => what.startsWith('retrieve')),
    ['retrieve 1', 'retrieve 1 from 30000', 'retrieve 1 from 59000'],
  )
  assert.ok(written < big.length / piece + 5, `${written} writes`)
  assert.match(here.lines.map(({ text }) => text).join('\n'), /work: 7\.1 broke off after 30000 octets; the next call goes on from there/)
})

test('a server that cannot leave out the beginning gives all of it again', async () => {
  const here = house()
  const box = fakeMaildrop({ letters: letters(), piece, before: cutAt(31) })
  await run(here, box)
  assert.equal(here.open(), 0)
  await run(here, box)
  assert.deepEqual(here.letters.map(asItCame), [big])
})

test('a few octets are not worth keeping, nor is a header', async () => {
  const here = house()
  const box = fakeMaildrop({ letters: letters(), piece, resumes: true, before: cutAt(Math.floor(worthKeeping / piece)) })
  await run(here, box)
  assert.equal(here.open(), 0)
  await run(here, box)
  assert.deepEqual(here.letters.map(asItCame), [big])
})

test('a line that drops again before anything came loses nothing of what had', async () => {
  const here = house()
  const box = fakeMaildrop({ letters: letters(), piece, resumes: true, before: cutAt(31, 32) })
  for (let session = 0; session < 3; session++) await run(here, box)
  assert.deepEqual(box.asked.filter((what) => what.startsWith('retrieve')).slice(1), ['retrieve 1 from 30000', 'retrieve 1 from 30000'])
  assert.deepEqual(here.letters.map(asItCame), [big])
})

test('a line that drops ahead of the last octets costs only these', async () => {
  const here = house()
  let answered = 0
  const box = fakeMaildrop({
    letters: letters(big.subarray(0, 30_000)),
    piece,
    resumes: true,
    before: (what) => (what === 'piece 1' && ++answered === 30 ? 'lost' : undefined),
  })
  await run(here, box)
  await run(here, box)
  assert.deepEqual(here.letters.map(asItCame), [big.subarray(0, 30_000)])
})

test('a letter that is gone from the box is forgotten', async () => {
  const here = house()
  const box = fakeMaildrop({ letters: letters(), piece, resumes: true, before: cutAt(31) })
  await run(here, box)
  assert.equal(here.open(), 1)
  box.letters.splice(0, 1, { uidl: '7.2', octets: letter('another') })
  await run(here, box)
  assert.equal(here.open(), 0)
  assert.deepEqual(mailboxes(here), ['eddy: another'])
})

test('a letter of which another copy came meanwhile is not delivered twice, and what had come of it is forgotten', async () => {
  const here = house()
  const box = fakeMaildrop({ letters: letters(), piece, resumes: true, before: cutAt(31) })
  await run(here, box)
  await run(here, fakeMaildrop({ letters: [{ uidl: 'x', octets: big }] }), { ...work, name: 'home' })
  await run(here, box)
  assert.deepEqual([mailboxes(here), here.open(), box.letters], [['eddy: big'], 0, []])
})

test('when the flash runs full what had come is given up, and the letter comes whole another time', async () => {
  let full = false
  const here = house({
    before(what) {
      if (full && what === 'write') throw new SpoolFull('the spool is full')
    },
  })
  const box = fakeMaildrop({ letters: letters(), piece, resumes: true, before: cutAt(31) })
  await run(here, box)
  full = true
  assert.equal((await run(here, box)).failure?.kind, 'full')
  assert.equal(here.open(), 0)
  full = false
  await run(here, box)
  assert.deepEqual(here.letters.map(asItCame), [big])
})

test('wherever a line drops, and whatever stands there, the letter is what it would have been', async () => {
  const nasty = fc.array(fc.constantFrom('\n', '\r', '\r\n', '\r\n.\r\n', 'x'.repeat(997), '\xff', '\0'), { minLength: 60, maxLength: 90 })
  await fc.assert(
    fc.asyncProperty(nasty, fc.array(fc.nat(80), { maxLength: 4 }), fc.integer({ min: 900, max: 1100 }), async (lines, cuts, size) => {
      const octets = Buffer.concat([letter('big', { size: 20_000 }), Buffer.from(lines.join(''), 'latin1')])
      const whole = house()
      await run(whole, fakeMaildrop({ letters: letters(octets), piece: size }))
      const here = house()
      const box = fakeMaildrop({ letters: letters(octets), piece: size, resumes: true, before: cutAt(...cuts) })
      for (let session = 0; session <= cuts.length; session++) await run(here, box)
      assert.deepEqual(here.letters.map(asItCame), whole.letters.map(asItCame))
      assert.equal(here.open(), 0)
    }),
    { numRuns: 60 },
  )
})

test('more than a few are not held, and each goes to who asks for it once', () => {
  const discarded: string[] = []
  const half = (id: string): Half => ({
    intake: { id, write: async () => {}, keep: async () => {}, discard: () => discarded.push(id) },
    header: [],
    headerOctets: 2,
    ends: lineEnds(),
    came: worthKeeping,
    size: worthKeeping,
  })
  const held = halves()
  for (const id of ['a', 'b', 'c', 'd', 'e']) held.keep('work', id, half(id))
  held.keep('home', 'b', half('f'))
  assert.deepEqual(discarded, ['a', 'b'])
  assert.equal(held.take('work', 'c')?.intake.id, 'c')
  assert.equal(held.take('work', 'c'), undefined)
  held.retain('work', new Set(['d']))
  assert.deepEqual(discarded, ['a', 'b', 'e'])
  assert.equal(held.take('home', 'b')?.intake.id, 'f')
})
