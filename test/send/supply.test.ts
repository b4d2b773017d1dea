import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatAddress, formatPath } from '../../src/mail/address.ts'
import type { Outcome } from '../../src/mail/outcome.ts'
import { openSupply, type Supply, type Transaction } from '../../src/send/supply.ts'
import { addressOf, fakeLetter, fakeLoad, type FakeLoadOptions } from '../fake/load.ts'

const ok: Outcome = { kind: 'accepted', reply: { code: 250, text: 'Ok' } }
const later: Outcome = { kind: 'deferred', reply: { code: 451, text: 'Later' } }

function open(
  letters: readonly Parameters<typeof fakeLetter>[0][],
  window = { letters: 3, octets: 10_000 },
  options: FakeLoadOptions = {},
) {
  const load = fakeLoad(letters.map(fakeLetter), options)
  const said: string[] = []
  const supply = openSupply({
    load,
    window,
    path: (from) => from,
    recipient: (to) => to,
    took: ({ message }) => said.push(`took ${message.id}`),
    done: ({ message }, went) => said.push(`done ${message.id}${went ? '' : ' in vain'}`),
    suspect: ({ message, interrupted }) => said.push(`suspect ${message} ${interrupted}`),
  })
  return { load, supply, said }
}

const letter = (id: string, ...to: string[]) => ({ id, to: to.length > 0 ? to : ['frodo@a.example'] })

/** `1 <eddy@shire.lan>: frodo@a.example`. */
function words(transaction: Transaction | undefined): string {
  if (!transaction) return 'none'
  const { letter, from, recipients } = transaction
  return `${letter.message.id} ${formatPath(from)}: ${recipients.map(({ address }) => formatAddress(address)).join(' ')}`
}

function everything(supply: Supply): readonly Transaction[] {
  const all: Transaction[] = []
  for (let next = supply.next('there'); next; next = supply.next('there')) all.push(next)
  return all
}

describe('notes', () => {
  test('one flush serves a window, and the next window is noted while the last letter of this one is sent', () => {
    const { load, supply } = open(['1', '2', '3', '4', '5', '6', '7'].map((id) => letter(id)))
    supply.next('there')
    supply.next('there')
    assert.deepEqual(
      load.noted.map(({ deliveries }) => deliveries.length),
      [3],
    )
    supply.next('there')
    assert.deepEqual(
      load.noted.map(({ deliveries, note }) => `${deliveries.length} ${note}`),
      ['3 there', '3 there'],
    )
    everything(supply)
    assert.equal(load.noted.length, 3)
  })

  test('a large letter fills a window', () => {
    const { load, supply } = open([{ ...letter('1'), content: 'x'.repeat(20_000) }, letter('2')])
    supply.next('there')
    assert.deepEqual(
      load.noted.map(({ deliveries }) => deliveries.length),
      [1, 1],
    )
  })

  test('looking whether something waits notes nothing', () => {
    const { load, supply } = open([letter('1')])
    assert.equal(supply.waiting(), true)
    assert.equal(load.noted.length, 0)
  })

  test('that cannot be written give an outcome instead of a rejection', async () => {
    const { supply } = open([letter('1')], undefined, { failsAt: 1 })
    assert.equal((await supply.next('there')?.noted)?.kind, 'deferred')
  })
})

describe('transactions', () => {
  test('one for each reverse path, however the queue had them', () => {
    const { supply } = open([
      {
        id: '1',
        to: [
          { from: addressOf('owner@shire.lan'), recipient: addressOf('a@a.example') },
          { from: null, recipient: addressOf('b@a.example') },
          { from: addressOf('owner@shire.lan'), recipient: addressOf('c@a.example') },
        ],
      },
    ])
    assert.deepEqual(everything(supply).map(words), ['1 <owner@shire.lan>: a@a.example c@a.example', '1 <>: b@a.example'])
  })

  test('no more than five hundred recipients each', () => {
    const { supply } = open([letter('1', ...Array.from({ length: 1200 }, (_, at) => `r${at}@a.example`))])
    assert.deepEqual(
      everything(supply).map(({ recipients }) => recipients.length),
      [500, 500, 200],
    )
  })

  test('what may have arrived before goes last, and is said to', () => {
    const { supply, said } = open([{ id: '1', to: [{ interrupted: 'smtp.isp.example' }] }, letter('2'), letter('3')])
    assert.deepEqual(
      everything(supply).map(({ letter }) => letter.message.id),
      ['2', '3', '1'],
    )
    assert.deepEqual(
      said.filter((words) => words.startsWith('suspect')),
      ['suspect 1 smtp.isp.example'],
    )
  })
})

describe('a place that was begun in vain', () => {
  test('comes next, in a transaction of its own, and the second time it is settled', () => {
    const { supply, load } = open([letter('1', 'a@a.example', 'b@a.example'), letter('2')])
    const first = supply.next('there')
    assert.ok(first)
    supply.settle(first, 0, ok)
    supply.again(first, [1], later)
    const second = supply.next('there')
    assert.equal(words(second), '1 <eddy@shire.lan>: b@a.example')
    if (second) supply.again(second, [0], later)
    assert.deepEqual(load.lines().slice(0, 2), ['1 a@a.example accepted 250 Ok', '1 b@a.example deferred 451 Later'])
  })

  test('is settled at once when the call has ended', () => {
    const { supply, load } = open([letter('1')])
    const first = supply.next('there')
    supply.close()
    if (first) supply.again(first, [0], later)
    assert.deepEqual(load.lines(), ['1 frodo@a.example deferred 451 Later'])
    assert.equal(supply.next('there'), undefined)
    assert.equal(supply.waiting(), false)
  })

  test('because there were too many loses no try', () => {
    const { supply } = open([letter('1', 'a@a.example')])
    for (let turn = 0; turn < 5; turn++) {
      const next = supply.next('there')
      assert.ok(next)
      supply.split(next, [0])
    }
    assert.equal(supply.waiting(), true)
  })
})

describe('the end of the call', () => {
  test('puts back what was not begun, noted or not, and defers the rest of what was', async () => {
    const { supply, load } = open([letter('1', 'a@a.example', 'b@a.example'), letter('2'), letter('3'), letter('4')], {
      letters: 2,
      octets: 10_000,
    })
    const first = supply.next('there')
    assert.ok(first)
    supply.settle(first, 0, ok)
    supply.split(first, [1])
    supply.waiting()
    await supply.putBack(later)
    assert.deepEqual(load.lines(), [
      '1 a@a.example accepted 250 Ok',
      '1 b@a.example deferred 451 Later',
      '2 frodo@a.example put back',
      '3 frodo@a.example left',
      '4 frodo@a.example left',
    ])
  })

  test('puts back what was only looked at, and what was to go last', async () => {
    const { supply, load } = open([{ id: '1', to: [{ interrupted: 'x' }] }, letter('2')])
    supply.waiting()
    await supply.putBack(later)
    assert.deepEqual(load.lines(), ['1 frodo@a.example put back', '2 frodo@a.example put back'])
  })
})

test('when no host is left everything is settled so, and nothing noted', () => {
  const { supply, load, said } = open([letter('1'), letter('2'), { id: '3', to: [{ interrupted: 'x' }] }])
  supply.waiting()
  supply.settleAll(later)
  assert.deepEqual(
    load.lines().map((line) => line.replace(/.* deferred/, 'deferred')),
    ['deferred 451 Later', 'deferred 451 Later', 'deferred 451 Later'],
  )
  assert.equal(load.noted.length, 0)
  assert.equal(said.filter((words) => words.startsWith('done')).length, 3)
})

test('doubt is no decision', () => {
  const { supply } = open([letter('1'), letter('2')])
  const [first, second] = everything(supply)
  if (first) supply.settle(first, 0, { kind: 'deferred', reply: later.reply, unsure: true })
  assert.equal(supply.decided(), 0)
  if (second) supply.settle(second, 0, ok)
  assert.equal(supply.decided(), 1)
})

describe('when it is a letter’s turn', () => {
  test('one that there is no room for any more is put back, and its other transactions with it', async () => {
    const { supply, load } = open([letter('1'), letter('2')], undefined, { wanted: (id) => id === '2' })
    const [first, second] = everything(supply)
    assert.ok(first && second)
    assert.equal(supply.begin(first), false)
    assert.equal(supply.begin(second), true)
    supply.settle(second, 0, ok)
    await supply.putBack(later)
    assert.deepEqual(load.lines(), ['1 frodo@a.example put back', '2 frodo@a.example accepted 250 Ok'])
  })

  test('one of which a part is settled goes on', () => {
    let wanted = true
    const { supply } = open([letter('1', 'a@a.example', 'b@a.example')], undefined, { wanted: () => wanted })
    const [first] = everything(supply)
    assert.ok(first)
    assert.equal(supply.begin(first), true)
    supply.settle(first, 0, ok)
    wanted = false
    supply.split(first, [1])
    const rest = supply.next('there')
    assert.ok(rest)
    assert.equal(supply.begin(rest), true)
  })

  test('the load is told what is ahead of the next: of what is on its way no more than a window', () => {
    const content = 'x'.repeat(20_000)
    const asked: number[] = []
    const load = fakeLoad([fakeLetter({ ...letter('1'), content }), fakeLetter(letter('2')), fakeLetter(letter('3'))])
    const watched = { ...load, next: (ahead = 0) => (asked.push(ahead), load.next()) }
    const nothing = (): void => undefined
    const window = { letters: 1, octets: 10_000 }
    const hooks = { took: nothing, done: nothing, suspect: nothing }
    const supply = openSupply({ load: watched, window, path: (from) => from, recipient: (to) => to, ...hooks })
    const [first, second] = [supply.next('there'), supply.next('there')]
    assert.ok(first && second)
    supply.begin(first)
    supply.begin(second)
    supply.next('there')
    supply.next('there')
    const small = second.letter.message.size
    assert.deepEqual(asked.slice(0, 4), [0, 20_000, 20_000 + small, 10_000 + small + small])
  })
})
