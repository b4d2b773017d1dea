/** Keys in, lines and the screen out. */
import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { ownTerminal } from '../../src/setup/terminal.ts'
import { lineReader } from '../../src/setup/typing.ts'

function typist({ isTTY = true } = {}) {
  const modes: boolean[] = []
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: (raw: boolean) => modes.push(raw) })
  const output = new PassThrough()
  let screen = ''
  output.setEncoding('utf8').on('data', (text: string) => (screen += text))
  const ending = new AbortController()
  const terminal = ownTerminal(input, output, ending.signal)
  return { read: lineReader(terminal, terminal), close: terminal.close, input, ending, modes, screen: () => screen }
}

/** What is typed, in pieces as they come; the line; the screen behind the prompt. */
const rows: readonly [typed: readonly string[], line: string, shown: string][] = [
  [['shofar\r'], 'shofar', 'shofar'],
  [['sho', 'far', '\r'], 'shofar', 'shofar'],
  [['shofar\n'], 'shofar', 'shofar'],
  [['shofaz\x7fr\r'], 'shofar', 'shofaz\b \br'],
  [['\b\x7fx\r'], 'x', 'x'],
  [['grün\x7f\x7f\x7fey\r'], 'gey', 'grün\b \b\b \b\b \bey'],
  [['wrong\x15right\r'], 'right', `wrong${'\b \b'.repeat(5)}right`],
  [['a\x1b[Db\x1b[1;5Cc\x1bOPd\r'], 'abcd', 'abcd'],
  [['a\x1b', '[', 'Db\r'], 'ab', 'ab'],
  [['a\tb\x01\x00c\x04\r'], 'abc', 'abc'],
  [['\r'], '', ''],
]

for (const [typed, line, shown] of rows) {
  test(`${JSON.stringify(typed.join('|'))} is ${JSON.stringify(line)}`, async () => {
    const { read, input, screen, close } = typist()
    const got = read('Name: ')
    for (const piece of typed) {
      input.write(piece)
      await new Promise(setImmediate)
    }
    assert.equal(await got, line)
    close()
    assert.equal(screen(), `Name: ${shown}\r\n`)
  })
}

test('what is hidden is not shown, and what comes after it is', async () => {
  const { read, input, screen, close } = typist()
  input.write('s3cre\x7fet\rshown\r')
  assert.equal(await read('Password: ', true), 's3cret')
  assert.equal(await read('Name: '), 'shown')
  close()
  assert.equal(screen(), 'Password: \r\nName: shown\r\n')
})

test('a character of several octets may come in pieces', async () => {
  const { read, input, close } = typist()
  const got = read('')
  for (const octet of Buffer.from('é€\r')) {
    input.write(Uint8Array.of(octet))
    await new Promise(setImmediate)
  }
  assert.equal(await got, 'é€')
  close()
})

test('lines that come faster than the questions wait for them; of a hidden paste nothing is shown', async () => {
  const { read, input, screen, close } = typist()
  for (const piece of ['one\r\ntwo\r', '\nthree', '\r\n']) input.write(piece)
  assert.deepEqual([await read('', true), await read('', true), await read('', true)], ['one', 'two', 'three'])
  close()
  assert.equal(screen(), '')
})

test('^C, ^D and the end of the daemon are the same: nobody is there any more', async () => {
  for (const leave of ['\x03', '\x04', 'half a line\x03', undefined]) {
    const { read, input, ending } = typist()
    const line = read('Name: ')
    if (leave === undefined) ending.abort()
    else input.write(leave)
    assert.equal(await line, undefined)
    assert.equal(await read('Again: '), undefined)
  }
})

test('a pipe is no terminal: no echo, and its end is the end', async () => {
  const { read, input, screen, modes } = typist({ isTTY: false })
  input.end('one\ntwo\n')
  assert.deepEqual([await read('First: '), await read('Second: ', true), await read('Third: ')], ['one', 'two', undefined])
  assert.equal(screen(), 'First: Second: Third: ')
  assert.deepEqual(modes, [])
})

test('the terminal is as it was when all is over', async () => {
  const { read, input, close, modes } = typist()
  input.write('x\r')
  await read('')
  close()
  assert.deepEqual(modes, [true, false])
})

test('what is typed while the line before it is still being shown is not forgotten', async () => {
  const shown = Promise.withResolvers<void>()
  let type: (octets: Uint8Array) => void = () => {}
  const read = lineReader({ write: () => shown.promise, hear: (typed) => void (type = typed), gone: new AbortController().signal })
  const line = read('')
  await new Promise(setImmediate)
  type(Buffer.from('sho'))
  await new Promise(setImmediate)
  type(Buffer.from('far\r'))
  await new Promise(setImmediate)
  shown.resolve()
  assert.equal(await line, 'shofar')
})
