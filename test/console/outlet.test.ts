import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outlet } from '../../src/console/outlet.ts'
import { fakeClock } from '../fake/clock.ts'

function slow(rate: number | undefined, gone = new AbortController()) {
  const clock = fakeClock()
  const pieces: string[] = []
  const out = outlet(
    { size: { columns: 80, rows: 24 }, rate, write: async (text) => void pieces.push(text), hear: () => {}, gone: gone.signal },
    clock,
  )
  return { clock, pieces, out, gone, written: () => pieces.join('') }
}

test('a slow line gets no more than a quarter of a second ahead, and is never idle', async () => {
  const { clock, out, written } = slow(960)
  const text = 'abcdefgh'.repeat(600)
  out.write(text)
  for (let ms = 0; ms < 5000; ms += 50) {
    const [least, most] = [Math.min(text.length, (960 * ms) / 1000), (960 * (ms + 250)) / 1000]
    assert.ok(written().length >= least - 1 && written().length <= most, `${written().length} after ${ms} ms`)
    await clock.advance(50)
  }
  assert.equal(written(), text)
  assert.equal(clock.waiting(), 0)
})

test('what is thrown away was not under way, and no escape sequence is cut', async () => {
  const { clock, out, pieces, written } = slow(960)
  out.write('\x1b[12;34Hab\x1b7\x1b[?25l\x1b[K'.repeat(200))
  await clock.advance(500)
  for (const piece of pieces) assert.doesNotMatch(piece, /\x1b(\[[\d;?]*)?$|^[\d;?]*[HlK7]/)
  const before = written().length
  out.discard()
  await clock.advance(5000)
  assert.equal(written().length, before)
  assert.equal(out.waiting(), 0)
  out.write('next')
  await out.quiet()
  assert.match(written(), /next$/)
})

test('where no rate is known all goes at once, and in its order', async () => {
  const { out, written } = slow(undefined)
  for (let at = 0; at < 500; at++) out.write(`line ${at} →\n`)
  await out.quiet()
  assert.equal(written(), Array.from({ length: 500 }, (_, at) => `line ${at} →\n`).join(''))
})

test('what is written at the very moment at which all else is out is not forgotten', async () => {
  const { out, written } = slow(undefined)
  out.write('a')
  for (let turn = 0; turn < 20; turn++) {
    out.write('b')
    for (let at = 0; at < turn; at++) await Promise.resolve()
  }
  await out.quiet()
  assert.equal(written(), `a${'b'.repeat(20)}`)
})

test('of a terminal that has gone nobody waits, not even who writes on it', async () => {
  const { out, gone } = slow(960)
  out.write('x'.repeat(10_000))
  gone.abort()
  await out.quiet()
  out.write('more')
  await out.quiet()
  assert.equal(out.waiting(), 0)
})
