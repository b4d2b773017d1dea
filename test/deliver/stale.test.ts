/** When a lock file counts as dead, on a box whose clock may be set by fifty years at any moment. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { staleAfter, watching } from '../../src/deliver/stale.ts'

const minute = 60_000
const in1970 = 3 * minute
const in2026 = Date.UTC(2026, 10, 22)

test('a lock touched long ago by the file system’s clock is dead at first sight', () => {
  const watch = watching(in2026)
  assert.equal(watch.untouched('eddy', { inode: 1, touched: in2026 - 6 * minute }, in2026 + 1000, 1000), 6 * minute + 1000)
})

test('a lock touched a minute ago lives', () => {
  const watch = watching(in2026)
  assert.ok(watch.untouched('eddy', { inode: 1, touched: in2026 }, in2026 + minute, minute) < staleAfter)
})

test('a lock of 1970 does not die because the box learns the time', () => {
  const watch = watching(in1970)
  const seen = { inode: 1, touched: in1970 }
  assert.ok(watch.untouched('eddy', seen, in1970 + 1000, 1000) < staleAfter)
  assert.ok(watch.untouched('eddy', seen, in2026, 2000) < staleAfter)
  assert.ok(watch.untouched('eddy', seen, in2026 + 4 * minute, 2000 + 4 * minute) < staleAfter)
})

test('but it dies when nobody has touched it for five minutes of our own', () => {
  const watch = watching(in1970)
  const seen = { inode: 1, touched: in1970 }
  watch.untouched('eddy', seen, in2026, 0)
  assert.ok(watch.untouched('eddy', seen, in2026 + staleAfter, staleAfter) >= staleAfter)
})

test('a lock with a time in the future dies the same way', () => {
  const watch = watching(in1970)
  const seen = { inode: 1, touched: in2026 }
  assert.equal(watch.untouched('eddy', seen, in1970, 0), 0)
  assert.equal(watch.untouched('eddy', seen, in1970 + staleAfter, staleAfter), staleAfter)
})

test('a lock that is touched, or taken by another, begins anew', () => {
  const watch = watching(in1970)
  watch.untouched('eddy', { inode: 1, touched: in2026 }, in1970, 0)
  assert.equal(watch.untouched('eddy', { inode: 1, touched: in2026 + minute }, in1970 + staleAfter, staleAfter), 0)
  assert.equal(watch.untouched('eddy', { inode: 2, touched: in2026 + minute }, in1970 + 2 * staleAfter, 2 * staleAfter), 0)
})

test('a file server whose clock is not ours is trusted once it has gone as fast as ours for a while', () => {
  const watch = watching(in2026)
  const seen = { inode: 1, touched: in2026 - 20 * minute }
  assert.ok(watch.untouched('eddy', seen, in2026 - 10 * minute, 0) < staleAfter)
  assert.ok(watch.untouched('keith', { inode: 2, touched: in2026 - 20 * minute }, in2026 - 4 * minute, 6 * minute) >= staleAfter)
})
