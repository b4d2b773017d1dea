import assert from 'node:assert/strict'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import { schema } from '../../src/queue/schema.ts'
import { type StatementName, texts } from '../../src/queue/statements.ts'

/** What is asked and told for each letter that comes in, is carried and leaves. */
const perLetter: readonly StatementName[] = ['place', 'row', 'rows', 'lasts', 'level', 'next', 'update', 'gone', 'above']

const db = new Database(':memory:')
db.exec(schema)

function planOf(name: StatementName): readonly string[] {
  const text = `EXPLAIN QUERY PLAN ${texts[name]}`
  const named = Object.fromEntries([...text.matchAll(/@(\w+)/g)].map(([, parameter]) => [parameter ?? '', 0]))
  const bound = [...text.matchAll(/\?/g)].map(() => 0)
  const rows = db.prepare(text).all(...bound, ...(Object.keys(named).length > 0 ? [named] : [])) as { detail: string }[]
  return rows.map(({ detail }) => detail)
}

for (const name of perLetter)
  test(`${name} finds its rows by a key, however many there are`, () => {
    const plan = planOf(name)
    assert.notEqual(plan.length, 0)
    for (const step of plan) assert.match(step, /^SEARCH delivery USING (INTEGER PRIMARY KEY|INDEX waiting) /)
  })

test('the next in rank is the first of an index that has the order, from the last one on', () => {
  assert.deepEqual(
    [...planOf('level'), ...planOf('next')],
    [
      'SEARCH delivery USING INDEX waiting (courier=? AND unsure=? AND priority=? AND size=? AND id>?)',
      'SEARCH delivery USING INDEX waiting (courier=? AND (unsure,priority,size)>(?,?,?))',
    ],
  )
})
