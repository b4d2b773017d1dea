/**
 * An image for arm64 in QEMU, started by either firmware that such boards have: UEFI, or U-Boot, which starts GRUB as UEFI would. Runs where
 * its image has been made (board/README.md): the kernel for it takes too long for every test.
 */
import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { environmentBlock, environmentVariables } from '../../src/update/grub-environment.ts'
import { board, noBoard, uBoot } from './board.ts'
import { checkData, choice, environmentAt, octetsAt } from './flash.ts'
import { loneGateway } from './lone-gateway.ts'

const name = 'qemu-arm64'
const skip = noBoard(name)

test('an arm64 box that UEFI starts comes up, and takes mail and commands', { skip }, (t) => comesUp(t))

test('so does one that U-Boot starts', { skip }, (t) => comesUp(t, uBoot()))

async function comesUp(t: TestContext, firmware?: string): Promise<void> {
  const house = await loneGateway({ ...board(name, firmware), also: consoleOfArm })
  t.after(house.stop)
  const { console } = house.gateway
  haveTried(house.disk)
  await house.gateway.switchOn()
  const seconds = await house.gateway.ready(600)
  t.diagnostic(`${seconds.toFixed(1)} s from power to the console's first answer`)
  if (firmware !== undefined) assert.match(console.text(), /U-Boot 20\d\d[^]*Found EFI removable media binary efi\/boot\/bootaa64\.efi/)
  await house.greets(600)
  assert.equal((await house.gateway.status()).line.kind, 'up')
  await house.gateway.pullPlug()
  assert.equal(checkData(house.disk, join(house.folder, 'copy')).faults, '')
  // GRUB has forgotten it before it started the kernel: whatever comes of a slot on trial, it is tried once.
  assert.deepEqual(choice(house.disk), { slot: 'A', try: '' })
}

/** As an update leaves GRUB's environment. */
function haveTried(disk: string): void {
  const block = environmentBlock({ ...environmentVariables(octetsAt(disk, environmentAt, 1024)), try: 'A' })
  const file = openSync(disk, 'r+')
  writeSync(file, block, 0, block.length, environmentAt)
  closeSync(file)
  assert.deepEqual(choice(disk), { slot: 'A', try: 'A' })
}

function consoleOfArm(data: string): void {
  const toml = join(data, 'settings/dialpost.toml')
  writeFileSync(toml, readFileSync(toml, 'utf8').replace('/dev/ttyS0', '/dev/ttyAMA0'))
}
