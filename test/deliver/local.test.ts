/** The couriers of the LAN: every delivery they take is settled or put back, and no mailbox waits for another. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Mailbox } from '../../src/deliver/mailbox.ts'
import { localCouriers } from '../../src/deliver/local.ts'
import type { Destination } from '../../src/mail/message.ts'
import type { Outcome } from '../../src/mail/outcome.ts'
import { reply } from '../../src/mail/reply.ts'
import type { Courier } from '../../src/queue/courier.ts'
import { fakeClock } from '../fake/clock.ts'
import type { FakeLoad } from './load.ts'
import { fakeLoad } from './load.ts'
import type { FakeMailbox } from '../fake/mailbox.ts'
import { fakeMailbox } from '../fake/mailbox.ts'
import { account, listening, never } from './mboxes.ts'

const users = ['eddy', 'keith', 'root', 'sam', 'bilbo']
const toEddy: Destination = { courier: 'mailbox', user: 'eddy' }
const toKeith: Destination = { courier: 'mailbox', user: 'keith' }
const locked: Outcome = { kind: 'deferred', reply: reply(451, '4.2.0', 'eddy is locked') }

test('letters for one mailbox are noted, appended and flushed together, in order', async () => {
  const { load, box, carry } = made()
  for (let n = 0; n < 5; n++) load.add({ to: toEddy })
  await carry('mailbox')
  assert.deepEqual(box.lettersOf('eddy'), ['1.100', '2.200', '3.300', '4.400', '5.500'])
  assert.deepEqual(kinds(load), { 100: 'accepted', 200: 'accepted', 300: 'accepted', 400: 'accepted', 500: 'accepted' })
  assert.equal(box.appends(), 1)
  assert.equal(load.flushes(), 1)
  assert.equal(load.notes.get(300), 'at 0')
})

test('a batch ends at fifty letters, or at a megabyte', async () => {
  for (const [letters, size, appends] of [
    [120, 100, 3],
    [6, 500_000, 2],
    [3, 5_000_000, 3],
  ] as const) {
    const { load, box, carry } = made()
    for (let n = 0; n < letters; n++) load.add({ to: toEddy, size })
    await carry('mailbox')
    assert.equal(box.lettersOf('eddy').length, letters)
    assert.equal(box.appends(), appends)
  }
})

test('one letter for several people is delivered to each and settled for each', async () => {
  const { load, box, carry } = made()
  load.add({ to: toEddy }, { to: toKeith }, { to: { courier: 'mailbox', user: 'gone' } })
  await carry('mailbox')
  assert.deepEqual([box.lettersOf('eddy'), box.lettersOf('keith')], [['1.100'], ['1.101']])
  assert.deepEqual(kinds(load), { 100: 'accepted', 101: 'accepted', 102: 'refused' })
  assert.equal(load.outcomes.get(102)?.reply.enhanced, '5.1.1')
})

test('a locked mailbox defers its letters, is asked once, and costs the others nothing', async () => {
  const { load, box, carry, asked } = made()
  box.answer('eddy', locked)
  for (let n = 0; n < 120; n++) load.add({ to: n % 2 === 0 ? toEddy : toKeith })
  await carry('mailbox')
  assert.equal(box.lettersOf('keith').length, 60)
  assert.equal([...load.outcomes.values()].filter((outcome) => outcome === locked).length, 60)
  assert.equal(asked.filter((user) => user === 'eddy').length, 1)
})

test('a mailbox that waits for its lock holds up no other', async () => {
  const { load, box, carry, release } = made({ slow: 'eddy' })
  load.add({ to: toEddy }, ...users.map((user) => ({ to: { courier: 'mailbox', user } as const })).slice(1))
  const carried = carry('mailbox')
  await new Promise<void>((turn) => setImmediate(turn))
  assert.deepEqual(
    users.slice(1).map((user) => box.lettersOf(user).length),
    [1, 1, 1, 1],
  )
  assert.equal(load.outcomes.size, 4)
  release()
  await carried
  assert.equal(load.outcomes.size, 5)
})

test('an interrupted delivery that is in is settled and not repeated; one that is not is appended', async () => {
  const { load, box, carry } = made()
  load.add({ to: toEddy })
  await carry('mailbox')
  const again = fakeLoad()
  again.add({ to: toEddy, interrupted: 'at 0' })
  again.add({ to: toEddy, interrupted: 'at 0' })
  await carry('mailbox', again)
  assert.deepEqual(box.lettersOf('eddy'), ['1.100', '2.200'])
  assert.deepEqual(kinds(again), { 100: 'accepted', 200: 'accepted' })
  assert.equal(again.notes.has(100), false)
})

test('an interrupted delivery whose mailbox cannot be asked is asked later, even though the queue has forgotten the note', async () => {
  const { load, box, carry } = made()
  load.add({ to: toEddy })
  await carry('mailbox')
  box.answer('eddy', locked)
  const again = fakeLoad()
  again.add({ to: toEddy, interrupted: 'at 0' })
  await carry('mailbox', again)
  assert.deepEqual(kinds(again), { 100: 'deferred' })
  box.answer('eddy', undefined)
  const third = fakeLoad()
  third.add({ to: toEddy })
  await carry('mailbox', third)
  assert.deepEqual(box.lettersOf('eddy'), ['1.100'])
  assert.deepEqual(kinds(third), { 100: 'accepted' })
})

test('a note that cannot be written defers, and nothing is delivered', async () => {
  const { load, box, carry } = made()
  load.add({ to: toEddy })
  load.breakNotes()
  await carry('mailbox')
  assert.deepEqual(kinds(load), { 100: 'deferred' })
  assert.deepEqual(box.lettersOf('eddy'), [])
})

test('a mailbox that breaks defers its letters', async () => {
  const broken: Mailbox = { append: () => Promise.reject(new Error('bug')), settled: () => Promise.reject(new Error('bug')) }
  const { load, carry } = made({ mailbox: broken })
  load.add({ to: toEddy }, { to: toKeith, interrupted: 'at 0' })
  await carry('mailbox')
  assert.deepEqual(kinds(load), { 100: 'deferred', 101: 'deferred' })
})

test('what was taken and not begun when the signal came is put back', async () => {
  const stop = new AbortController()
  const { load, carry } = made({ stopAt: () => stop.abort(), signal: stop.signal })
  for (let n = 0; n < 3; n++) load.add(...users.map((user) => ({ to: { courier: 'mailbox', user } as const })))
  await carry('mailbox')
  const back = load.returned.flat()
  assert.ok(back.length > 0)
  assert.deepEqual(
    [...back, ...load.outcomes.keys()].sort((a, b) => a - b),
    [1, 2, 3].flatMap((n) => [0, 1, 2, 3, 4].map((index) => n * 100 + index)),
  )
  assert.deepEqual(new Set(back).size, back.length)
})

test('a file is a mailbox of its own', async () => {
  const { load, files, carry } = made()
  load.add({ to: { courier: 'file', path: '/var/log/list', user: 'eddy' } }, { to: { courier: 'file', path: '/tmp/other', user: 'eddy' } })
  await carry('file')
  assert.deepEqual([...files.keys()], ['/var/log/list', '/tmp/other'])
  assert.deepEqual(kinds(load), { 100: 'accepted', 101: 'accepted' })
})

test('a program is noted before it runs, and run again after a crash with a warning', async () => {
  const { load, commands, carry, names } = made()
  load.add({ to: { courier: 'program', command: 'vacation eddy', user: 'eddy' } })
  load.add({ to: { courier: 'program', command: 'vacation eddy', user: 'eddy' }, interrupted: 'program' })
  await carry('program')
  assert.deepEqual(commands, ['eddy: vacation eddy (noted)', 'eddy: vacation eddy (noted)'])
  assert.deepEqual(kinds(load), { 100: 'accepted', 200: 'accepted' })
  assert.equal(names().filter((name) => name === 'possible-duplicate').length, 1)
})

type Setting = { readonly mailbox?: Mailbox; readonly slow?: string; readonly stopAt?: () => void; readonly signal?: AbortSignal }

function made({ mailbox, slow, stopAt, signal = never }: Setting = {}): {
  load: FakeLoad
  box: FakeMailbox
  files: Map<string, FakeMailbox>
  commands: string[]
  asked: string[]
  readonly names: () => string[]
  /** Lets the slow mailbox have its lock. */
  readonly release: () => void
  readonly carry: (name: Courier['name'], load?: FakeLoad) => Promise<void>
} {
  const box = fakeMailbox(users)
  const load = fakeLoad()
  const files = new Map<string, FakeMailbox>()
  const commands: string[] = []
  const asked: string[] = []
  let release = () => {}
  const lockFree = new Promise<void>((free) => {
    release = free
  })
  const { log, names } = listening()
  const watched: Mailbox = {
    async append(user, mails, noting, aborted) {
      asked.push(user)
      if (user === slow) await lockFree
      const outcomes = await box.append(user, mails, noting, aborted)
      stopAt?.()
      return outcomes
    },
    settled: (...args) => box.settled(...args),
  }
  const couriers = localCouriers({
    mailbox: mailbox ?? watched,
    file: (path) => {
      const made = files.get(path) ?? fakeMailbox(users)
      files.set(path, made)
      return made
    },
    programs: {
      async run(command, user, { delivery }) {
        commands.push(`${user}: ${command} (${load.notes.has(delivery) ? 'noted' : 'not noted'})`)
        return { kind: 'accepted', reply: reply(250, '2.0.0', '') }
      },
    },
    accounts: { find: (user) => (users.includes(user) ? account(user) : undefined) },
    clock: fakeClock(),
    log,
  })
  const carry = async (name: Courier['name'], from: FakeLoad = load) => {
    const courier = couriers.find((one) => one.name === name)
    assert.ok(courier)
    await courier.carry(from, signal)
  }
  return { load, box, files, commands, asked, names, carry, release }
}

function kinds({ outcomes }: FakeLoad): Record<number, string> {
  return Object.fromEntries([...outcomes].map(([id, { kind }]) => [id, kind]))
}
