import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complete, help, helpOn, match, suggestion } from '../../src/console/grammar.ts'

const table = [
  { pattern: 'queue', options: [{ name: '--json' }], help: 'what waits' },
  { pattern: 'show ID', help: 'one message' },
  { pattern: 'flush [ID|DOMAIN]', help: 'send now' },
  { pattern: 'hold ID…', help: 'park' },
  { pattern: 'link up', help: 'the line is up' },
  { pattern: 'link down', help: 'the line is down' },
  { pattern: 'log', options: [{ name: '-f' }, { name: '-n', value: 'N' }], help: 'the last lines' },
  { pattern: 'explain ADDRESS', options: [{ name: '--from', value: 'A' }], help: 'how it is routed' },
]

const understood: [string, string, readonly string[], readonly (readonly [string, string | true])[]][] = [
  ['queue', 'queue', [], []],
  ['queue --json', 'queue', [], [['--json', true]]],
  ['show 4F2', 'show ID', ['4F2'], []],
  ['flush', 'flush [ID|DOMAIN]', [], []],
  ['flush isp.example', 'flush [ID|DOMAIN]', ['isp.example'], []],
  ['hold 1 2 3a', 'hold ID…', ['1', '2', '3a'], []],
  ['link down', 'link down', [], []],
  [
    'log -n 20 -f',
    'log',
    [],
    [
      ['-n', '20'],
      ['-f', true],
    ],
  ],
  ['explain eddy@x.example --from=a@b.example', 'explain ADDRESS', ['eddy@x.example'], [['--from', 'a@b.example']]],
]

for (const [line, pattern, values, options] of understood) {
  test(`"${line}" is understood`, () => {
    const found = match(table, line.split(' '))
    assert.ok(!('mistake' in found), 'mistake' in found ? found.mistake : '')
    assert.equal(found.command.pattern, pattern)
    assert.deepEqual(found.values, values)
    assert.deepEqual([...found.options], options)
  })
}

const mistaken: [string, RegExp][] = [
  ['quue', /no such command: quue; did you mean queue\?/],
  ['wombat', /no such command: wombat$/],
  ['show', /ID is missing; usage: show ID/],
  ['show xyz!', /xyz! is not expected/],
  ['hold', /ID is missing/],
  ['queue --jsn', /--jsn is no option here; usage: queue \[--json\]/],
  ['log -n', /-n wants N/],
  ['link', /up is missing/],
  ['link sideways', /sideways is not expected/],
]

for (const [line, words] of mistaken) {
  test(`"${line}" is answered by what was expected`, () => {
    const found = match(table, line.split(' '))
    assert.ok('mistake' in found)
    assert.match(found.mistake, words)
  })
}

test('no word at all is answered by the list of commands', () => {
  const found = match(table, [])
  assert.ok('mistake' in found && found.mistake.includes('queue show flush'))
})

test('completion offers words, holes and options', () => {
  const holes = (hole: string) => (hole === 'ID' ? ['4F2', '4F3'] : [])
  assert.deepEqual(complete(table, ['l'], holes), ['link', 'log'])
  assert.deepEqual(complete(table, ['link', ''], holes), ['down', 'up'])
  assert.deepEqual(complete(table, ['show', '4'], holes), ['4F2', '4F3'])
  assert.deepEqual(complete(table, ['hold', '4F2', ''], holes), ['4F2', '4F3'])
  assert.deepEqual(complete(table, ['queue', '--'], holes), ['--json'])
})

test('options are completed anywhere, once, and so is what follows them', () => {
  const holes = (hole: string) => ({ A: ['eddy', 'keith'], ADDRESS: ['linda'], ID: ['4F2', '4F3'] })[hole] ?? []
  assert.deepEqual(complete(table, ['log', '-f', ''], holes), ['-n'])
  assert.deepEqual(complete(table, ['log', '-n', ''], holes), [])
  assert.deepEqual(complete(table, ['log', '-n', '3', '-'], holes), ['-f'])
  assert.deepEqual(complete(table, ['explain', 'eddy', '--from', 'k'], holes), ['keith'])
  assert.deepEqual(complete(table, ['explain', '--from', 'keith', 'l'], holes), ['linda'])
  assert.deepEqual(complete(table, ['hold', '4f'], holes), ['4F2', '4F3'], 'in small letters, too')
  assert.deepEqual(complete(table, ['queue', 'nothing', ''], holes), [])
})

test('help for one command has all its patterns, and what was probably meant', () => {
  assert.equal(helpOn(table, 'link'), 'link up    the line is up\nlink down  the line is down')
  assert.equal(helpOn(table, 'que'), 'There is no command que; did you mean queue?')
  assert.equal(helpOn(table, 'wombat'), 'There is no command wombat.')
})

test('help has one line a command', () => {
  assert.equal(help(table).split('\n').length, table.length)
  assert.match(help(table), /^log \[-f\] \[-n N\] +the last lines$/m)
})

test('a suggestion is made only for what is near', () => {
  assert.equal(suggestion('flsh', ['flush', 'hold']), '; did you mean flush?')
  assert.equal(suggestion('abc', ['flush', 'hold']), '')
})
