import assert from 'node:assert/strict'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { askBox } from '../src/box.ts'
import { makeFifo } from '../src/libc.ts'

const folder = mkdtempSync(join(tmpdir(), 'dialpost-box-'))
after(() => rmSync(folder, { recursive: true }))

test('a word for the keeper is a line on its FIFO', () => {
  const fifo = join(folder, 'request')
  makeFifo(fifo, 0o600)
  const keeper = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  assert.equal(askBox('reboot', fifo), undefined)
  const heard = Buffer.alloc(100)
  assert.equal(heard.toString('latin1', 0, readSync(keeper, heard)), 'reboot\n')
  closeSync(keeper)
  assert.match(askBox('reboot', fifo) ?? '', /nobody listens at/)
})

test('where there is no keeper it is said', () => {
  assert.match(askBox('poweroff', join(folder, 'none')) ?? '', /not that kind of box.*poweroff/)
})
