import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headerLimit } from '../../src/mail/header.ts'
import { openContent } from '../../src/send/content.ts'
import { fakeLetter } from '../fake/load.ts'

const shout = (header: Uint8Array): Uint8Array =>
  Buffer.from(`X: added\r\n${Buffer.from(header).toString('latin1').toUpperCase()}`, 'latin1')

async function sent(content: string, piece: number) {
  const opened = await openContent(fakeLetter({ id: '1', to: ['a@a.example'], content: Buffer.from(content, 'latin1'), piece }), shout)
  const pieces: Uint8Array[] = []
  for await (const octets of opened.octets()) pieces.push(octets)
  const text = Buffer.concat(pieces).toString('latin1')
  assert.equal(opened.size, text.length)
  return { text, eightBitHeader: opened.eightBitHeader, eightBit: opened.eightBit }
}

for (const piece of [1, 7, 1000]) {
  test(`the header is rewritten and the body is not, in pieces of ${piece}`, async () => {
    assert.equal((await sent('a: b\r\n\r\nbody\r\n', piece)).text, 'X: added\r\nA: B\r\n\r\nbody\r\n')
  })
  test(`a letter that is all header, in pieces of ${piece}`, async () => {
    assert.equal((await sent('a: b\r\n', piece)).text, 'X: added\r\nA: B\r\n')
  })
  test(`a letter without a header, in pieces of ${piece}`, async () => {
    assert.equal((await sent('\r\nbody\r\n', piece)).text, 'X: added\r\n\r\nbody\r\n')
  })
}

test('octets beyond ASCII are seen, in the header and anywhere', async () => {
  const seen = async (content: string, piece: number): Promise<readonly boolean[]> => {
    const { eightBitHeader, eightBit } = await sent(content, piece)
    return [eightBitHeader, eightBit]
  }
  assert.deepEqual(await seen('a: gr\xfcn\r\n\r\n', 99), [true, true])
  assert.deepEqual(await seen('a: b\r\n\r\ngr\xfcn\r\n', 99), [false, true])
  assert.deepEqual(await seen('a: b\r\n\r\ngreen\r\n', 99), [false, false])
})

test('a letter that was not read to its end may hold any octets', async () => {
  assert.equal((await sent('a: b\r\n\r\ngreen\r\n', 12)).eightBit, true)
})

test('a header without end is left as it is', async () => {
  const content = 'a: b\r\n'.repeat(headerLimit / 6 + 100)
  assert.equal((await sent(content, 65_536)).text, content)
})
