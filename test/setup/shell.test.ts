/** setup, export and restore as a shell sees them, without a daemon. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

const program = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../../src/main.ts')]
const env = { ...process.env, NODE_COMPILE_CACHE: join(import.meta.dirname, '../../.cache/compiled') }
const toml = 'hostname = "moriah.shire.lan"\nusers = ["eddy"]\naliases = []\n'

/** A settings file that is a link into the settings folder, and the program. */
function stage(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'dialpost-shell-'))
  t.after(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'settings'))
  const file = join(root, 'dialpost.toml')
  symlinkSync('settings/dialpost.toml', file)
  const dialpost = (words: readonly string[], input = '') => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [...program, ...words, '-C', file], {
      cwd: root,
      input,
      encoding: 'utf8',
      env,
    })
    return { code: status, out: stdout, err: stderr }
  }
  return { root, file, dialpost, at: (name: string) => join(root, 'settings', name) }
}

test('settings go out into a file and into a pipe, and come back from both', (t) => {
  const { root, file, dialpost, at } = stage(t)
  writeFileSync(file, toml)
  mkdirSync(at('dialpost.d'))
  writeFileSync(at('dialpost.d/isp'), 's3cret\n', { mode: 0o600 })
  assert.deepEqual(dialpost(['export', 'saved', '--secrets']).out, `Written to ${join(root, 'saved')}.\n`)
  assert.equal(statSync(join(root, 'saved')).mode & 0o777, 0o600)
  const piped = dialpost(['export'])
  assert.match(piped.out, /^dialpost settings 1\nwithout dialpost\.d\/isp\nfile 644 text dialpost\.toml\n/)
  assert.match(piped.err, /1 file with a password or key left out/)

  writeFileSync(file, 'hostnam = 1\n')
  assert.equal(dialpost(['restore', '-'], piped.out).code, 0)
  assert.equal(readFileSync(file, 'utf8'), toml)
  assert.equal(readFileSync(at('../settings.old/dialpost.toml'), 'utf8'), 'hostnam = 1\n')
  rmSync(at('dialpost.d'), { recursive: true })
  assert.equal(dialpost(['restore', 'saved']).code, 0)
  assert.equal(readFileSync(at('dialpost.d/isp'), 'utf8'), 's3cret\n')
  assert.equal(dialpost(['restore', 'absent']).code, 65)
  assert.deepEqual(readdirSync(root).sort(), ['dialpost.toml', 'saved', 'settings', 'settings.old'])
})

test('a setup that nobody finishes writes nothing', (t) => {
  const { root, file, dialpost } = stage(t)
  const { code, out } = dialpost(['setup'], 'moriah.shire.lan\n10.0.0.1/8\n')
  assert.equal(code, 75)
  assert.match(out, /Nothing is written\.\n$/)
  assert.equal(existsSync(file), false)
  assert.deepEqual(readdirSync(join(root, 'settings')), [])
})

test('the folder can be another than that of the file', (t) => {
  const { root, file, dialpost } = stage(t)
  writeFileSync(file, toml)
  mkdirSync(join(root, 'elsewhere'))
  writeFileSync(join(root, 'elsewhere', 'dialpost.toml'), '')
  symlinkSync('/etc/passwd', join(root, 'elsewhere', 'passwd'))
  const { code, err } = dialpost(['setup', '--folder', 'elsewhere'])
  assert.equal(code, 69)
  assert.match(err, /elsewhere is no folder of dialpost's alone: there is passwd in it/)
})
