import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { lockTty } from '../../src/link/lock-file.ts'
import { asNobody, needsRoot } from '../nobody.ts'

const inFolder = (run: (folder: string) => void) => (): void => {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-lock-'))
  try {
    run(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test(
  'a lock is a file named for the device, with our process number in ten characters',
  inFolder((folder) => {
    const lock = lockTty('/dev/ttyS9', folder)
    assert.ok(lock.kind === 'taken')
    assert.equal(readFileSync(join(folder, 'LCK..ttyS9'), 'latin1'), `${String(process.pid).padStart(10)}\n`)
    lock.release()
    assert.deepEqual(readdirSync(folder), [])
  }),
)

test(
  'a link to the device is the device, as pppd has it',
  inFolder((folder) => {
    const link = join(folder, 'modem')
    symlinkSync('/dev/null', link)
    assert.equal(lockTty(link, folder).kind, 'taken')
    assert.equal(lockTty('/dev/serial/by-id/usb-1', folder).kind, 'taken')
    assert.deepEqual(readdirSync(folder).sort(), ['LCK..null', 'LCK..serial_by-id_usb-1', 'modem'])
  }),
)

test(
  'who lives keeps it, in figures or in four octets, and is named',
  inFolder((folder) => {
    const path = join(folder, 'LCK..ttyS9')
    const octets = Buffer.alloc(4)
    octets.writeInt32LE(process.ppid)
    for (const content of [`${String(process.ppid).padStart(10)}\n`, octets]) {
      writeFileSync(path, content)
      assert.deepEqual(lockTty('/dev/ttyS9', folder), { kind: 'locked', words: `/dev/ttyS9 is used by process ${process.ppid} (${path})` })
    }
    assert.deepEqual(readdirSync(folder), ['LCK..ttyS9'])
  }),
)

test(
  'what a dead process left, or nobody understands, is taken over',
  inFolder((folder) => {
    const dead = spawnSync('true').pid
    for (const content of [`${String(dead).padStart(10)}\n`, 'garbage', '']) {
      writeFileSync(join(folder, 'LCK..ttyS9'), content)
      assert.equal(lockTty('/dev/ttyS9', folder).kind, 'taken', JSON.stringify(content))
      assert.equal(Number(readFileSync(join(folder, 'LCK..ttyS9'), 'latin1')), process.pid)
    }
  }),
)

test(
  'a folder that cannot be made is a lock that cannot be had',
  inFolder((folder) => {
    writeFileSync(join(folder, 'file'), '')
    const lock = lockTty('/dev/ttyS9', join(folder, 'file', 'lock'))
    assert.ok(lock.kind === 'locked')
    assert.match(lock.words, /cannot be made/)
  }),
)

test('what a dead root left in a sticky folder keeps nobody out, and is left there', { skip: needsRoot }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-lock-'))
  t.after(() => rmSync(folder, { recursive: true }))
  chmodSync(folder, 0o1777)
  writeFileSync(join(folder, 'LCK..ttyS9'), '   4000000\n')
  await asNobody(() => {
    const lock = lockTty('/dev/ttyS9', folder)
    assert.equal(lock.kind, 'taken')
    if (lock.kind === 'taken') lock.release()
  })
  assert.deepEqual(readdirSync(folder), ['LCK..ttyS9'])
})
