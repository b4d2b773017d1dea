import assert from 'node:assert/strict'
import { test } from 'node:test'
import { abortStrings, outcomeOfChat } from '../../src/link/chat-script.ts'

const script = `# Debian's provider, more or less
ABORT BUSY
ABORT 'NO CARRIER'
ABORT	"NO DIALTONE"
ABORT "\\nERROR" ABORT VOICE
CLR_ABORT VOICE
REPORT CONNECT
TIMEOUT 60
'' ATZ
OK-AT-OK "ATDT\\T"
CONNECT \\d\\c
`

test('ABORT strings in the order in which chat counts them', () => {
  assert.deepEqual(abortStrings(script), ['BUSY', 'NO CARRIER', 'NO DIALTONE', '\\nERROR'])
  assert.deepEqual(abortStrings(''), [])
  // A string that is sent is no word of the language.
  assert.deepEqual(abortStrings('ABORT ABORT ABORT BUSY'), ['ABORT', 'BUSY'])
})

const ends: readonly (readonly [number | null, string, object])[] = [
  [0, 'chat:  Nov 25 06:18:22 CONNECT 33600/ARQ/V34\n', { kind: 'connected', carrier: { speed: 33_600, protocol: 'ARQ/V34' } }],
  [0, '', { kind: 'connected', carrier: { speed: 0, protocol: '' } }],
  [3, '', { kind: 'failed', failure: 'no-answer', words: 'the chat script waited in vain (chat exits with 3)' }],
  [4, '', { kind: 'failed', failure: 'busy', words: 'BUSY' }],
  [5, '', { kind: 'failed', failure: 'no-carrier', words: 'NO CARRIER' }],
  [6, '', { kind: 'failed', failure: 'no-dialtone', words: 'NO DIALTONE' }],
  [7, '', { kind: 'failed', failure: 'refused', words: '\\nERROR' }],
  [8, '', { kind: 'failed', failure: 'refused', words: 'chat exits with 8' }],
  [1, 'Usage: chat', { kind: 'failed', failure: 'refused', words: 'chat exits with 1: Usage: chat' }],
  [null, '', { kind: 'failed', failure: 'refused', words: 'chat was killed' }],
]

test('how chat ends, as how a dial ends', () => {
  for (const [code, said, outcome] of ends) assert.deepEqual(outcomeOfChat({ code, said }, script), outcome, `exit ${code}`)
})
