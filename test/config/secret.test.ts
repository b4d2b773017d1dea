import assert from 'node:assert/strict'
import { test } from 'node:test'
import { format, inspect } from 'node:util'
import { secret } from '../../src/config/secret.ts'

const password = secret('hunter2')

const prints: readonly [how: string, text: string][] = [
  ['String', String(password)],
  ['a join', ['', password].join()],
  ['JSON', JSON.stringify({ password })],
  ['inspect', inspect({ deep: { password } }, { depth: 9, showHidden: true })],
  ['inspect without custom functions', inspect(password, { customInspect: false, showHidden: true })],
  ['format', format('%s %o %O %j', password, password, password, password)],
  ['an error', inspect(new Error('refused', { cause: { password } }))],
  ['spreading', JSON.stringify({ ...password })],
]

for (const [how, text] of prints) test(`${how} does not show it`, () => assert.doesNotMatch(text, /hunter2/))

test('only reveal gives the value', () => assert.equal(password.reveal(), 'hunter2'))
