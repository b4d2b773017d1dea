import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AtReply, cutLines, parseReply } from '../../src/link/at-reply.ts'

const connect = (speed: number, protocol = ''): AtReply => ({ kind: 'connect', carrier: { speed, protocol } })
const failed = (failure: (AtReply & { kind: 'failed' })['failure'], words: string): AtReply => ({ kind: 'failed', failure, words })

const inWords: readonly (readonly [string, AtReply])[] = [
  ['OK', { kind: 'ok' }],
  ['ok', { kind: 'ok' }],
  ['ERROR', { kind: 'error', words: 'ERROR' }],
  ['+CME ERROR: SIM not inserted', { kind: 'error', words: '+CME ERROR: SIM not inserted' }],
  ['CONNECT', connect(0)],
  ['CONNECT 115200', connect(115_200)],
  ['CONNECT 33600/ARQ/V34', connect(33_600, 'ARQ/V34')],
  ['CONNECT 26400/ARQ/V34/LAPM/V42BIS', connect(26_400, 'ARQ/V34/LAPM/V42BIS')],
  ['CONNECT 31200 REL', connect(31_200, 'REL')],
  ['CONNECT 49333bps V42bis', connect(49_333, 'V42BIS')],
  ['CONNECT/REL', connect(0, 'REL')],
  ['CARRIER 33600', { kind: 'carrier', carrier: { speed: 33_600 } }],
  ['PROTOCOL: LAP-M', { kind: 'carrier', carrier: { protocol: 'LAP-M' } }],
  ['PROTOCOL: NONE', { kind: 'carrier', carrier: { protocol: '' } }],
  ['COMPRESSION: V.42BIS', { kind: 'carrier', carrier: { protocol: 'V.42BIS' } }],
  ['+MRR: 31200,28800', { kind: 'carrier', carrier: { speed: 31_200 } }],
  ['NO CARRIER', failed('no-carrier', 'NO CARRIER')],
  ['NO DIALTONE', failed('no-dialtone', 'NO DIALTONE')],
  ['NO DIAL TONE', failed('no-dialtone', 'NO DIAL TONE')],
  ['BUSY', failed('busy', 'BUSY')],
  ['NO ANSWER', failed('no-answer', 'NO ANSWER')],
  ['VOICE', failed('voice', 'VOICE')],
  ['DELAYED 00:01:30', failed('delayed', 'DELAYED 00:01:30')],
  ['DELAYED', failed('delayed', 'DELAYED')],
  ['BLACKLISTED', failed('blacklisted', 'BLACKLISTED')],
  ['RING', { kind: 'ring' }],
  ['RINGING', { kind: 'ring' }],
  // What is not one, however near.
  ['CONNECTED', { kind: 'info', words: 'CONNECTED' }],
  ['DISCONNECT', { kind: 'info', words: 'DISCONNECT' }],
  ['xCONNECT 33600', { kind: 'info', words: 'xCONNECT 33600' }],
  ['OK THEN', { kind: 'info', words: 'OK THEN' }],
  ['BUSYBODY', { kind: 'info', words: 'BUSYBODY' }],
  ['ATDT08451234567', { kind: 'info', words: 'ATDT08451234567' }],
  ['1', { kind: 'info', words: '1' }],
]

test('result codes in words', () => {
  for (const [line, reply] of inWords) assert.deepEqual(parseReply(line, 'words'), reply, line)
})

const inNumbers: readonly (readonly [string, AtReply])[] = [
  ['0', { kind: 'ok' }],
  ['1', connect(0)],
  ['2', { kind: 'ring' }],
  ['3', failed('no-carrier', 'NO CARRIER')],
  ['4', { kind: 'error', words: 'ERROR' }],
  ['5', connect(1200)],
  ['6', failed('no-dialtone', 'NO DIALTONE')],
  ['7', failed('busy', 'BUSY')],
  ['8', failed('no-answer', 'NO ANSWER')],
  ['10', connect(2400)],
  ['11', connect(4800)],
  ['12', connect(9600)],
  // A vendor's own.
  ['9', { kind: 'info', words: '9' }],
  ['13', { kind: 'info', words: '13' }],
  ['85', { kind: 'info', words: '85' }],
  ['33600', { kind: 'info', words: '33600' }],
  // A modem that was asked for words since.
  ['OK', { kind: 'ok' }],
]

test('result codes in numbers', () => {
  for (const [line, reply] of inNumbers) assert.deepEqual(parseReply(line, 'numbers'), reply, line)
})

test('lines are the same however they are chopped, without noise and blank ones', () => {
  const heard = '\xff\0ATZ\r\r\nOK\r\n\r\n CONNECT 33600\r\n~}#'
  for (let size = 1; size < heard.length; size++) {
    const lines: string[] = []
    let rest = ''
    for (let at = 0; at < heard.length; at += size) {
      const cut = cutLines(rest, heard.slice(at, at + size))
      rest = cut.rest
      lines.push(...cut.lines)
    }
    assert.deepEqual([lines, rest], [['ATZ', 'OK', 'CONNECT 33600'], '~}#'], `in pieces of ${size}`)
  }
})

test('of noise without an end little is kept, and the line behind it is whole', () => {
  const noise = cutLines('', 'x'.repeat(100_000))
  assert.ok(noise.rest.length <= 400)
  const { lines } = cutLines(noise.rest, 'CONNECT\r\nOK\r\n')
  assert.equal(lines.length, 2)
  assert.deepEqual(
    lines.map((line) => parseReply(line, 'either').kind),
    ['info', 'ok'],
  )
})
