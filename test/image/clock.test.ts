/**
 * A machine that boots in 1970, with the kernel's own clock to set: the daemon, as it is shipped and with the rights that it has on the device,
 * learns the time by SNTP as soon as its line is up, and the whole machine has it.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { asDialpost, asOnTheDevice } from './device.ts'
import { noMachines } from './emulator.ts'
import { type Guest, startGuest, waitFor } from './guest.ts'
import { program } from './guest-program.ts'

const skip = noMachines()
const folder = mkdtempSync(join(tmpdir(), 'dialpost-clock-'))
const modem = createServer()
let guest: Guest

before(async () => {
  if (skip !== false) return
  modem.listen(join(folder, 'modem'))
  guest = await startGuest({ name: 'near', folder, modem: { backend: `socket,path=${join(folder, 'modem')}` } })
})
after(async () => {
  if (skip === false) await guest.stop()
  modem.close()
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})

const port = 1123

const settings = `
hostname = "moriah.shire.lan"
postmaster = "root"
users = ["root"]
aliases = []
[accept]
listen = ["127.0.0.1:25"]
[link]
mode = "hooks"
[time]
servers = ["127.0.0.1:${port}"]
[log]
syslog = false
`

test('the kernel’s clock is set from 1970 to the time that a server tells, when the line is up', { skip }, async () => {
  writeFileSync(join(guest.share, 'dialpost.toml'), settings)
  await guest.must(asOnTheDevice)
  await guest.must('date -s "1970-01-01 00:01:00"')
  const running = [
    guest.run(`echo $$ >/tmp/server.pid; exec ${program(guest, 'test/image/year-2029.ts')} ${port}`),
    guest.run(`echo $$ >/tmp/daemon.pid; exec ${asDialpost} /repo/dist/dialpost serve -C /share/dialpost.toml >/share/dialpost.log 2>&1`),
  ]
  await guest.must(waitFor('[ -e /run/serving ] && [ -p /run/dialpost/hook ]'))
  assert.match(await guest.must('/repo/dist/dialpost status'), /^clock +not set; learned in the first call$/m)
  assert.equal(await guest.must('date +%Y'), '1970\n')
  await guest.must('echo "up ppp0 /dev/ttyS1 33600 10.0.0.2 10.0.0.1 isp" >/run/dialpost/hook')
  await guest.must(waitFor('[ "$(date +%Y)" = 2029 ]', 20))
  assert.equal(await guest.must('date -u +%F'), '2029-06-01\n')
  assert.match(await guest.must('/repo/dist/dialpost status'), /^clock +2029-06-01 12:\d\d, says 127\.0\.0\.1, 0:\d\d ago$/m)
  assert.match(
    readFileSync(join(guest.share, 'dialpost.log'), 'utf8'),
    /it is 2029-06-01 12:\d\d, says 127\.0\.0\.1; stamps from before are corrected/,
  )
  await guest.must('kill $(cat /tmp/*.pid)')
  await Promise.all(running)
})
