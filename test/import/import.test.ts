/** The command, as a shell, a pipe and the console have it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Voice } from '../../src/console/voice.ts'
import { importSettings, type OldFile, type Source } from '../../src/import/import.ts'

async function perform(kind: OldFile, source: Source | readonly string[]) {
  const said: string[] = []
  const complaints: string[] = []
  const typed = Array.isArray(source) ? [...(source as readonly string[])] : undefined
  const voice: Voice = {
    say: (text) => said.push(text),
    complain: (text) => complaints.push(text),
    ask: async () => false,
    signal: new AbortController().signal,
    ...(typed ? { read: async () => typed.shift() } : {}),
  }
  const code = await importSettings(kind, typed ? { name: '-' } : (source as Source), voice)
  return { code, said: said.join('\n'), complaints }
}

const file = (text: string): Source => ({ name: '/root/rc', read: () => ({ text }) })

test('settings are said, and nothing else', async () => {
  const { code, said, complaints } = await perform('fetchmailrc', file('poll x.example proto pop3 user u pass s3cret is eddy here\r\n'))
  assert.deepEqual([code, complaints], [0, []])
  assert.match(said, /^password_file = "\/etc\/dialpost.d\/u"/m)
  assert.doesNotMatch(said, /s3cret/)
})

test('every mistake is told with file and line, and no settings are', async () => {
  const { code, said, complaints } = await perform('fetchmailrc', file('poll x port y\npoll z\n\nuser'))
  assert.deepEqual([code, said], [65, ''])
  assert.deepEqual(complaints, [
    '/root/rc:1: a number is expected after port, not a text',
    '/root/rc:4: a name is expected after user, where the file ends',
  ])
})

test('of very many mistakes the first are told', async () => {
  const { complaints } = await perform('fetchmailrc', file('poll x port y\n'.repeat(200)))
  assert.deepEqual([complaints.length, complaints.at(-1)], [21, '/root/rc: and 180 more mistakes'])
})

test('a file that is not there, or no text, or too large, is no settings', async () => {
  const troubles: readonly [Source, string][] = [
    [{ name: '/x', read: async () => ({ trouble: 'is not there' }) }, 'dialpost: /x is not there'],
    [file('a\0b'), 'dialpost: /root/rc is not a text; name the file itself'],
    [file('#'.repeat(1024 * 1024 + 1)), 'dialpost: /root/rc is too large to be such a file'],
    [{ name: '-' }, 'dialpost: - cannot be pasted here; name the file'],
  ]
  for (const [source, told] of troubles) assert.deepEqual(await perform('sendmail-mc', source), { code: 65, said: '', complaints: [told] })
})

test('a file is pasted, to its line "end"', async () => {
  const { code, said } = await perform('sendmail-mc', ['define(SMART_HOST, a.example)dnl', 'end ', 'x'])
  assert.equal(code, 0)
  assert.match(said, /^Paste the file, [^]*^host = "a.example" {2}# line 1$/m)
  const { code: broken, complaints } = await perform('sendmail-mc', ['define(SMART_HOST, a.example)dnl'])
  assert.deepEqual([broken, complaints], [65, ['dialpost: - has no line "end" at its end; nothing was done']])
})
