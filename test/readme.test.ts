/** What README.md promises: its example settings are good, and every command, option and setting that it names is there. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { isSetting } from '../src/config/describe.ts'
import { readConfig } from '../src/config/read.ts'
import { settingNames } from '../src/config/settings.ts'
import { type CommandLineParts, commandLine } from '../src/console/commandline.ts'
import { commands } from '../src/console/commands.ts'
import { folderPatterns } from '../src/console/folder-commands.ts'
import { match } from '../src/console/grammar.ts'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
const help = await helpText()

const root = mkdtempSync(join(tmpdir(), 'dialpost-readme-'))
after(() => rmSync(root, { recursive: true }))

test('the first configuration has no mistake', () => {
  const [, toml = ''] = /^```toml\n([^]*?)^```$/m.exec(readme) ?? []
  mkdirSync(join(root, 'etc/dialpost.d'), { recursive: true })
  const passwords = [...toml.matchAll(/^password_file = "(.+?)"/gm)].map(([, path = '']) => path)
  assert.ok(passwords.length > 0)
  for (const path of passwords) writeFileSync(join(root, path), 'walls\n', { mode: 0o600 })
  const file = join(root, 'etc/dialpost.toml')
  writeFileSync(file, toml)
  const read = readConfig(file, { root, machine: { hostname: 'moriah.shire.lan' } })
  assert.deepEqual('mistakes' in read ? read.mistakes : [], [])
})

describe('every command in it is there, with its options:', () => {
  for (const words of commandsNamed()) test(words.join(' '), () => assert.ok(isCommand(words), help))
})

describe('every setting that a table row names is there:', () => {
  const rows = readme.split('\n').filter((line) => line.startsWith('|') && !line.startsWith('|-'))
  const named = new Set(rows.flatMap((row) => settingsNamed(row.split(' | ').at(-1) ?? '')))
  assert.ok(named.size > 15, [...named].join(' '))
  for (const name of named) test(name, () => assert.ok(isKnown(name)))
})

test('those that take --json are named, and no others', () => {
  const [, list = ''] = /^(.*) take `--json`/m.exec(readme) ?? []
  const taking = commands.filter(({ options }) => options?.some(({ name }) => name === '--json'))
  assert.deepEqual(
    [...list.matchAll(/`(.+?)`/g)].map(([, name]) => name),
    taking.map(({ pattern }) => pattern.split(' ')[0]),
  )
})

/** `dialpost log -f`, in text or in a line for the shell; in a list the second and third stand without `dialpost`. */
function commandsNamed(): readonly string[][] {
  const quoted = [...readme.matchAll(/`dialpost ([^`\n]+)`((?:,? (?:or )?`[a-z]+`)*)/g)]
  const shell = [...readme.matchAll(/^dialpost ([a-z][^#\n]*)/gm)].map(([, words = '']) => words)
  const listed = quoted.flatMap(([, words = '', more = '']) => [words, ...[...more.matchAll(/`(.+?)`/g)].map(([, name = '']) => name)])
  const all = [...listed, ...shell].map((words) => words.trim())
  assert.ok(all.length > 15, all.join(', '))
  return [...new Set(all)].map((words) => words.split(/\s+/))
}

/** As it stands, or, where the README gives no more than its name, by the name. */
function isCommand(words: readonly string[]): boolean {
  if (!('mistake' in match([...commands, ...folderPatterns], words))) return true
  const line = help.split('\n').find((one) => one.startsWith(`${words[0]} `))
  return line !== undefined && words.slice(1).every((word) => line.includes(word))
}

async function helpText(): Promise<string> {
  const said: string[] = []
  const voice = {
    say: (text: string) => said.push(text),
    complain: assert.fail,
    ask: async () => false,
    signal: new AbortController().signal,
  }
  await commandLine(['help'], { version: '' } as CommandLineParts, voice)
  return said.join('\n')
}

/** `[masquerade]`, `[[mailbox]]`, `host = "h"` and a bare `strip_prefix`; commands are others' business. */
function settingsNamed(cell: string): readonly string[] {
  const quoted = [...cell.matchAll(/`([^`]+)`/g)].map(([, words = '']) => words)
  return quoted.flatMap((words) => {
    const table = /^\[{1,2}([a-z.]+)\]{1,2}$/.exec(words)?.[1]
    const name = /^([a-z]+(?:_[a-z]+)*)(?: = .*)?$/.exec(words)?.[1]
    return table ?? name ?? []
  })
}

/** Under its own name, or in some table. */
function isKnown(name: string): boolean {
  return isSetting(name) || settingNames().some((known) => isSetting(known) && known.endsWith(`.${name}`))
}
