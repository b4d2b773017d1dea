import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silence, stallAfter } from '../src/silence.ts'

const table: readonly (readonly [string, number, number, number])[] = [
  ['a server that answers at once has twenty seconds', 100, 200, 20_000],
  ['one that took its time has three times that, and eight round trips', 10_000, 1000, 38_000],
  ['nobody has more than five minutes', 200_000, 0, 300_000],
]
for (const [name, longest, roundTrip, limit] of table) test(name, () => assert.equal(stallAfter(longest, roundTrip, 90_000), limit))

test('the usual patience is had until five answers have come, and what is less than twenty seconds stays', () => {
  const server = silence('', 90_000)
  for (let answer = 0; answer < 5; answer++) {
    assert.equal(server.limit(), 90_000)
    server.lasted(200)
  }
  assert.equal(server.limit(), 20_000)
  assert.equal(stallAfter(0, 0, 400), 400)
})

test('a silence that matters is remembered, one that does not costs the flash nothing', () => {
  const notes = new Map<string, string>()
  let written = 0
  const kept = {
    recall: (name: string) => notes.get(name),
    remember(name: string, value: string | undefined) {
      written += 1
      if (value !== undefined) notes.set(name, value)
    },
  }
  const first = silence('pop.isp.example', 90_000, kept)
  for (const gap of [200, 300, 6000]) first.lasted(gap)
  assert.equal(written, 0)
  for (const gap of [10_000, 11_000]) first.lasted(gap)
  assert.equal(written, 1)
  assert.equal(silence('pop.isp.example', 90_000, kept).limit(), 30_000)
  assert.equal(silence('other.example', 90_000, kept).limit(), 90_000)
})
