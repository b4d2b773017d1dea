import assert from 'node:assert/strict'
import { test } from 'node:test'
import { positions } from '../../src/config/positions.ts'

const document = `# line 1
top = 1
"quoted key" = 2 ; dotted.inner = 3

[accept] # a comment with [brackets] and "quotes
listen = [
  "a", # , "not an element"
  "b",

  "c, ]", 'd # ]' ]
text = """
fake = 1
[fake]
""" # end
inline = { one = 1, two = { three = 3 },
  four = [ 4,
    5 ] }

[[mailbox]]
name = "first"
[mailbox.multidrop]
users.nelug = 1
users."a.b" = 2

[[mailbox]]
multidrop.domains = ["x"]
[mailbox.multidrop.users]
'lit' = '''it''s'''
last = 1
[ link . modem ]
tty = "\\"]"
speed = 1
`.replace(' ; ', '\n')

const places: readonly [path: readonly (string | number)[], line: number][] = [
  [[], 1],
  [['top'], 2],
  [['quoted key'], 3],
  [['dotted'], 4],
  [['dotted', 'inner'], 4],
  [['accept'], 6],
  [['accept', 'listen'], 7],
  [['accept', 'listen', 0], 8],
  [['accept', 'listen', 1], 9],
  [['accept', 'listen', 2], 11],
  [['accept', 'listen', 3], 11],
  [['accept', 'text'], 12],
  [['fake'], 1],
  [['accept', 'fake'], 6],
  [['accept', 'inline', 'one'], 16],
  [['accept', 'inline', 'two', 'three'], 16],
  [['accept', 'inline', 'four', 0], 17],
  [['accept', 'inline', 'four', 1], 18],
  [['accept', 'not there'], 6],
  [['mailbox', 0, 'name'], 21],
  [['mailbox', 0, 'multidrop'], 22],
  [['mailbox', 0, 'multidrop', 'users', 'nelug'], 23],
  [['mailbox', 0, 'multidrop', 'users', 'a.b'], 24],
  [['mailbox', 1], 26],
  [['mailbox', 1, 'multidrop', 'domains', 0], 27],
  [['mailbox', 1, 'multidrop', 'users'], 28],
  [['mailbox', 1, 'multidrop', 'users', 'lit'], 29],
  [['mailbox', 1, 'multidrop', 'users', 'last'], 30],
  [['link', 'modem', 'tty'], 32],
  [['link', 'modem', 'speed'], 33],
]

for (const [path, line] of places)
  test(`${path.join('.') || 'the document'} stands on line ${line}`, () => assert.equal(positions(document)(path), line))

test('a table that stands for a list of one is found by index 0', () => {
  assert.equal(positions('\n[smarthost]\nhost = "x"')(['smarthost', 0, 'host']), 3)
})

test('a byte order mark and Windows line ends change nothing', () => {
  assert.equal(positions('\ufeffa = 1\r\nb = [\r\n1 ]\r\n')(['b', 0]), 3)
})

test('rubbish ends, whatever it is', () => {
  for (const rubbish of ['[', '[[', '= = =', 'a = [', 'a = {', 'a = {{{', '"', "'''", 'a = "\\', ']\n}', 'a.b..c', '\0\0'])
    assert.equal(positions(rubbish)(['nothing']), 1)
})

test('a table that stands for a list of one is found inside an element of a list, too', () => {
  const line = positions('[[isp]]\nname = "a"\n[isp.smarthost]\nhost = "x"\n[[isp]]\nsmarthost = { port = 1,\n  host = "y" }\n')
  assert.deepEqual(
    [
      ['isp', 0, 'smarthost', 0, 'host'],
      ['isp', 0, 'smarthost', 0, 'port'],
      ['isp', 1, 'smarthost', 0, 'port'],
      ['isp', 1, 'mailbox', 0],
    ].map(line),
    [4, 3, 6, 5],
  )
})
