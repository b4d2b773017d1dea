import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FolderCommand, folderCommands } from '../../src/console/folder-commands.ts'
import { match } from '../../src/console/grammar.ts'
import type { Voice } from '../../src/console/voice.ts'
import { fakeHouse } from '../fake/house.ts'

const voice: Voice = { say: () => {}, complain: () => {}, ask: async () => false, signal: new AbortController().signal }

test('the daemon performs them on its own settings, and on no other', async () => {
  const asked: FolderCommand[] = []
  const table = folderCommands(async (one) => asked.push(one))
  for (const typed of [
    'setup',
    'export --secrets',
    'export /media/x',
    'restore -',
    'import fetchmailrc /media/rc',
    'import sendmail-mc -',
  ]) {
    const found = match(table, typed.split(' '))
    assert.ok('command' in found, typed)
    await found.command.run(fakeHouse(), { values: found.values, options: found.options, json: false }, voice)
  }
  assert.deepEqual(asked, [
    { name: 'setup', values: [], options: new Map() },
    { name: 'export', values: [], options: new Map([['--secrets', true]]) },
    { name: 'export', values: ['/media/x'], options: new Map() },
    { name: 'restore', values: ['-'], options: new Map() },
    { name: 'import fetchmailrc', values: ['/media/rc'], options: new Map() },
    { name: 'import sendmail-mc', values: ['-'], options: new Map() },
  ])
  for (const typed of ['export -C /etc/passwd', 'setup --folder /tmp', 'restore -C x'])
    assert.ok('mistake' in match(table, typed.split(' ')), typed)
})
