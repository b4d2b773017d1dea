/**
 * The box around the daemon, seen by root in its rescue shell: what ends is started again, what is said can be read, and a modem on USB may
 * be unplugged in the middle of a call.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { until } from '../journey/daemon.ts'
import { noAppliance } from './appliance.ts'
import { patience } from './emulator.ts'
import { dials } from './household.ts'
import { type LoneGateway, loneGateway } from './lone-gateway.ts'
import { type DialledModems, dialledModems } from './modems.ts'
import { type RescueShell, rescueShell, withoutConsole } from './rescue-shell.ts'

const skip = noAppliance()
let folder: string
let modems: DialledModems
let house: LoneGateway
let shell: RescueShell

before(async () => {
  if (skip !== false) return
  folder = mkdtempSync(join(tmpdir(), 'dialpost-usb-'))
  modems = dialledModems(folder)
  const usb = ['-device', 'qemu-xhci', '-chardev', `${modems.port('near').backend},id=usb`, '-device', 'usb-serial,chardev=usb,id=modem']
  house = await loneGateway({ link: dials.replace('ttyS1', 'ttyUSB0'), more: usb, also: withoutConsole })
  await house.gateway.switchOn('2026-11-25T12:00:00')
  await house.greets()
  shell = await rescueShell(house.gateway.console)
})
after(async () => {
  if (skip !== false) return
  await house.stop()
  await modems.close()
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})

test('services of NFS that end are there again, and registered', { skip }, async () => {
  const ports = 'awk \'$4 == "0A" { print $2 }\' /proc/net/tcp'
  const serving = `until [ -S /run/rpcbind.sock ] && pidof rpcbind rpc.statd rpc.mountd >/dev/null && ${ports} | grep -q :0FA2; do sleep 1; done`
  const gone = 'for pid in $was; do while [ -d /proc/$pid ]; do sleep 1; done; done'
  await shell.must(serving)
  await shell.must(`was=$(pidof rpc.mountd rpc.statd); kill -9 $was; ${gone}\n${serving}`)
  // With rpcbind goes what was registered with it.
  await shell.must(`was=$(pidof rpcbind rpc.statd rpc.mountd); killall -9 rpcbind; ${gone}\n${serving}`)
  assert.match(await shell.must('cat /proc/fs/nfsd/threads'), /^2$/m)
})

test('what is started again leaves the console as whoever speaks there has set it', { skip }, async () => {
  const pid = 'pidof rpc.mountd'
  const again = `was=$(${pid}); kill -9 $was; while now=$(${pid} || echo $was); [ "$now" = "$was" ]; do sleep 1; done`
  await shell.must(`stty -F /dev/console -icrnl; ${again}; stty -F /dev/console -a >/tmp/modes; stty -F /dev/console icrnl`)
  assert.match(await shell.must('cat /tmp/modes'), /-icrnl/)
})

test('what the kernel, the services and the daemon say is in one log, which is not on flash', { skip }, async () => {
  const log = await shell.must("logread | grep -E 'Run /sbin/init|rpcbind has ended|rpc.mountd.*starting|the LAN.s door is'")
  for (const words of [
    /kernel: Run \/sbin\/init/,
    /rpcbind has ended, and is started again/,
    /rpc\.mountd\[\d+\]: Version/,
    /dialpost\[\d+\]/,
  ])
    assert.match(log, words)
  assert.match(await shell.must('ls /var/log 2>&1 || echo none'), /none/)
})

test('a modem that is plugged out while it dials and in again is taken up by the daemon', { skip }, async () => {
  const { order } = house.gateway.monitor()
  const calls = (count: number) =>
    until(
      () => modems.exchange.calls().length >= count,
      () => house.gateway.console.text().slice(-2000),
      patience * 1000,
    )
  assert.match(await shell.must("stat -c '%U:%G %a' /dev/ttyUSB0"), /root:dialout 660/)
  await shell.must('dialpost dial')
  await calls(1)
  await order('device_del', { id: 'modem' })
  await until(
    async () => /^line +broken/m.test(await shell.must('dialpost status')),
    () => house.gateway.console.text().slice(-2000),
    patience * 1000,
  )
  await shell.must('! ls /dev/ttyUSB0 2>/dev/null')
  const dialled = modems.exchange.calls().length
  await order('device_add', { driver: 'usb-serial', chardev: 'usb', id: 'modem' })
  await calls(dialled + 1)
  assert.match(await shell.must("stat -c '%U:%G %a' /dev/ttyUSB0"), /root:dialout 660/)
})
