import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from '../../src/config/nearest.ts'

const known = ['postmaster', 'poll_every', 'port', 'user', 'users', 'spool']

const rows: readonly [word: string, meant: string | undefined][] = [
  ['postmastr', 'postmaster'],
  ['Postmaster', 'postmaster'],
  ['prot', 'port'],
  ['pollevery', 'poll_every'],
  ['usr', 'user'],
  ['userss', 'users'],
  ['colour', undefined],
  ['', undefined],
]

for (const [word, meant] of rows)
  test(meant === undefined ? `"${word}" resembles nothing` : `"${word}" means ${meant}`, () => assert.equal(nearest(word, known), meant))
