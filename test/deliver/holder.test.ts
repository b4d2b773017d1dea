/** Who holds a lock, by what the lock file says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeHolder, formatHolder, isLeftBehind, parseHolder } from '../../src/deliver/holder.ts'

const self = { pid: 1234, dialpost: { host: 'moriah', boot: 'b-2', started: '500' } }
const running = new Map([
  [1234, '500'],
  [77, '40'],
])
const startOf = (pid: number) => running.get(pid)

test('what we write we read', () => {
  assert.deepEqual(parseHolder(formatHolder(self)), self)
})

test('a rival reads our process id as it reads its own', () => {
  assert.equal(Number.parseInt(formatHolder(self), 10), 1234)
})

const contents: readonly [what: string, content: string, pid: number | undefined, words: RegExp][] = [
  ['liblockfile’s', '77\n', 77, /process 77 \(of this or another host\)/],
  ['procmail’s', '0', undefined, /no number/],
  ['mutt’s', '', undefined, /no number/],
  ['somebody’s', 'eddy@herring\n', undefined, /no number/],
  ['a padded one', '   77 ', 77, /process 77/],
  ['a number that is none', '123456789012345', undefined, /no number/],
  ['ours', formatHolder(self), 1234, /process 1234 of moriah \(dialpost\)/],
]

for (const [what, content, pid, words] of contents) {
  test(`the holder is read from ${what} lock file`, () => {
    assert.equal(parseHolder(content).pid, pid)
    assert.match(describeHolder(parseHolder(content)), words)
  })
}

const dead: readonly [what: string, content: string, left: boolean][] = [
  ['this process', formatHolder(self), false],
  ['a living dialpost of this boot', formatHolder({ pid: 77, dialpost: { ...self.dialpost, started: '40' } }), false],
  ['a dialpost whose number another process has now', formatHolder({ pid: 77, dialpost: { ...self.dialpost, started: '39' } }), true],
  ['a dialpost of this boot that has ended', formatHolder({ pid: 99, dialpost: { ...self.dialpost, started: '39' } }), true],
  ['a dialpost with our number, before the last boot', formatHolder({ pid: 1234, dialpost: { ...self.dialpost, boot: 'b-1' } }), true],
  ['a dialpost of another machine', formatHolder({ pid: 99, dialpost: { ...self.dialpost, host: 'herring', boot: 'b-9' } }), false],
  ['a process that only gives a number, though no such process lives here', '99\n', false],
  ['nobody', '', false],
]

for (const [what, content, left] of dead) {
  test(`a lock of ${what} is ${left ? 'left behind' : 'left alone'}`, () => {
    assert.equal(isLeftBehind(parseHolder(content), self, startOf), left)
  })
}
