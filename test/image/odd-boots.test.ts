/**
 * Boots that nobody wishes for: the clock back in 1970 with a queue of 2026, no room on the flash, a damaged database, no modem. The
 * gateway greets its LAN, its console answers, and no letter is lost.
 */
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { send } from '../peer/client.ts'
import { readMbox } from '../peer/mbox.ts'
import { noAppliance } from './appliance.ts'
import { patience } from './emulator.ts'
import { chownToDaemon, dials } from './household.ts'
import { takeData } from './flash.ts'
import { type LoneGateway, loneGateway, type LoneOptions } from './lone-gateway.ts'

const skip = noAppliance()

test('what was queued in 2026 is neither bounced nor warned of in 1970, and goes when it can', { skip }, async (t) => {
  const house = await lone(t)
  const { gateway, smarthost, mood } = house
  mood.busy = true
  await gateway.switchOn('2026-11-25T12:00:00')
  await house.greets()
  assert.deepEqual(await handIn(house, 'friend@far.example', 'old-1', 'old-2'), ['250', '250'])
  await gateway.pullPlug()
  await gateway.switchOn()
  await house.greets()
  await gateway.ready()
  assert.equal((await gateway.status()).queue.letters, 2)
  mood.busy = false
  await gateway.ask('flush')
  await smarthost.received(2, patience * 1000)
  await gateway.pullPlug()
  assert.deepEqual(subjects(mailbox(house, 'keith')), [])
  assert.deepEqual(smarthost.letters.map(({ octets }) => subjectOf(octets)).toSorted(), ['old-1', 'old-2'])
})

test('without room on the flash it starts, and says so to the LAN and to whoever asks', { skip }, async (t) => {
  const house = await lone(t, { megabytes: smallest })
  const { gateway } = house
  await gateway.switchOn()
  await house.greets()
  assert.deepEqual(await handIn(house, 'eddy@shire.lan', 'refused'), ['452'])
  await gateway.ready()
  assert.match(await gateway.ask('status'), /full +no letter is taken/)
  await gateway.pullPlug()
  assert.deepEqual(subjects(mailbox(house, 'eddy')), [])
})

test('a damaged database is kept aside and said, its queue is there again, and the mailboxes are as they were', { skip }, async (t) => {
  const before = 'From someone@far.example Sun Nov 22 09:00:00 2026\nSubject: before\n\nHere.\n\n'
  const house = await lone(t, {
    also(data) {
      for (const name of ['spool', 'mail']) mkdirSync(join(data, name))
      writeFileSync(join(data, 'spool/queue.db'), 'This is no database.'.repeat(500))
      writeFileSync(join(data, 'mail/eddy'), before)
      chmodSync(join(data, 'mail/eddy'), 0o660)
      chownToDaemon(join(data, 'spool'), join(data, 'spool/queue.db'))
    },
  })
  const { gateway } = house
  await gateway.switchOn()
  await house.greets()
  await gateway.ready()
  assert.match((await gateway.ask('log -n 40')).replaceAll(/\n */g, ' '), /The queue's index is damaged .*kept as \S+queue\.db\.damaged-1/)
  assert.deepEqual(await handIn(house, 'eddy@shire.lan', 'after'), ['250'])
  await gateway.statusIs(({ queue }) => queue.letters === 0)
  await gateway.pullPlug()
  const box = mailbox(house, 'eddy')
  assert.ok(box.toString().startsWith(before))
  assert.deepEqual(subjects(box), ['before', 'after'])
  assert.ok(readdirSync(join(house.folder, 'taken/spool')).includes('queue.db.damaged-1'))
})

test('without its modem it takes and delivers the LAN’s mail, and says what is missing', { skip }, async (t) => {
  const house = await lone(t, { link: dials })
  const { gateway } = house
  await gateway.switchOn()
  await house.greets()
  await gateway.ready()
  assert.deepEqual(await handIn(house, 'eddy@shire.lan', 'here'), ['250'])
  assert.deepEqual(await handIn(house, 'friend@far.example', 'outside'), ['250'])
  await gateway.ask('dial')
  const { line } = await gateway.statusIs(({ line }) => line.kind === 'broken')
  assert.match(line.words, /ttyS1/)
  assert.equal((await gateway.status()).queue.forIsp, 1)
  await gateway.pullPlug()
  assert.deepEqual(subjects(mailbox(house, 'eddy')), ['here'])
})

/** MB of a disk with both slots, and less for the data than what is to stay free of it. */
const smallest = 128

async function lone(t: TestContext, options: LoneOptions = {}): Promise<LoneGateway> {
  const house = await loneGateway(options)
  t.after(house.stop)
  return house
}

/** The codes of the answers. */
async function handIn({ port }: LoneGateway, to: string, ...names: readonly string[]): Promise<readonly string[]> {
  const text = 'Some text in a letter of the house.\r\n'.repeat(2000)
  const letters = names.map((name) => Buffer.from(`From: keith@shire.lan\r\nSubject: ${name}\r\n\r\n${text}`))
  const answers = await send(
    port,
    letters.map((octets) => ({ from: 'keith@shire.lan', to: [to], octets })),
  )
  return answers.map((answer) => answer.slice(0, 3))
}

/** Of a gateway that is switched off; its file system is whole. */
function mailbox({ disk, folder }: LoneGateway, user: string): Buffer {
  assert.equal(takeData(disk, join(folder, 'taken')).faults, '')
  return readFileSync(join(folder, 'taken/mail', user))
}

const subjectOf = (octets: Buffer): string => /^Subject: (.*)\r$/m.exec(octets.toString('latin1'))?.[1] ?? ''

const subjects = (mbox: Buffer): readonly string[] => readMbox(mbox).map(({ octets }) => subjectOf(octets))
