import assert from 'node:assert/strict'
import { test } from 'node:test'
import { halve, join } from '../../src/setup/halves.ts'

const own = 'hostname = "moriah.shire.lan"\n'
const theirs = '[call]\nmax_wait = "6h"\n'
const whole = join(own, theirs)

test('the halves come out as they went in', () => {
  assert.deepEqual(halve(whole), { own, theirs, untouched: true })
  assert.deepEqual(halve(join(own, '')), { own, theirs: '', untouched: true })
})

test('what a person writes below is theirs, and above is noticed', () => {
  assert.deepEqual(halve(`${whole}more\n`), { own, theirs: `${theirs}more\n`, untouched: true })
  assert.deepEqual(halve(whole.replace('moriah', 'bree')), { own: own.replace('moriah', 'bree'), theirs, untouched: false })
})

test('a file without the marks is a person’s, all of it', () => {
  for (const text of ['', own, whole.replace(/^.*\n/, ''), whole.replace(/^# Below.*\n/m, '')])
    assert.deepEqual(halve(text), { own: text, theirs: '', untouched: false })
})
