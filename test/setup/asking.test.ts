import assert from 'node:assert/strict'
import { test } from 'node:test'
import { usualSize } from '../../src/console/terminal.ts'
import type { Voice } from '../../src/console/voice.ts'
import { atTerminal } from '../../src/setup/asking.ts'

const said: string[] = []
const voice: Voice = {
  say: (text) => said.push(text),
  complain: (text) => said.push(text),
  ask: async () => false,
  signal: new AbortController().signal,
}

/** What the daemon has of an operator's terminal: raw, and the command's own for the while. */
function terminal() {
  let screen = ''
  let type: ((octets: Uint8Array) => void) | undefined
  return {
    size: usualSize,
    rate: undefined,
    write: async (text: string) => void (screen += text),
    hear: (typed: (octets: Uint8Array) => void) => void (type = typed),
    gone: new AbortController().signal,
    type: (text: string) => type?.(Buffer.from(text)),
    screen: () => screen,
  }
}

test('on a terminal lines are asked for, yes and no too, and all is said on it', async () => {
  const own = terminal()
  const { read, ask, say, complain } = atTerminal({ ...voice, terminal: own })
  say('one\ntwo')
  complain('three')
  const line = read?.('Name: ')
  own.type('eddy\r')
  assert.equal(await line, 'eddy')
  const sure = ask('Sure?')
  own.type('y\r')
  assert.equal(await sure, true)
  assert.equal(own.screen(), 'one\r\ntwo\r\nthree\r\nName: eddy\r\nSure? [y/N] y\r\n')
  assert.deepEqual(said, [])
})

test('a voice without a terminal stays as it is, and so does one that can ask', () => {
  assert.equal(atTerminal(voice), voice)
  const able = { ...voice, read: async () => 'x', terminal: terminal() }
  assert.equal(atTerminal(able), able)
})
