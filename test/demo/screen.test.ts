import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bar, type Progress, screen } from '../../src/demo/screen.ts'

const at = (seconds: number, done: number): Progress => ({ seconds, done, of: 10, out: 4100, in: 12_000 })

test('the bar shows what is done, what went each way, and the time', () => {
  assert.equal(bar(at(67, 5)), `[${'#'.repeat(15)}${'·'.repeat(15)}] 5 of 10 letters   out 4.1K  in 12K   1:07`)
})

test('without a terminal there is a line every five seconds, and the last one', () => {
  const written: string[] = []
  const display = screen((text) => written.push(text), false)
  for (const seconds of [0, 1, 4, 5, 6]) display.progress(at(seconds, seconds))
  display.progress(at(7, 10), 'last')
  assert.deepEqual(
    written.map((line) => /(\d+) of 10/.exec(line)?.[1]),
    ['0', '5', '10'],
  )
})

test('on a terminal the bar is drawn over itself, and what follows begins a new line', () => {
  let written = ''
  const display = screen((text) => {
    written += text
  }, true)
  display.progress(at(1, 1))
  display.progress(at(2, 2))
  display.line('done')
  assert.equal(written.split('\n').length, 3)
  assert.ok(written.endsWith('\n   done\n'))
})
