/** Every failure of the file system means later; room that is short is 452. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outcomeOfError } from '../../src/deliver/errno.ts'

const rows: readonly [code: string, reply: string, words: RegExp][] = [
  ['EDQUOT', '452 4.2.2', /is over quota/],
  ['EFBIG', '452 4.2.2', /largest size/],
  ['ENOSPC', '452 4.3.1', /file system is full/],
  ['EROFS', '451 4.3.0', /read-only/],
  ['EACCES', '451 4.2.0', /permission denied/],
  ['ELOOP', '451 4.2.0', /symbolic link/],
  ['ESTALE', '451 4.3.0', /failed: stale/],
  ['', '451 4.3.0', /failed: stale/],
]

for (const [code, status, words] of rows) {
  test(`${code || 'an error without a code'} is deferred with ${status}`, () => {
    const outcome = outcomeOfError('/var/mail/eddy', Object.assign(new Error('stale'), code === '' ? {} : { code }))
    assert.equal(outcome.kind, 'deferred')
    assert.equal(`${outcome.reply.code} ${outcome.reply.enhanced}`, status)
    assert.match(outcome.reply.text, words)
    assert.match(outcome.reply.text, /^\/var\/mail\/eddy /)
  })
}
