/**
 * One gateway and the updates of its life: a stranger's; a good one, cut by the mains plug at any of its writes; one whose daemon ends, one whose
 * root cannot be mounted; the good one after all; one whose kernel cannot be loaded. After each of them it boots by itself, says which system
 * runs and why, and has its mail.
 */
import assert from 'node:assert/strict'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { until } from '../journey/daemon.ts'
import { send } from '../peer/client.ts'
import { readMbox } from '../peer/mbox.ts'
import { random } from '../peer/random.ts'
import { noAppliance } from './appliance.ts'
import { watchBoots } from './boot-watch.ts'
import { cutAfter, spanWithin } from './disk-writes.ts'
import { patience } from './emulator.ts'
import { checkData, type Choice, choice, environmentAt, frontOf, partitions, placeOf, takeData } from './flash.ts'
import { lanWeb, type LanWeb } from './lan-web.ts'
import { type LoneGateway, loneGateway, thisMachine } from './lone-gateway.ts'
import { goodPayload, nextVersion, updateFile, type UpdateName } from './update-files.ts'

const skip = noAppliance()
const any = random(20261125)
let house: LoneGateway
let web: LanWeb
/** Copies of the whole disk: as it was when the gateway was switched on, and about to try the good one. */
let switchedOn: string
let trying: string

before(async () => {
  if (skip !== false) return
  web = await lanWeb()
  house = await loneGateway({ logged: true, also: layUpdate })
  switchedOn = join(house.folder, 'switched-on')
  trying = join(house.folder, 'trying')
  house.mood.busy = true
  await switchOn()
  await house.gateway.ready()
  await house.greets()
  assert.deepEqual(await handIn('eddy@shire.lan', 'friend@far.example'), ['250', '250'])
})
after(async () => {
  if (skip !== false) return
  web.close()
  await house.stop()
})

test('one that somebody else has signed is refused in words, and nothing is written', { skip }, async () => {
  const said = await house.gateway.ask(updating('foreign'))
  assert.match(flowing(said), /its signature is not by the key that this box trusts.*The box stays with slot A/)
  assert.ok(slotB().equals(Buffer.alloc(goodPayload().length)))
  assert.match(await system(), /in slot A$/)
})

test('no write of a good one leaves a box that does not boot, should the mains plug let it be the last', { skip }, async (t) => {
  const { gateway, disk, folder } = house
  gateway.console.type(`${updating('good')}\r`)
  await gateway.console.expect(new RegExp(`Slot B holds ${nextVersion}. The box boots it now`))
  await choiceIs({ slot: 'A', try: 'B' })
  await gateway.pullPlug()
  assert.ok(slotB().equals(goodPayload()))
  copyFileSync(disk, trying)

  const writes = gateway.writes()
  assert.deepEqual(watched(), ['A', 'A and B once'])
  const [start, end] = spanWithin(writes, placeOf(disk, partitions.slotB))
  const [asked] = spanWithin(writes, { start: environmentAt, length: 512 })
  t.diagnostic(`${writes.length} writes and flushes; slot B from ${start} to ${end}, its trial is asked for at ${asked}`)
  assert.ok(end < asked)
  const within = Array.from({ length: 3 }, () => start + 1 + any.below(end - start))
  // The last of them is what the gateway goes on with.
  for (const cut of [any.below(start), end + 1, asked, asked + 1, ...within]) {
    copyFileSync(switchedOn, disk)
    cutAfter(writes.slice(0, cut), disk, any)
    assert.equal(checkData(disk, join(folder, 'copy')).faults, '', `cut after ${cut}`)
    assert.deepEqual([choice(disk).slot, cut <= asked ? choice(disk).try : ''], ['A', ''], `cut after ${cut}`)
  }
  assert.ok(!slotB().equals(goodPayload()))
})

test('cut while it was written, it leaves the old system and its mail', { skip }, async () => {
  await switchOn()
  await house.gateway.ready()
  assert.match(await system(), /in slot A$/)
  assert.equal((await house.gateway.status()).queue.letters, 1)
})

test('one whose daemon ends, from a file on the box, is left by itself before its three minutes are over', { skip }, async () => {
  const { gateway } = house
  gateway.console.type('update /var/mail/next.update\r')
  await gateway.console.expect(/The box boots it now/)
  const trial = await gateway.console.expect(/This one wants other settings[^]*slot B does not serve mail: back to slot A/)
  // In all of them it would have been started eight times.
  assert.ok(trial[0].split('the daemon ended').length <= 3, trial[0])
  await fallenBack('A', 'B')
})

test('one without a root is left by itself too, and the mains plug in that hurts nothing', { skip }, async () => {
  const { gateway } = house
  gateway.console.type(`${updating('rootless')}\r`)
  await gateway.console.expect(/Kernel panic/)
  // What is said next is said by the old system, for the new one has no program that could.
  await gateway.console.expect(/\/dev\/vda4: /)
  await gateway.pullPlug()
  assert.deepEqual(watched(), ['A', 'A and B once', 'A', 'A and B once', 'A'])
})

test('a good one that was cut as soon as it was to be tried runs, is found healthy and stays, with settings and letters', {
  skip,
}, async () => {
  const { gateway, disk } = house
  copyFileSync(trying, disk)
  await switchOn()
  await gateway.ready()
  await gateway.statusIs(({ system }) => system.endsWith('in slot B: the update was taken'))
  assert.deepEqual(choice(disk), { slot: 'B', try: '' })
  const { hostname, queue } = await gateway.status()
  assert.deepEqual([hostname, queue.letters], ['moriah.shire.lan', 1])
})

test('one whose kernel cannot be loaded is passed over, and the last good one is back', { skip }, async () => {
  const { gateway } = house
  gateway.console.type(`${updating('kernelless')}\r`)
  await gateway.console.expect(/error: invalid magic number/)
  await fallenBack('B', 'A')
})

test('after all of them no letter is lost or doubled', { skip }, async () => {
  const { gateway, disk, folder, mood, smarthost } = house
  mood.busy = false
  await gateway.ask('flush')
  await smarthost.received(1, patience * 1000)
  await gateway.pullPlug()
  assert.deepEqual(watched(), ['A and B once', 'A', 'B', 'B and A once', 'B'])
  assert.equal(takeData(disk, join(folder, 'end')).faults, '')
  assert.equal(readMbox(readFileSync(join(folder, 'end/mail/eddy'))).length, 1)
  assert.equal(smarthost.letters.length, 1)
})

async function switchOn(): Promise<void> {
  copyFileSync(house.disk, switchedOn)
  await house.gateway.switchOn()
}

/** As somebody of the house copies it there. */
function layUpdate(data: string): void {
  mkdirSync(join(data, 'mail'))
  writeFileSync(join(data, 'mail/next.update'), updateFile('daemonless'))
  chmodSync(join(data, 'mail/next.update'), 0o644)
}

/** Offers it to the box; the command that takes it. */
function updating(name: UpdateName): string {
  web.put(name, updateFile(name))
  return `update http://${thisMachine}:${web.port}/${name}`
}

/** It runs this slot, for the update in that one was nothing, and has its letter. */
async function fallenBack(to: string, from: string): Promise<void> {
  await house.gateway.ready()
  const { system: runs, queue } = await house.gateway.status()
  assert.ok(runs.endsWith(`in slot ${to}: the update in slot ${from} was not found healthy, and the box fell back`), runs)
  assert.deepEqual(choice(house.disk), { slot: to, try: '' })
  assert.equal(queue.letters, 1)
}

/** What the gateway would have booted, in turn, since it was switched on; there was never a moment at which it would have booted nothing. */
function watched(): readonly string[] {
  const { dangers, choices } = watchBoots(switchedOn, house.gateway.writes())
  assert.deepEqual(dangers, [])
  return choices.map(({ slot, try: once }) => (once === '' ? `${slot}` : `${slot} and ${once} once`))
}

/** A letter to each; the codes of the answers. */
async function handIn(...people: readonly string[]): Promise<readonly string[]> {
  const octets = Buffer.from('From: keith@shire.lan\r\nSubject: stays\r\n\r\nwhatever runs\r\n')
  const answers = await send(
    house.port,
    people.map((to) => ({ from: 'keith@shire.lan', to: [to], octets })),
  )
  return answers.map((answer) => answer.slice(0, 3))
}

const system = async (): Promise<string> => (await house.gateway.status()).system

/** Of what fills the screen's lines. */
const flowing = (said: string): string => said.replaceAll(/\s+/g, ' ')

/** As much of it as the good update fills. */
const slotB = (): Buffer => frontOf(house.disk, partitions.slotB, goodPayload().length)

async function choiceIs(wanted: Choice): Promise<void> {
  await until(
    () => JSON.stringify(choice(house.disk)) === JSON.stringify(wanted),
    () => `${JSON.stringify(choice(house.disk))}\n${house.gateway.console.text().slice(-2000)}`,
    patience * 1000,
  )
}
