/** The session machine: what is typed, said and asked, and what comes of it; and what must change nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Effect, Event, Facts, State } from '../../src/console/dialogue.ts'
import { textOf } from '../../src/console/editor.ts'
import { atRest, decode } from '../../src/console/keys.ts'
import { begin, step } from '../../src/console/session.ts'

const facts: Facts = {
  prompt: () => 'moriah (down) > ',
  complete: (words) => (words.length === 1 ? ['queue', 'quit'] : ['4F2', '4F3']).filter((one) => one.startsWith(words.at(-1) ?? '')),
  understands: (words) => words[0] === 'queue',
  help: (command) => `help of ${command ?? 'all'}`,
}
const size = { columns: 80, rows: 6 }
const prompt = facts.prompt()

type Played = { readonly state: State; readonly done: readonly string[] }

/** Keys as octets, and other events, one after the other; what is done is noted in short. */
function play(...moves: readonly (string | Event)[]): Played {
  const first = begin(size, 'hello', facts)
  return moves.reduce<Played>(
    (now, move) => {
      const events: readonly Event[] =
        typeof move === 'string' ? decode(atRest, Buffer.from(move)).keys.map((key): Event => ({ kind: 'key', key })) : [move]
      return events.reduce<Played>(({ state, done }, event) => {
        const next = step(state, event, facts)
        return { state: next.state, done: [...done, ...next.effects.map(short)] }
      }, now)
    },
    { state: first.state, done: [] },
  )
}

function short(effect: Effect): string {
  switch (effect.kind) {
    case 'write':
    case 'pass':
    case 'tell':
      return `${effect.kind === 'write' ? '' : `${effect.kind} `}${effect.text}`
    case 'run':
      return `run ${effect.words.join(' ')}`
    case 'answer':
      return `answer ${effect.yes ? 'yes' : 'no'}`
    default:
      return effect.kind
  }
}

const said = (text: string, live = false): Event => ({ kind: 'said', text, live })
const ended = (code = 0): Event => ({ kind: 'ended', code })
const asked: Event = { kind: 'asked', question: 'Sure?' }
const six = 'one\ntwo\nthree\nfour\nfive\nsix'

/** Moves, and the last of what is done. */
const rows: readonly (readonly [string, readonly (string | Event)[], readonly string[]])[] = [
  ['a line is run', ['queue\r'], ['\r\n', 'run queue']],
  ['blanks do not matter', ['  show   4F2 \r'], ['\r\n', 'run show 4F2']],
  ["the program's name in front does not matter", ['dialpost queue\r'], ['\r\n', 'run queue']],
  ['an empty line is answered by a prompt', ['\r'], [`\r\n${prompt}`]],
  ['what is said is shown, and then there is a prompt', ['queue\r', said('empty'), ended()], ['empty\r\n', prompt]],
  ['an exit code is a word', ['queue\r', ended(69)], ['run queue', `(not possible now)\r\n${prompt}`]],
  ['a full page waits', ['queue\r', said(six)], ['one\r\ntwo\r\nthree\r\nfour\r\nfive\r\n--more--']],
  ['a blank turns it', ['queue\r', said(six), ' '], ['\r        \rsix\r\n']],
  ['a line end shows one row more', ['queue\r', said(`${six}\nseven`), '\r'], ['\r        \rsix\r\n--more--']],
  ['q is enough', ['queue\r', said(six), 'q'], ['interrupt', 'discard', '\r        \r^C\r\n']],
  ['what is said after that is not shown', ['queue\r', said(six), 'q', said('seven')], ['discard', '\r        \r^C\r\n']],
  ['nor is its exit code', ['queue\r', said(six), 'q', ended(70)], ['\r        \r^C\r\n', prompt]],
  ['where it had ended there is a prompt at once', ['queue\r', said(six), ended(), '\x03'], ['\r        \r^C\r\n', prompt]],
  ['what happens now waits for no key', ['log -f\r', said(six, true)], [`${six.replaceAll('\n', '\r\n')}\r\n`]],
  ['^C ends a command', ['log -f\r', '\x03'], ['interrupt', 'discard', '^C\r\n']],
  ['^C at a prompt begins anew', ['que\x03'], [`^C\r\n${prompt}`]],
  ['^D in an empty line leaves', ['\x04'], ['\r\n', 'leave']],
  ['so does exit', ['exit\r'], ['\r\n', 'leave']],
  ['a question is answered by yes', ['delete 4F2\r', asked, 'yes\r'], ['\r\n', 'answer yes']],
  ['and by nothing else', ['delete 4F2\r', asked, 'yeah\r'], ['\r\n', 'answer no']],
  ['what was typed before a question is no answer to it', ['delete 4F2\r', 'y\r', asked, '\r'], ['\r\n', 'answer no']],
  ['^C is no', ['delete 4F2\r', asked, '\x03'], ['answer no', 'interrupt', 'discard', '^C\r\n']],
  ['a question behind a full page waits, too', ['delete 4F2\r', said(six), asked, ' '], ['\r        \rsix\r\nSure?\r\nyes or no? ']],
  ['what was typed ahead is run next', ['queue\r', 'status\r', ended()], ['u', 's', '\r\n', 'run status']],
  ['help needs nobody', ['help queue\r'], ['\r\n', 'tell help of queue']],
  ['? is help as well', ['?'], ['?\r\n', 'tell help of all']],
  ['? after a command is help for it, and the line goes on', ['queue ?', ended()], ['tell help of queue', `${prompt}queue `]],
  ['? within a word is a letter', ['explain a?'], ['?']],
  ['Tab completes', ['que\t'], ['ue ']],
  ['Tab completes what all have in common', ['q\t'], ['u']],
  ['Tab lists them where they have nothing more', ['qu\t'], ['\r\n', 'tell queue  quit']],
  ['the last line is called back', ['queue\r', ended(), '\x1b[A'], ['queue']],
  ['and the line before it', ['queue\r', ended(), 'show 1\r', ended(), '\x1b[A\x1b[A'], ['show 1', '\x1b[6Dqueue\x1b[K']],
  ['and what was being typed', ['queue\r', ended(), 'ho\x1b[A\x1b[B'], ['\x1b[5Dho\x1b[K']],
  ['a command that has the screen has the keys', ['watch\r', { kind: 'took' }, 'q'], ['run watch', 'pass q']],
  ['but for ^C', ['watch\r', { kind: 'took' }, '\x03'], ['interrupt', 'discard', '^C\r\n']],
]

for (const [name, moves, last] of rows) {
  test(name, () => assert.deepEqual(play(...moves).done.slice(-last.length), last))
}

/** Nothing is done, and nothing is another. */
const still: readonly (readonly [string, readonly (string | Event)[], string | Event])[] = [
  ['a cursor key in an empty line', [], '\x1b[D'],
  ['noise', ['que'], '\u0000\u0007\u001b[15~'],
  ['the end of a history', ['queue\r', ended(), '\x1b[A'], '\x1b[A'],
  ['the latest line of it', ['que'], '\x1b[B'],
  ['Tab where nothing can follow', ['zzz'], '\t'],
  ['another key while a page waits', ['queue\r', said(six)], 'x'],
  ['something said when nothing runs', [], said('late')],
  ['an end when nothing runs', [], ended(1)],
  ['a question when nothing runs', [], asked],
]

for (const [name, moves, move] of still) {
  test(`${name} changes nothing`, () => {
    const before = play(...moves)
    const after = play(...moves, move)
    assert.deepEqual(after, before)
  })
}

test('a terminal says how large it is, and pages are as long', () => {
  const { state, done } = play('\x1b[4;40R', 'queue\r', said(six))
  assert.deepEqual(state.size, { columns: 40, rows: 4 })
  assert.equal(done.at(-1), 'one\r\ntwo\r\nthree\r\n--more--')
  assert.deepEqual(play('\x1b[1;1R').state.size, { columns: 20, rows: 4 }, 'but not smaller than anybody can use')
})

test('a line that is shown on two rows counts as two', () => {
  const { done } = play('queue\r', said(`${'x'.repeat(100)}\ntwo\nthree\nfour\nfive`))
  assert.match(done.at(-1) ?? '', /^x+\r\ntwo\r\nthree\r\nfour\r\n--more--$/)
})

test('the history is bounded, and holds nothing twice in a row', () => {
  const lines = Array.from({ length: 70 }, (_, at) => [`show ${at}\r`, ended(), `show ${at}\r`, ended()]).flat()
  const { history } = play(...lines).state
  assert.equal(history.length, 50)
  assert.deepEqual(history.slice(-2), ['show 68', 'show 69'])
})

const wrong = ['zzz\r', ended(64)]
const five = [...wrong, ...wrong, ...wrong, ...wrong, ...wrong]

test('after five lines that are no command nothing is echoed or answered', () => {
  const silent = play(...five)
  assert.match(silent.done.at(-1) ?? '', /silent until/)
  assert.deepEqual(play(...five, 'moriah (down) > zzz\r\n\r\n\t?\x1b[A\x0c').done, silent.done)
})

test('until one that is a command, or ^C', () => {
  assert.deepEqual(play(...five, 'queue\r').done.slice(-2), ['\r\n', 'run queue'])
  assert.equal(play(...five, '\x03').done.at(-1), `\r\n${prompt}`)
  assert.deepEqual(play(...five, '\x03', 'zzz\r').done.slice(-1), ['run zzz'])
})

test('whatever comes from a line, the machine holds: the cursor within the line, memory and output bounded', () => {
  const event: fc.Arbitrary<string | Event> = fc.oneof(
    { weight: 6, arbitrary: fc.uint8Array({ maxLength: 40 }).map((octets) => Buffer.from(octets).toString('latin1')) },
    { weight: 3, arbitrary: fc.constantFrom('queue\r', '\t', '?', '\x1b[A', '\x03', ' ', 'y\r', '\x0c') },
    fc.record({ kind: fc.constant('said' as const), text: fc.string({ maxLength: 300 }), live: fc.boolean() }),
    fc.constantFrom<Event>(asked, ended(), ended(64), { kind: 'took' }),
  )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (moves) => {
      let state = begin(size, 'hello', facts).state
      let decoder = atRest
      for (const move of moves) {
        const decoded = typeof move === 'string' ? decode(decoder, Buffer.from(move, 'latin1')) : undefined
        decoder = decoded?.decoder ?? decoder
        for (const event of decoded?.keys.map((key): Event => ({ kind: 'key', key })) ?? [move as Event]) {
          const next = step(state, event, facts)
          state = next.state
          const written = next.effects.map((effect) => ('text' in effect ? effect.text.length : 0)).reduce((a, b) => a + b, 0)
          assert.ok(written <= 200 * 600, `${written} at once`)
          check(state)
        }
      }
    }),
    { numRuns: 300 },
  )
})

function check({ mode, history, size: { columns, rows: height } }: State): void {
  assert.ok(history.length <= 50 && history.every((one) => one.length <= 1000))
  assert.ok(columns >= 20 && height >= 4)
  if (mode.kind === 'running') assert.ok(mode.ahead.length <= 200)
  else {
    assert.ok(mode.line.cursor >= 0 && mode.line.cursor <= mode.line.points.length && mode.line.points.length <= 500)
    assert.equal(textOf(mode.line).includes('\n'), false)
  }
}
