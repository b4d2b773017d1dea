import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAliases } from '../../src/route/aliases.ts'
import { formatTarget, parseTargetLines, parseTargets } from '../../src/route/targets.ts'

const parse = (text: string) => parseAliases([{ path: '/etc/aliases', text }])
const read = (text: string) => [...parse(text).byName.values()].map(({ name, targets }) => [name, targets.map(formatTarget)])
const mistakes = (text: string) => parse(text).mistakes.map(({ where, text }) => `${where}: ${text}`)

const good: readonly (readonly [string, string, readonly (readonly [string, readonly string[]])[]])[] = [
  ['one target', 'postmaster: eddy\n', [['postmaster', ['eddy']]]],
  ['several targets', 'staff: eddy, keith@shire.lan ,bob@far.example', [['staff', ['eddy', 'keith@shire.lan', 'bob@far.example']]]],
  [
    'continued by a blank',
    'staff: eddy,\n\tkeith\n  , bob\nroot: eddy\n',
    [
      ['staff', ['eddy', 'keith', 'bob']],
      ['root', ['eddy']],
    ],
  ],
  [
    'continued by a backslash',
    'staff: eddy, \\\nkeith\nroot: eddy\n',
    [
      ['staff', ['eddy', 'keith']],
      ['root', ['eddy']],
    ],
  ],
  ['a comment line inside', 'staff: eddy,\n# who else?\n  keith\n', [['staff', ['eddy', 'keith']]]],
  ['comments and empty lines', '# all\n\n   \nroot: eddy\n#end', [['root', ['eddy']]]],
  ['a quoted name', '"list master": eddy', [['list master', ['eddy']]]],
  [
    'DOS line ends',
    'root: eddy\r\nstaff: root\r\n',
    [
      ['root', ['eddy']],
      ['staff', ['root']],
    ],
  ],
  ['a program with commas', 'fax: "|/usr/bin/fax -a, -b", eddy', [['fax', ['"|/usr/bin/fax -a, -b"', 'eddy']]]],
  ['a program without quotes', 'fax: |/usr/bin/fax', [['fax', ['"|/usr/bin/fax"']]]],
  ['a file', 'archive: /var/archive, "/var/two words"', [['archive', ['/var/archive', '/var/two words']]]],
  ['an include', 'list: :include:/etc/list, ":include: /etc/other"', [['list', [':include: /etc/list', ':include: /etc/other']]]],
  ['the mailbox itself', 'eddy: \\eddy, keith', [['eddy', ['\\eddy', 'keith']]]],
  ['names beside addresses', 'all: Eddy Younger <eddy@x.example>, keith (the other)', [['all', ['eddy@x.example', 'keith']]]],
  ['an error, commas and all', 'gone: error: 550 Gone, for good', [['gone', ['error: 550 Gone, for good']]]],
  ['blanks before the colon', 'root : eddy', [['root', ['eddy']]]],
]
for (const [name, text, expected] of good) {
  test(`aliases: ${name}`, () => {
    assert.deepEqual(read(text), expected)
    assert.deepEqual(mistakes(text), [])
  })
}

test('names are found in any letter case', () => {
  assert.equal(parse('NELUG-Admin: eddy').byName.get('nelug-admin')?.where, '/etc/aliases:1')
})

const bad: readonly (readonly [string, string, RegExp])[] = [
  ['no colon', 'root eddy', /^\/etc\/aliases:1: an alias is/],
  ['no name', '# x\n: eddy', /^\/etc\/aliases:2: an alias is/],
  ['no target', 'root:', /^\/etc\/aliases:1: the alias root leads nowhere/],
  ['a name with a domain', 'root@moriah: eddy', /only local names/],
  ['a target that is none', 'root: eddy, keith@', /"keith@" is no address/],
  ['a relative include', 'root: :include: list', /is no address/],
  ['a name twice', 'root: eddy\nRoot: keith', /^\/etc\/aliases:2: the alias Root stands already at \/etc\/aliases:1/],
]
for (const [name, text, expected] of bad) {
  test(`aliases: ${name} is reported with its line`, () => {
    assert.equal(mistakes(text).length, name === 'a relative include' ? 2 : 1)
    assert.match(mistakes(text)[0] ?? '', expected)
  })
}

test('a mistake costs its own line only, and the first of two aliases holds', () => {
  assert.deepEqual(read('nonsense\nroot: eddy, keith@\nroot: keith'), [['root', ['eddy']]])
})

test('files are read in order', () => {
  const { byName, mistakes } = parseAliases([
    { path: '/a', text: 'root: eddy' },
    { path: '/b', text: '\nroot: keith\nstaff: root' },
  ])
  assert.equal(byName.get('root')?.where, '/a:1')
  assert.equal(byName.get('staff')?.where, '/b:3')
  assert.equal(mistakes[0]?.where, '/b:2')
})

test('an include has one list a line, and comments', () => {
  const { targets, mistakes } = parseTargetLines('/etc/list', '# members\neddy, keith\n\n  # more\nbob@far.example\n@@\n')
  assert.deepEqual(targets.map(formatTarget), ['eddy', 'keith', 'bob@far.example'])
  assert.deepEqual(
    mistakes.map(({ where }) => where),
    ['/etc/list:6'],
  )
})

for (const piece of ['"', '(', '<', '\\', ',', '"\\', 'a ', ':include:']) {
  test(`64 KB of ${JSON.stringify(piece)} cost time in proportion`, () => {
    const began = process.cpuUsage()
    parseTargets(piece.repeat(Math.ceil(65536 / piece.length)))
    assert.ok(process.cpuUsage(began).user < 3_000_000)
  })
}
