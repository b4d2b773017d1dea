import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config } from '../../src/config/config.ts'
import { lacking, type Rights } from '../../src/config/lacking.ts'

type Choice = { set?: boolean; programs?: boolean; format?: Config['deliver']['format']; mode?: Config['link']['mode'] }

/** As much as is looked at. */
function settings({ set = true, programs = true, format = 'mbox', mode = 'dial' }: Choice = {}): Config {
  const modem = { tty: '/dev/ttyS1', lock_dir: '/run/lock' }
  return { time: { set }, deliver: { programs, format }, mail_dir: '/var/mail', link: { mode, modem } } as unknown as Config
}

const root: Rights = { root: true, has: () => true, mayWrite: () => true, without: (_folder, names) => names }
const ofTheDevice: Rights = { root: false, has: (capability) => capability === 'sys_time', mayWrite: () => true, without: () => [] }
const nobody: Rights = { root: false, has: () => false, mayWrite: () => false, without: (_folder, names) => names }

const lacks = (rights: Rights, choice?: Choice) => lacking(settings(choice), ['eddy', 'keith'], rights).map((words) => words.split(':')[0])

test('root lacks nothing', () => {
  assert.deepEqual(lacks(root), [])
})

test('on the device programs alone are lacking, and not even they where nobody wants them', () => {
  assert.deepEqual(lacks(ofTheDevice), ['deliver.programs'])
  assert.deepEqual(lacks(ofTheDevice, { programs: false }), [])
})

test('each right is missed by the setting that wants it', () => {
  assert.deepEqual(lacks(nobody), ['time.set', 'deliver.programs', 'mail_dir', 'link.modem.tty', 'link.modem.lock_dir'])
  assert.deepEqual(lacks(nobody, { set: false, programs: false, format: 'lmtp', mode: 'hooks' }), [])
})

test('those without a mailbox are named', () => {
  const [words] = lacking(settings({ programs: false }), ['eddy', 'keith'], { ...ofTheDevice, without: () => ['keith'] })
  assert.equal(words, 'mail_dir: /var/mail has no mailbox for keith, and only root can make one that is theirs; their mail waits')
})

test('maildirs are root’s alone to write', () => {
  assert.deepEqual(lacks(ofTheDevice, { programs: false, format: 'maildir' }), ['deliver.format'])
})
