/** rootfs's usr/sbin/dialpost and usr/lib/dialpost/ask: the control socket's dialogue without a second Node. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type ControlServer, serveControl } from '../../src/console/control.ts'
import type { Voice } from '../../src/console/voice.ts'
import { type Ended, onDevice, skip } from './device.ts'

const run = mkdtempSync(join(tmpdir(), 'dialpost-client-'))
after(() => rmSync(run, { recursive: true }))

/** What the box's `dialpost` prints when the daemon does this. */
async function typed(words: readonly string[], perform: (words: readonly string[], voice: Voice) => Promise<number>): Promise<Ended> {
  const server: ControlServer = await serveControl(join(run, 'control'), perform)
  try {
    return await onDevice('echo $$ >/run/box/daemon.pid; /usr/sbin/dialpost "$@"', { run }, ['sh', ...words])
  } finally {
    await server.close()
  }
}

test('words arrive as they were typed, whatever they are', { skip }, async () => {
  const words = ['show', 'a "b" \\c', "it's", '$x=y', '-f', '--', '', ' ', 'tab\there\nand a line', 'ünï→✓', '\x01\x7f', '*', 'a=b']
  let heard: readonly string[] = []
  const { code } = await typed(words, async (given) => {
    heard = given
    return 0
  })
  assert.deepEqual(heard, words)
  assert.equal(code, 0)
})

test('what is said and complained comes out as it is, and its exit code is the shell’s', { skip }, async () => {
  const text = 'a "b"\tback\\slash \\n \\u0041 ünï→\n\x1b[1mbold\x1b[0m'
  const { code, out, err } = await typed(['status'], async (_words, { say, complain }) => {
    say(text)
    complain('dialpost: "no"\\')
    say('')
    return 75
  })
  assert.equal(out, `${text}\n\n`)
  assert.equal(err, 'dialpost: "no"\\\n')
  assert.equal(code, 75)
})

test('a question that nobody can answer is answered by no', { skip }, async () => {
  let agreed: boolean | undefined
  const { code } = await typed(['delete', 'X'], async (_words, { ask }) => {
    agreed = await ask('Really?')
    return 0
  })
  assert.deepEqual([agreed, code], [false, 0])
})

test('a long answer comes whole', { skip }, async () => {
  const rows = Array.from({ length: 2000 }, (_, row) => `${row} "${'x'.repeat(60)}"`)
  const { out } = await typed(['queue'], async (_words, { say }) => {
    for (const row of rows) say(row)
    return 0
  })
  assert.equal(out, `${rows.join('\n')}\n`)
})

test('while no daemon runs, the program itself is called, as the daemon’s user', { skip }, async () => {
  const fake = 'printf "#!/bin/sh\\nid -un; echo \\"\\$*\\"\\n" >/usr/lib/dialpost/dialpost; chmod 755 /usr/lib/dialpost/dialpost\n'
  const { out } = await onDevice(`${fake} /usr/sbin/dialpost check -C "a b"`)
  assert.equal(out, 'dialpost\ncheck -C a b\n')
})
