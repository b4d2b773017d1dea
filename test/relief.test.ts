import assert from 'node:assert/strict'
import { test } from 'node:test'
import { relief } from '../src/relief.ts'
import { fakeClock } from './fake/clock.ts'

const [KB, MB] = [1024, 1024 * 1024]

/** Memory in which every octet told of becomes a buffer, garbage at once; of young ones a part has already grown old. */
function house({ aged }: { readonly aged: number }) {
  const clock = fakeClock()
  const ending = new AbortController()
  const events: string[] = []
  let [young, old] = [0, 0]
  let most = 0
  const memory = {
    buffers: () => young + old,
    collectYoung() {
      events.push('young')
      old += young * aged
      young = 0
    },
    collectAll() {
      events.push('all')
      young = 0
      old = 0
    },
    release: () => void events.push('release'),
    tidy: () => void events.push('tidy'),
  }
  const relieve = relief({ memory, clock, signal: ending.signal })
  const pass = (octets: number): void => {
    for (let left = octets; left > 0; left -= 64 * KB) {
      young += 64 * KB
      most = Math.max(most, young + old)
      relieve(64 * KB)
    }
  }
  return { clock, ending, events, relieve, pass, most: () => most }
}

test('a rush of any length keeps its garbage below a few megabytes', () => {
  for (const aged of [0, 0.3, 1]) {
    const { pass, most } = house({ aged })
    pass(200 * MB)
    assert.ok(most() <= 4 * MB, `${most()} octets, aged ${aged}`)
  }
})

test('old garbage is looked for only where young collections leave too much', () => {
  const { pass, events } = house({ aged: 0 })
  pass(20 * MB)
  assert.ok(events.includes('young'))
  assert.ok(!events.includes('all'))
})

test('small mail collects nothing', () => {
  const { pass, events } = house({ aged: 0 })
  pass(512 * KB)
  assert.deepEqual(events, [])
})

test('once nothing has passed for three seconds all is tidied, once', async () => {
  const { clock, events, relieve } = house({ aged: 0 })
  relieve(0)
  await clock.advance(2000)
  relieve(100)
  await clock.advance(2999)
  assert.deepEqual(events, [])
  await clock.advance(1)
  assert.deepEqual(events, ['tidy'])
  await clock.advance(60_000)
  assert.deepEqual(events, ['tidy'])
  relieve(100)
  await clock.advance(3000)
  assert.deepEqual(events, ['tidy', 'tidy'])
})

test('nothing is tidied in a process that ends', async () => {
  const { clock, ending, events, relieve } = house({ aged: 0 })
  relieve(0)
  ending.abort()
  await clock.advance(10_000)
  assert.deepEqual(events, [])
})
