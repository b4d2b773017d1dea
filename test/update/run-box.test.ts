import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { makeFifo } from '../../src/libc.ts'
import type { Box } from '../../src/update/box.ts'
import { runBox } from '../../src/update/run-box.ts'
import { pretendBox } from './pretend-box.ts'

const web = { onLan: (address: string): boolean => address === '127.0.0.1' || address === '::1', passed: () => {} }

function laidOut(t: TestContext): { folder: string; box: Box } {
  const { folder, key } = pretendBox(t, 8192)
  return { folder, box: runBox(web, { folder, key }) }
}

test('facts, key and slot are where they lie', async (t) => {
  const { box } = laidOut(t)
  assert.equal(box.facts()?.board, 'qemu-x86_64')
  assert.match(box.publicKey(), /BEGIN PUBLIC KEY/)
  const slot = await box.openSlot()
  assert.equal(slot.length, 8192)
  await slot.close()
})

test('a computer without facts is no box', () => {
  assert.equal(runBox(web, { folder: '/nowhere', key: '/nowhere' }).facts(), undefined)
})

test('a keeper who does not listen is noticed at once, not waited for', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-box-'))
  t.after(() => rmSync(folder, { recursive: true }))
  makeFifo(join(folder, 'request'), 0o620)
  const box = runBox(web, { folder, key: '' })
  assert.equal(box.keeperHears(), false)
  assert.throws(() => box.tryNext('B', '24+6'), { code: 'ENXIO' })
  assert.equal(runBox(web, { folder: join(folder, 'none'), key: '' }).keeperHears(), false)
})

test('a keeper who listens hears one line', (t) => {
  const { folder, key, heard } = pretendBox(t, 8192)
  const box = runBox(web, { folder, key })
  assert.equal(box.keeperHears(), true)
  box.tryNext('B', '24+6')
  assert.equal(heard(), 'try B 24+6\n')
})

test('a file is read from anywhere, and no further than it goes', async (t) => {
  const { box, folder } = laidOut(t)
  writeFileSync(join(folder, 'some'), 'the key')
  const file = await box.openFile(join(folder, 'some'))
  const into = Buffer.alloc(5)
  assert.equal(file.length, 7)
  assert.equal(await file.read(into, 4), 3)
  assert.equal(into.toString('latin1', 0, 3), 'key')
  assert.equal(await file.read(into, 7), 0)
  await file.close()
})

test('what is no file is no update, and a FIFO that nobody writes is not waited for', async (t) => {
  const { box, folder } = laidOut(t)
  await assert.rejects(box.openFile(folder), /it is no file/)
  await assert.rejects(box.openFile(join(folder, 'request')), /it is no file/)
  await assert.rejects(box.openFile(join(folder, 'none')), { code: 'ENOENT' })
})

test('a web server is asked only by an address of the LAN: nothing is looked up, nobody is called', async (t) => {
  const { box } = laidOut(t)
  for (const place of ['http://192.0.2.1/x.update', 'http://updates.example/x.update', 'http://localhost/x', 'http://[2001:db8::1]/x'])
    await assert.rejects(box.openFile(place), /is no address of the LAN/)
  // Port 1 of this machine: nobody listens there.
  await assert.rejects(box.openFile('http://127.0.0.1:1/x'), { code: 'ECONNREFUSED' })
  await assert.rejects(box.openFile('http://[::1]:1/x'), (fault: NodeJS.ErrnoException) => fault.code !== undefined)
})
