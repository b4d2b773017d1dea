import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plan, step, type LetterEvent, type LetterState, type Policy, type Step, type Wish } from '../../src/collect/ledger.ts'

const flush: Policy = { keep: false, maxMessage: 1000 }
const keep: Policy = { keep: true, maxMessage: 1000 }

const small: LetterEvent = { kind: 'listed', size: 1000, wish: undefined }
const big: LetterEvent = { kind: 'listed', size: 1001, wish: undefined }
const wish = (wish: Wish, size = 1001): LetterEvent => ({ kind: 'listed', size, wish })
const ended = (deletions: 'committed' | 'refused' | 'unknown'): LetterEvent => ({ kind: 'ended', deletions })

const table: readonly [string, LetterState, LetterEvent, Policy, Step][] = [
  ['a new letter is fetched', 'seen', small, flush, { state: 'seen', effect: 'retrieve' }],
  ['a new letter that is too big is told of', 'seen', big, flush, { state: 'seen', effect: 'note' }],
  ['a big one that is asked for is fetched', 'seen', wish('fetch'), flush, { state: 'seen', effect: 'retrieve' }],
  ['any one may be dropped unread', 'seen', wish('drop', 1), keep, { state: 'seen', effect: 'delete' }],
  ['what is told of stays', 'noted', big, flush, { state: 'noted' }],
  ['what is told of comes when asked for', 'noted', wish('fetch'), flush, { state: 'noted', effect: 'retrieve' }],
  ['what is told of comes when the limit allows it', 'noted', small, flush, { state: 'noted', effect: 'retrieve' }],
  ['what is told of is dropped when asked for', 'noted', wish('drop'), flush, { state: 'noted', effect: 'delete' }],
  ['what is ours is only deleted', 'kept', small, flush, { state: 'kept', effect: 'delete' }],
  ['what is ours stays with keep', 'kept', small, keep, { state: 'kept' }],
  ['what is ours is not fetched again on request', 'kept', wish('fetch'), keep, { state: 'kept' }],
  ['what is ours is dropped on request, even with keep', 'kept', wish('drop'), keep, { state: 'kept', effect: 'delete' }],
  ['what came back after an unanswered QUIT is only deleted', 'removed', small, keep, { state: 'removed', effect: 'delete' }],
  ['once on the disk it may go there', 'seen', { kind: 'committed', as: 'kept' }, flush, { state: 'kept', effect: 'delete' }],
  ['once on the disk it stays with keep', 'seen', { kind: 'committed', as: 'kept' }, keep, { state: 'kept' }],
  ['a note leaves the letter there', 'seen', { kind: 'committed', as: 'noted' }, flush, { state: 'noted' }],
  ['after the note the letter itself', 'noted', { kind: 'committed', as: 'kept' }, flush, { state: 'kept', effect: 'delete' }],
  ['a second commit changes nothing', 'kept', { kind: 'committed', as: 'noted' }, flush, { state: 'kept' }],
  ['DELE answered', 'kept', { kind: 'deleted' }, flush, { state: 'removed' }],
  ['QUIT answered: forgotten', 'removed', ended('committed'), flush, { state: 'gone', effect: 'forget' }],
  ['QUIT unanswered: remembered', 'removed', ended('unknown'), flush, { state: 'removed', effect: 'mark-removed' }],
  ['QUIT refused: remembered', 'removed', ended('refused'), flush, { state: 'removed', effect: 'mark-removed' }],
  ['QUIT says nothing about what was not deleted', 'kept', ended('committed'), flush, { state: 'kept' }],
  ['QUIT says nothing about what is new', 'seen', ended('committed'), flush, { state: 'seen' }],
  ['what the box has no more is forgotten', 'kept', { kind: 'absent' }, keep, { state: 'gone', effect: 'forget' }],
  ['what is gone stays gone', 'gone', small, flush, { state: 'gone' }],
  ['what is gone is not forgotten twice', 'gone', { kind: 'absent' }, flush, { state: 'gone' }],
]

for (const [fact, state, event, policy, wanted] of table) {
  test(fact, () => assert.deepEqual(step(state, event, policy), wanted))
}

const letters = [
  { number: 1, size: 900, key: 'a' },
  { number: 2, size: 5000, key: 'b' },
  { number: 3, size: 100, key: 'c' },
  { number: 4, size: 300, key: undefined },
  { number: 5, size: 950, key: 'e' },
]

test('deletions come first, then the small before the big', () => {
  const rows = new Map([['e', { state: 'kept' as const }]])
  const { jobs, left } = plan(letters, rows, new Map(), flush)
  assert.deepEqual(
    jobs.map(({ letter, effect }) => `${effect} ${letter.number}`),
    ['delete 5', 'retrieve 3', 'retrieve 4', 'retrieve 1', 'note 2'],
  )
  assert.equal(left, 0)
})

test('rows whose letters are gone are named, unless a letter without a name might be one of them', () => {
  const rows = new Map([
    ['a', { state: 'kept' as const }],
    ['z', { state: 'kept' as const }],
  ])
  assert.deepEqual(plan(letters, rows, new Map(), keep).absent, [])
  assert.deepEqual(
    plan(
      letters.filter(({ key }) => key !== undefined),
      rows,
      new Map(),
      keep,
    ).absent,
    ['z'],
  )
  assert.deepEqual(plan([], rows, new Map(), keep).absent, [])
  assert.deepEqual(plan([], rows, new Map(), flush).absent, ['a', 'z'])
})
