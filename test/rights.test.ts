/** What a process may do, as the kernel has it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ownRights } from '../src/rights.ts'
import { needsRoot } from './nobody.ts'

test('root may do everything', { skip: needsRoot }, () => {
  const { root, has, mayWrite } = ownRights()
  assert.deepEqual([root, has('chown'), has('sys_time'), mayWrite('/etc')], [true, true, true, true])
})

test('a user has the capability that he was given, and may write what is everybody’s; what is not there is not missed', {
  skip: needsRoot,
}, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-rights-'))
  t.after(() => rmSync(folder, { recursive: true }))
  chmodSync(folder, 0o777)
  const program = `
    import { ownRights } from ${JSON.stringify(join(import.meta.dirname, '../src/rights.ts'))}
    const { root, has, mayWrite } = ownRights()
    process.stdout.write(JSON.stringify([root, has('chown'), has('sys_time'), ...['/etc', '${folder}', '/nowhere'].map(mayWrite)]))`
  const rights = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all,+sys_time', '--ambient-caps=-all,+sys_time']
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '-e', program]
  const { stdout, stderr } = spawnSync('setpriv', [...rights, '--', ...node], { encoding: 'utf8' })
  assert.deepEqual(JSON.parse(stdout || stderr), [false, false, true, false, true, true])
})

test('those who have no mailbox are told apart', () => {
  assert.deepEqual(ownRights().without('/', ['etc', 'no-such-folder']), ['no-such-folder'])
})
