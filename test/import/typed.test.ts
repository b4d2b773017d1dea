/** The command where it is typed: at a shell without a daemon, with a file or a pipe, and on the console of the daemon. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { usualSize } from '../../src/console/terminal.ts'
import type { Voice } from '../../src/console/voice.ts'
import { settingsFolder } from '../../src/settings-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'dialpost-typed-'))
after(() => rmSync(folder, { recursive: true }))
const rc = 'poll pop.isp-a.example proto pop3 user eddyy pass s3cret is eddy here\n'
writeFileSync(join(folder, 'rc'), rc)

const main = join(import.meta.dirname, '../../src/main.ts')
const env = { ...process.env, NODE_COMPILE_CACHE: join(import.meta.dirname, '../../.cache/compiled') }

function shell(words: readonly string[], input = '') {
  const ended = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...words], {
    cwd: folder,
    input,
    encoding: 'utf8',
    env,
  })
  return { code: ended.status, out: ended.stdout, err: ended.stderr }
}

test('at a shell a file and a pipe give the same, and no daemon is asked', () => {
  const [file, pipe] = [shell(['import', 'fetchmailrc', 'rc']), shell(['import', 'fetchmailrc', '-'], rc)]
  assert.match(file.out, /^deliver_to = "eddy"$/m)
  assert.deepEqual([file.code, file.err], [0, ''])
  assert.deepEqual(pipe, file)
  assert.deepEqual(shell(['import', 'sendmail-mc', '-'], 'FEATURE('), {
    code: 65,
    out: '',
    err: '-:1: FEATURE( is never closed; ) is expected behind its arguments\n',
  })
  assert.deepEqual(shell(['import', 'fetchmailrc', 'none']), { code: 65, out: '', err: 'dialpost: none is not there\n' })
  assert.equal(shell(['import', 'sendmail-mc']).err, 'dialpost: FILE is missing; usage: import sendmail-mc FILE\n')
})

test('on the console a file is read by the page, and a pasted one is not shown', async () => {
  const said: string[] = []
  let screen = ''
  let type: ((octets: Uint8Array) => void) | undefined
  const voice: Voice = {
    say: (text) => said.push(text),
    complain: (text) => said.push(text),
    ask: async () => false,
    signal: new AbortController().signal,
    terminal: {
      size: usualSize,
      rate: undefined,
      write: async (text) => void (screen += text),
      hear: (typed) => void (type = typed),
      gone: new AbortController().signal,
    },
  }
  const perform = (file: string) => settingsFolder({ name: 'import fetchmailrc', values: [file], options: new Map() }, '/none', voice)
  assert.equal(await perform(join(folder, 'rc')), 0)
  assert.match(said.join('\n'), /^deliver_to = "eddy"$/m)
  assert.equal(screen, '')
  const pasted = perform('-')
  type?.(Buffer.from(`${rc.replace('\n', '\r')}end\r`))
  assert.equal(await pasted, 0)
  assert.match(screen, /^deliver_to = "eddy"\r$/m)
  assert.doesNotMatch(screen + said.join('\n'), /s3cret/)
})
