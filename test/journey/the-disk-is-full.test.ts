/**
 * The disk of spool and mailboxes is full to the last block, as people's mailboxes can make it: an ext4 of its own, with a queue both
 * ways. Nothing ends, nothing is lost or doubled, an operator can do what frees room, and with room all goes on by itself.
 */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { mount, whyNoVolume } from '../bench/volume.ts'
import type { Status } from '../../src/console/house.ts'
import { readMbox } from '../peer/mbox.ts'
import { nameOf } from '../peer/letters.ts'
import { startDaemon, until } from './daemon.ts'
import { fill } from './filler.ts'
import { boxTables, smarthostTable } from './hub.ts'
import { startIsp } from './isp.ts'
import { submit } from './lan.ts'
import { type Sample, sample } from './letters.ts'

const megabytes = 24
const passwords = { eddyy: 'sesame', shofar: 'walls' }

test('on a full disk nothing is lost, doubled or ended, and with room all goes on', { skip: whyNoVolume(megabytes) }, async (t) => {
  const scratch = mkdtempSync(join(tmpdir(), 'dialpost-full-'))
  const volume = mount(scratch, { name: 'data', block: 1024, options: 'noatime', megabytes })
  const isp = await startIsp()
  const settings = `[queue]\nreserve = "3MB"\n${smarthostTable(isp.near.smarthost)}${boxTables(isp.near.pop3)}`
  const daemon = await startDaemon({ settings, passwords, data: volume.path })
  t.after(async () => {
    await daemon.stop()
    await isp.close()
    volume.unmount()
    rmSync(scratch, { recursive: true, force: true })
  })
  const filler = join(volume.path, 'filler')
  const lock = join(volume.path, 'mail/eddy.lock')
  const taken: Sample[] = []
  const status = async (): Promise<Status> => JSON.parse((await daemon.command('status', '--json')).out) as Status
  const ids = async (): Promise<readonly string[]> =>
    (await daemon.command('queue', '--json')).out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { id: string }).id)
  const handIn = async (name: string, to: string): Promise<string> => {
    const letter = sample(name, { to: [to], size: 100_000 })
    const reply = (await submit(daemon.port, letter)) ?? 'none'
    if (reply.startsWith('250')) taken.push(letter)
    return reply.slice(0, 9)
  }
  const mine = async (): Promise<readonly string[]> => readMbox(await daemon.mbox('eddy')).map(({ octets }) => nameOf(octets))
  const lives = (): boolean => !daemon.log().includes('spool-broken') && !/cannot be written: .*Nothing is accepted/.test(daemon.log())

  // Somebody reads mail, so that eddy's letters wait here.
  writeFileSync(lock, '1\n')
  for (let n = 0; n < 4; n++) assert.match(await handIn(`own-${n}`, 'eddy@shire.lan'), /^250/)
  for (let n = 0; n < 4; n++) assert.match(await handIn(`out-${n}`, 'linda@far.example'), /^250/)
  fill(filler)
  assert.equal(await handIn('refused', 'eddy@shire.lan'), '452 4.3.1')
  rmSync(lock)
  await daemon.command('flush')
  await until(
    () => daemon.log().includes('file system is full'),
    () => daemon.log(),
  )
  assert.deepEqual(await mine(), [], 'a half letter stays in no mailbox')
  assert.match((await daemon.command('status')).out, /^full +no letter is taken/m)
  isp.pop3.put('eddyy', sample('in', { to: ['eddy.younger@isp.example'], size: 100_000 }).octets)

  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
    await daemon.kill(signal)
    fill(filler)
    await daemon.restart()
    fill(filler)
    assert.equal((await status()).queue.letters, 8)
    assert.equal(await handIn('refused', 'eddy@shire.lan'), '452 4.3.1')
  }
  const [first = ''] = await ids()
  assert.equal((await daemon.command('delete', '--yes', first)).code, 0)
  const gone = taken.shift()
  assert.equal(gone?.name, 'own-0')
  daemon.lineUp()
  await until(
    async () => isp.taken().length === 4 && (await status()).queue.letters === 3,
    () => daemon.log(),
  )
  await until(
    () => /work: the spool is full/.test(daemon.log()),
    () => daemon.log(),
  )
  assert.equal(isp.pop3.box('eddyy').length, 1)
  await daemon.kill()
  await daemon.restart()
  assert.equal((await status()).queue.letters, 3)
  assert.equal(daemon.log().match(/The disk is full/g)?.length, 6, 'once a life')

  rmSync(filler)
  daemon.lineUp()
  await daemon.command('flush')
  await until(
    async () => (await handIn('again', 'eddy@shire.lan')).startsWith('250'),
    () => daemon.log(),
  )
  await daemon.command('poll')
  await until(
    async () => (await mine()).length >= 5,
    () => daemon.log(),
  )
  assert.deepEqual((await mine()).toSorted(), ['again', 'in', 'own-1', 'own-2', 'own-3'])
  assert.deepEqual(
    isp
      .taken()
      .map(({ name }) => name)
      .toSorted(),
    ['out-0', 'out-1', 'out-2', 'out-3'],
  )
  assert.ok(lives())
  assert.doesNotMatch((await daemon.command('status')).out, /^full/m)

  // Where no spool has ever been there is nothing in reserve.
  await daemon.kill('SIGTERM')
  rmSync(join(volume.path, 'spool'), { recursive: true })
  mkdirSync(join(volume.path, 'spool'))
  fill(filler)
  const { code, err } = await daemon.command('serve')
  assert.equal(code, 69)
  assert.match(err, /spool cannot be made: the disk is full/)
})
