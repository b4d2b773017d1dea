/**
 * A box as it comes from the flasher, at its serial console: it asks, a person answers, with a slip here and there, and after the last yes
 * it serves the house, in 64 MB: those who mount its mailboxes, and those who read with mutt by POP3 and IMAP.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { noLines } from '../modem/lines.ts'
import { submit } from '../../src/demo/client.ts'
import { missing } from '../peer/room.ts'
import { deleteWithMutt, readWithMutt } from '../peer/tools.ts'
import { appliance, diskIn, noAppliance } from './appliance.ts'
import { flash, takeData } from './flash.ts'
import { userNetwork } from './lone-gateway.ts'
import { dialledModems } from './modems.ts'
import { freePort } from '../peer/port.ts'

const skip = noAppliance() || noLines() || missing('tools')

/** What is asked, and what is typed. */
const dialogue: readonly (readonly [RegExp, string])[] = [
  [/Name of this box.*: $/, 'moriah.shire.lan'],
  [/Its address on the LAN.*: $/, ''],
  [/Hand out addresses.*: $/, 'no'],
  [/Serial port of the modem.*: $/, '/dev/ttyS0'],
  [/is this console; .*\n(.*\n)*.*Serial port of the modem.*: $/, '/dev/ttyS1'],
  [/Speed of that port.*: $/, ''],
  [/telephone numbers.*: $/, 'the usual'],
  [/telephone numbers.*: $/, '0845 1234567; 0845 7654321'],
  [/Your user name at the ISP.*: $/, 'shofar'],
  [/Your password there.*: $/, 'walls'],
  [/server for outgoing mail.*: $/, 'smtp'],
  [/server for outgoing mail.*: $/, 'smtp.isp.example'],
  [/User name for that.*: $/, ''],
  [/seen outside, or -.*: $/, 'shofar.isp.example'],
  [/Who has a mailbox.*: $/, 'eddy:1000 keith:1001'],
  [/postmaster.*: $/, ''],
  [/POP3 and IMAP password of eddy.*: $/, 'moat'],
  [/POP3 and IMAP password of keith.*: $/, ''],
  [/How many boxes.*: $/, '1'],
  [/Box 1: its server.*: $/, 'pop.isp.example'],
  [/Box 1: user name.*: $/, ''],
  [/Box 1: password.*: $/, ''],
  [/Box 1: a person.*: $/, ''],
  [/time server, or -.*: $/, ''],
  [/Time zone.*: $/, 'GMT0BST,M3.5.0/1,M10.5.0'],
  [/Write this\?.*\] $/, 'y'],
]

test('a box without settings asks for them at its console, and then serves the house', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-first-'))
  const modems = dialledModems(folder)
  const [port, pop3, imap] = [await freePort(), await freePort(), await freePort()]
  const doors = new Map([
    [110, pop3],
    [143, imap],
  ])
  flash(diskIn(folder))
  const gateway = await appliance({ folder, card: userNetwork(port, doors), modem: modems.port('near') })
  t.after(async () => {
    await gateway.stop()
    await modems.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  })
  await gateway.switchOn()
  for (const [asked, typed] of dialogue) {
    await gateway.console.expect(asked)
    gateway.console.type(`${typed}\r`)
  }
  assert.doesNotMatch(gateway.console.text(), /walls|moat/)
  await gateway.ready()
  assert.equal((await gateway.ask('check')).trim(), '/etc/dialpost.toml: no mistakes')
  assert.match(await gateway.ask('explain postmaster'), /to the mailbox of eddy/)

  assert.match((await gateway.status()).line.words, /^down/)

  const letter = (subject: string): Promise<string> =>
    submit(port, 'keith@shire.lan', ['eddy@shire.lan'], `From: keith@shire.lan\r\nSubject: ${subject}\r\n\r\nHello.`)
  const names = async (): Promise<readonly string[]> =>
    (await readWithMutt(`imap://eddy:moat@127.0.0.1:${imap}/`)).map((octets) => /^Subject: (.*)$/m.exec(octets.toString())?.[1] ?? '')
  await letter('first')
  await letter('second')
  await gateway.statusIs(({ queue }) => queue.letters === 0)
  assert.deepEqual(await names(), ['first', 'second'])
  const deleting = deleteWithMutt(`pop://eddy:moat@127.0.0.1:${pop3}/`, '~s first')
  await letter('third')
  await gateway.statusIs(({ queue }) => queue.letters === 0)
  assert.ok(await deleting)
  assert.deepEqual(await names(), ['second', 'third'])
  assert.doesNotMatch(gateway.console.text(), /out of memory|oom|Killed process/i)
  await gateway.pullPlug()
  const { faults } = takeData(diskIn(folder), join(folder, 'data'))
  assert.equal(faults, '')
  const at = (name: string): string => join(folder, 'data', name)
  const facts = (name: string): string => {
    const { uid, gid, mode } = statSync(at(name))
    return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`
  }
  assert.deepEqual(['mail/eddy', 'mail/keith', 'settings/dialpost.d', 'settings/dialpost.d/readers'].map(facts), [
    '1000:8 660',
    '1001:8 660',
    '100:100 700',
    '100:100 600',
  ])
  assert.match(readFileSync(at('settings/dialpost.toml'), 'utf8'), /numbers = \["0845 ?1234567", "0845 ?7654321"\]/)
  assert.match(readFileSync(at('settings/dialpost.d/lan.pem'), 'utf8'), /BEGIN CERTIFICATE/)
})
