/** What a shell's words come to: a terminal is lent to the daemon for as long as it wants it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CommandLineParts, commandLine, type LentTerminal } from '../../src/console/commandline.ts'
import type { Voice } from '../../src/console/voice.ts'

function shell(changes: Partial<CommandLineParts> = {}) {
  const heard: string[] = []
  const voice: Voice = {
    say: (text) => heard.push(text),
    complain: (text) => heard.push(`! ${text}`),
    ask: async () => false,
    signal: new AbortController().signal,
  }
  const terminal: LentTerminal = {
    size: { columns: 80, rows: 24 },
    rate: undefined,
    write: async () => {},
    hear: () => {},
    gone: new AbortController().signal,
    close: async () => void heard.push('closed'),
  }
  const unused = (): never => assert.fail('not asked for')
  const parts: CommandLineParts = {
    version: '0',
    check: () => ['x.toml:1: it is wrong'],
    runOf: (file) => (file === 'x.toml' ? '/run/x' : '/run/dialpost'),
    serve: unused,
    demo: unused,
    settings: unused,
    settingsFolder: unused,
    sendmail: unused,
    terminal: async (tty) => {
      heard.push(`terminal ${tty ?? 'here'}`)
      return terminal
    },
    ask: async (run, words, { terminal: lent }) => {
      heard.push(`ask ${run} ${words.join(' ')} ${lent === terminal ? 'with' : 'without'} it`)
      return 0
    },
    ...changes,
  }
  return { heard, run: (...words: readonly string[]) => commandLine(words, parts, voice) }
}

for (const [words, heard] of [
  [['console'], ['terminal here', 'ask /run/dialpost console with it', 'closed']],
  [
    ['console', '/dev/ttyS0'],
    ['terminal /dev/ttyS0', 'ask /run/dialpost console with it', 'closed'],
  ],
  [
    ['watch', '-C', 'x.toml'],
    ['terminal here', 'ask /run/x watch with it', 'closed'],
  ],
  [['status', '-C', 'x.toml'], ['ask /run/x status without it']],
] as const) {
  test(`dialpost ${words.join(' ')}`, async () => {
    const { heard: said, run } = shell()
    assert.equal(await run(...words), 0)
    assert.deepEqual(said, heard)
  })
}

test('a daemon is found by settings in which something is wrong, and check says what', async () => {
  const { heard, run } = shell()
  assert.equal(await run('status', '-C', 'x.toml'), 0)
  assert.equal(await run('check', '-C', 'x.toml'), 78)
  assert.deepEqual(heard, ['ask /run/x status without it', '! x.toml:1: it is wrong'])
})

test('without a terminal, or without a daemon, it is said, and the terminal is given back', async () => {
  const without = shell({ terminal: async () => ({ trouble: 'this wants a terminal' }) })
  assert.equal(await without.run('watch'), 69)
  assert.deepEqual(without.heard, ['! dialpost: this wants a terminal'])
  const alone = shell({ ask: async () => undefined })
  assert.equal(await alone.run('console'), 69)
  assert.match(alone.heard.join('\n'), /no daemon answers/)
  assert.equal(alone.heard.at(-1), 'closed')
})

test('help names every command once', async () => {
  const { heard, run } = shell()
  await run('help')
  const names = (heard[0] ?? '')
    .split('\n')
    .slice(2)
    .map((line) => line.split(/ {2}/)[0] ?? '')
  assert.equal(new Set(names).size, names.length)
  for (const name of ['serve', 'console [TTY]', 'watch', 'settings [NAME]', 'reboot', 'import fetchmailrc FILE'])
    assert.ok(
      names.some((one) => one.startsWith(name)),
      name,
    )
})
