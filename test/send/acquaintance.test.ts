import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acquaintance } from '../../src/send/acquaintance.ts'
import type { Reply } from '../../src/mail/reply.ts'

function notebook() {
  const notes = new Map<string, string>()
  return {
    notes,
    recall: (name: string) => notes.get(name),
    remember: (name: string, value: string | undefined) => void (value === undefined ? notes.delete(name) : notes.set(name, value)),
  }
}

const answer = (code: number): Reply => ({ code, text: 'No' })

test('nobody is hurried at first sight, and only a server that let us in by PLAIN later', () => {
  const book = notebook()
  const server = acquaintance('eddy@one:25 off', book)
  assert.equal(server.hurry(), undefined)
  server.letIn('CRAM-MD5')
  assert.equal(server.hurry(), undefined)
  server.letIn('PLAIN')
  assert.equal(server.hurry(), 'PLAIN')
  assert.equal(acquaintance('eddy@one:25 off', book).hurry(), 'PLAIN')
  assert.equal(acquaintance('frodo@one:25 off', book).hurry(), undefined)
})

test('a server that hears nothing of what comes with the login is not hurried again', () => {
  const server = acquaintance('x', notebook())
  server.letIn('PLAIN')
  server.deaf()
  server.letIn('PLAIN')
  assert.equal(server.hurry(), undefined)
})

const refusals: readonly [string, number, boolean, string | undefined][] = [
  ['a wrong password is nobody’s hurry, and what was known is in doubt', 535, false, undefined],
  ['nor is what is temporary', 454, false, undefined],
  ['a server that is out of step is never hurried again', 503, true, 'alone'],
  ['nor one that asks', 334, true, 'alone'],
  ['nor one that finds fault with the command', 501, true, 'alone'],
]
for (const [name, code, again, note] of refusals)
  test(name, () => {
    const book = notebook()
    const server = acquaintance('x', book)
    server.letIn('PLAIN')
    assert.equal(server.refused(answer(code)), again)
    assert.equal(book.notes.get('smtp x'), note)
    server.letIn('PLAIN')
    assert.equal(server.hurry(), note === 'alone' ? undefined : 'PLAIN')
  })
