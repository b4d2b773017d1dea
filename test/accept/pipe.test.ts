import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pipe } from '../../src/accept/pipe.ts'

test('what is put comes out, in order, to the end', async () => {
  const passage = pipe()
  const read = all(passage.content)
  await passage.put(Buffer.from('one '))
  await passage.put(Buffer.from('two'))
  passage.end()
  assert.equal(await read, 'one two')
  assert.ok(passage.released())
})

test('put waits until the piece is dealt with, and no second one is held', async () => {
  const passage = pipe()
  const reader = passage.content[Symbol.asyncIterator]()
  let taken = false
  const put = passage.put(Buffer.from('12345')).then(() => {
    taken = true
  })
  await reader.next()
  await turn()
  assert.equal(taken, false)
  assert.equal(passage.buffered(), 5)
  const next = reader.next()
  await put
  assert.equal(passage.buffered(), 0)
  passage.end()
  assert.equal((await next).done, true)
})

test('a reader who stops frees who puts, then and later', async () => {
  const passage = pipe()
  const read = (async () => {
    for await (const _ of passage.content) break
  })()
  await passage.put(Buffer.from('one'))
  await read
  assert.ok(passage.released())
  await passage.put(Buffer.from('two'))
  assert.equal(passage.buffered(), 0)
})

test('a failure reaches the reader, waiting or reading, and frees who puts', async () => {
  const waiting = pipe()
  const read = all(waiting.content)
  await turn()
  waiting.fail(new Error('gone'))
  await assert.rejects(read, /gone/)
  const reading = pipe()
  const put = reading.put(Buffer.from('x'))
  reading.fail(new Error('gone'))
  await put
  await assert.rejects(all(reading.content), /gone/)
})

async function all(content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

function turn(): Promise<void> {
  return new Promise((done) => setImmediate(done))
}
