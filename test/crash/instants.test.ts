/** Nobody adds an instant to the source without being killed there. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { instants } from './instants.ts'

const source = join(import.meta.dirname, '../../src')

test('every instant of the source stands in the table, by the file that says it', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const said = files.flatMap((file) => namesIn(readFileSync(join(source, file), 'utf8')).map((name) => `${file} ${name}`))
  const lived = Object.values(instants)
    .flat()
    .map(({ file, name }) => `${file} ${name}`)
  assert.ok(said.length > 12)
  assert.deepEqual(new Set(lived), new Set(said))
})

/** Said by name, or handed to whoever says them as a list of names. */
function namesIn(text: string): readonly string[] {
  const direct = [...text.matchAll(/\.instant\('([\w-]+)'/g)]
  const indirect = /\.instant\((?!')/.test(text) ? [...text.matchAll(/\['([a-z]+(?:-[a-z]+)+)'\]/g)] : []
  return [...direct, ...indirect].map(([, name]) => name ?? '')
}
