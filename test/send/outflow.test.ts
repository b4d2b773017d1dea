/** What is written, on its way to the system: in order, in blocks, no faster than there is room, and everybody is told. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Outflow, outflow } from '../../src/send/outflow.ts'

type Scene = {
  readonly out: Outflow
  /** Blocks that the system was given. */
  readonly blocks: Buffer[]
  readonly more: boolean[]
  /** The system takes the oldest block that it was given. */
  take(error?: Error): Promise<void>
  /** From now on there is room for so many octets. */
  widen(room: number): Promise<void>
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

function scene(room = 64 * 1024): Scene {
  const blocks: Buffer[] = []
  const more: boolean[] = []
  const takers: ((error?: Error | null) => void)[] = []
  let wide = room
  let widened = Promise.withResolvers<void>()
  const roomFor = async (octets: number): Promise<number> => {
    const isNarrow = (): boolean => wide < octets
    while (isNarrow()) await widened.promise
    return wide
  }
  const out = outflow({
    put(block, taken) {
      blocks.push(Buffer.from(block))
      takers.push(taken)
    },
    room: (octets) => (wide >= octets ? wide : roomFor(octets)),
    more: (follows) => void more.push(follows),
  })
  return {
    out,
    blocks,
    more,
    async take(error) {
      takers.shift()?.(error)
      await turn()
    },
    async widen(to) {
      wide = to
      widened.resolve()
      widened = Promise.withResolvers()
      await turn()
    },
  }
}

const letters = (text: string): Buffer => Buffer.from(text)

test('what one turn says is one block', async () => {
  const { out, blocks } = scene()
  void out.write(letters('MAIL\r\n'))
  void out.write(letters('RCPT\r\n'))
  await turn()
  assert.deepEqual(blocks.map(String), ['MAIL\r\nRCPT\r\n'])
})

test('what is said while a block is on its way goes behind it, together', async () => {
  const { out, blocks, take } = scene()
  void out.write(letters('one'))
  await turn()
  void out.write(letters('two'))
  void out.write(letters('three'))
  await turn()
  assert.deepEqual(blocks.map(String), ['one'])
  await take()
  assert.deepEqual(blocks.map(String), ['one', 'twothree'])
})

test('whoever wrote is told once the system has the last of it, and not before', async () => {
  const { out, take } = scene(3000)
  const told: string[] = []
  void out.write(Buffer.alloc(4000), () => told.push('long'))
  void out.write(letters('short'), () => told.push('short'))
  await turn()
  assert.deepEqual(told, [])
  await take()
  assert.deepEqual(told, [])
  await take()
  assert.deepEqual(told, ['long', 'short'])
})

test('nobody is told of what the system would not take', async () => {
  const { out, take } = scene()
  const told: string[] = []
  void out.write(letters('lost'), () => told.push('lost'))
  await turn()
  await take(new Error('EPIPE'))
  assert.deepEqual(told, [])
})

test('nothing goes before there is room, and then no more than there is', async () => {
  const { out, blocks, widen, take } = scene(0)
  void out.write(Buffer.alloc(10_000))
  await turn()
  assert.equal(blocks.length, 0)
  await widen(4000)
  assert.deepEqual(
    blocks.map(({ length }) => length),
    [4000],
  )
  await take()
  await take()
  await take()
  assert.equal(Buffer.concat(blocks).length, 10_000)
})

test('a fast line gets blocks of 16 KB', async () => {
  const { out, blocks } = scene(1_000_000)
  void out.write(Buffer.alloc(100_000))
  await turn()
  assert.equal(blocks[0]?.length, 16 * 1024)
})

describe('who writes a lot', () => {
  test('waits until most of it has gone', async () => {
    const { out, take } = scene()
    let free = false
    void out.write(Buffer.alloc(30_000)).then(() => (free = true))
    await turn()
    await take()
    assert.equal(free, false)
    await take()
    assert.equal(free, true)
  })

  test('is let go when nothing goes any more', async () => {
    const { out, blocks } = scene(0)
    const waiting = out.write(Buffer.alloc(30_000))
    out.stop()
    await waiting
    await out.write(letters('too late'))
    await turn()
    assert.equal(blocks.length, 0)
  })
})

test('the end waits for what is still to go', async () => {
  const { out, take } = scene()
  let finished = false
  void out.write(letters('QUIT\r\n'))
  out.finish(() => (finished = true))
  await turn()
  assert.equal(finished, false)
  await take()
  assert.equal(finished, true)
})

test('it says when more follows, and when nothing has for a while', async () => {
  const { out, more, take } = scene()
  void out.write(letters('one'))
  await turn()
  assert.deepEqual(more, [true])
  await take()
  while (more.length < 2) await turn()
  assert.deepEqual(more, [true, false])
})
