import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newKeys } from '../../src/update/package.ts'
import { type Updater, updater, type Verdict } from '../../src/update/updater.ts'
import { type Call, fakeBox, type FakeBox, type Makeup, updateFile } from '../fake/box.ts'

const path = '/var/mail/new.update'
const lines = updateFile().indexOf('\n', updateFile().indexOf('\n') + 1) + 1

type Heard = { readonly verdict: Verdict; readonly said: readonly string[]; readonly asked: readonly string[] }

async function played(
  box: FakeBox,
  { file = path, yes = false, signal = new AbortController().signal, by = updater(box, () => {}) } = {},
): Promise<Heard> {
  const said: string[] = []
  const asked: string[] = []
  const verdict = await by.update(file, {
    say: (text) => said.push(text),
    async sure(question) {
      asked.push(question)
      return yes
    },
    signal,
  })
  assert.equal(box.open(), 0, 'everything that was opened is closed')
  return { verdict, said, asked }
}

/** Refused in words that match; the keeper was asked for nothing. */
async function refused(makeup: Makeup, words: RegExp, options: Parameters<typeof played>[1] = {}): Promise<FakeBox> {
  const box = fakeBox(makeup)
  const { verdict } = await played(box, options)
  assert.ok('refused' in verdict)
  assert.match(verdict.refused, words)
  assert.deepEqual(box.asked, [])
  return box
}

const untouched = ({ calls, slot }: FakeBox): void => {
  assert.equal(calls.get('write'), undefined)
  assert.ok(slot.every((octet) => octet === 0))
}

test('a good update is in the other slot, and the keeper is asked to try it', async () => {
  const box = fakeBox()
  const { verdict, said, asked } = await played(box)
  assert.deepEqual(box.asked, ['try B 24+6'])
  assert.deepEqual(Buffer.from(box.slot.subarray(0, 16_384)), updateFile().subarray(lines))
  assert.deepEqual(asked, [])
  assert.deepEqual(said, [
    '0.2.0 for qemu-x86_64, well signed: 16384 octets go to slot B.',
    '20 %',
    '50 %',
    '70 %',
    '100 %',
    'Slot B is read back.',
  ])
  assert.deepEqual(verdict, { done: 'Slot B holds 0.2.0. The box boots it now; should it not be found healthy, 0.1.0 is back.' })
})

test('a box that runs slot B writes slot A', async () => {
  const box = fakeBox({ facts: { slot: 'B', good: 'B' } })
  await played(box)
  assert.deepEqual(box.asked, ['try A 24+6'])
})

const front: readonly [string, Makeup, RegExp][] = [
  [
    'signed by another key',
    { file: updateFile({}, newKeys().privateKey) },
    /new\.update: its signature is not by the key that this box trusts: take qemu-x86_64\.update from who built this box's image\. The box stays with slot A/,
  ],
  [
    'for another board',
    { file: updateFile({ board: 'pcengines-apu' }) },
    /it is for the board pcengines-apu, and this one is qemu-x86_64: take qemu-x86_64\.update/,
  ],
  ['larger than the slot', { room: 12_288 }, /it takes 16384 octets, and slot B holds 12288: only a new image/],
  [
    'with more after it than was signed',
    { file: Buffer.concat([updateFile(), Buffer.alloc(1)]) },
    /it goes on after its \d+ octets, up to \d+: copy it anew/,
  ],
  ['that is something else', { file: Buffer.from('hsqs'.padEnd(9000)) }, /it does not begin as an update does/],
  ['that is empty', { file: Buffer.alloc(0) }, /it does not begin as an update does/],
  ['with a first line without end', { file: Buffer.from('{'.padEnd(100_000)) }, /it does not begin as an update does/],
  ['where the key is no key', { key: 'hello' }, /the key that updates are checked with cannot be used: .*It is part of the image/],
  ['on a computer that is no box', { facts: 'none' }, /this computer has no second slot to write an update to/],
  ['while this system is on trial', { facts: { slot: 'B', good: 'A' } }, /slot B is on trial itself; update once dialpost status says/],
  ['while no keeper is there', { keeper: false }, /the keeper does not run.*: start the box anew/],
]
for (const [name, makeup, words] of front) {
  test(`an update ${name}: refused before anything is written`, async () => untouched(await refused(makeup, words)))
}

test('a file that is not there, and one whose place is not said from the root: refused', async () => {
  untouched(
    await refused(
      {},
      /\/tmp\/x: it is not there: name a file that everybody on the box may read, or http:\/\/ADDRESS\/FILE on the LAN\. The box stays with slot A/,
      {
        file: '/tmp/x',
      },
    ),
  )
  untouched(await refused({}, /new\.update: the daemon stands elsewhere; say where it lies from the root/, { file: 'new.update' }))
})

test('no more than two lines are read of what nobody signed', async () => {
  const box = await refused({ file: updateFile({}, newKeys().privateKey) }, /signature/)
  assert.equal(box.calls.get('read file'), 1)
})

test('cut off at any octet: refused before anything is written', async () => {
  const whole = updateFile()
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.nat(whole.length - 1), fc.nat(lines)), async (length) =>
      untouched(await refused({ file: whole.subarray(0, length) }, /it ends after \d+ of \d+ octets: copy it anew|does not begin/)),
    ),
  )
})

test('a bit that is another anywhere: refused, and the keeper is not asked', async () => {
  const whole = updateFile()
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.nat(whole.length - 1), fc.nat(lines)), fc.nat(7), async (at, bit) => {
      const file = Buffer.from(whole)
      file.writeUInt8(file.readUInt8(at) ^ (1 << bit), at)
      const box = await refused({ file }, /signature|does not begin|payload is not what was signed: copy it anew/)
      if (at < lines) untouched(box)
    }),
  )
})

test('an octet anywhere that the flash does not keep: refused as the slot', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(16_383), async (worn) => {
      await refused(
        { worn },
        /slot B: it gives back something else than was written\. The box stays with slot A; try again, and if it fails again the flash is worn/,
      )
    }),
  )
})

const faults: readonly [Call, number, string, RegExp][] = [
  ...[0, 1, 2, 4].map((nth): [Call, number, string, RegExp] => [
    'read file',
    nth,
    'EIO',
    /new\.update: input\/output error: copy it anew\. The box stays with slot A/,
  ]),
  ...[0, 1, 3].map((nth): [Call, number, string, RegExp] => [
    'write',
    nth,
    'EIO',
    /slot B: input\/output error\. The box stays with slot A; try again/,
  ]),
  ['open slot', 0, 'EBUSY', /slot B cannot be opened: it is in use\. Start the box anew, then update/],
  ['turn round', 0, 'EIO', /slot B: input\/output error/],
  ['read slot', 0, 'EIO', /slot B: input\/output error/],
  ['read slot', 3, 'EIO', /slot B: input\/output error/],
  ['try', 0, 'ENXIO', /slot B is written, but the keeper, who would boot it, is not to be reached: nobody hears\. Start the box anew/],
  ['read file', 2, 'ESTALE', /new\.update: the server knows it no longer/],
  ['write', 0, 'EUCLEAN', /slot B: EUCLEAN: write\./],
]
for (const [call, nth, code, words] of faults) {
  test(`${code} at ${call} ${nth}: refused in words, and not booted`, async () => {
    await refused({ fault: { call, nth, code } }, words)
  })
}

test('a file that is shortened while it is copied: refused', async () => {
  const whole = updateFile()
  const box = fakeBox({ file: whole })
  const { verdict } = await played({
    ...box,
    async openFile(name) {
      const file = await box.openFile(name)
      return { ...file, read: async (into, position) => Math.min(await file.read(into, position), Math.max(0, 9000 - position)) }
    },
  })
  assert.ok('refused' in verdict && /it ends early/.test(verdict.refused))
  assert.deepEqual(box.asked, [])
})

for (const [version, question] of [
  ['0.1.0', '0.1.0 is what is running. Write it anew?'],
  ['0.0.9', '0.0.9 is older than 0.1.0, which is running. Go back?'],
] as const) {
  test(`version ${version} is written only if somebody says yes`, async () => {
    const box = fakeBox({ file: updateFile({ version }) })
    const no = await played(box)
    assert.deepEqual(no.asked, [question])
    assert.deepEqual(no.verdict, { refused: 'not done; --yes does it without asking. The box stays with slot A' })
    untouched(box)
    await played(box, { yes: true })
    assert.deepEqual(box.asked, ['try B 24+6'])
  })
}

for (const [call, nth] of [
  ['write', 2],
  ['turn round', 0],
  ['read slot', 1],
] as const) {
  test(`given up at ${call} ${nth}: not booted`, async () => {
    const person = new AbortController()
    const before = (name: Call, times: number): void => (name === call && times === nth ? person.abort() : undefined)
    await refused({ before }, /given up\. The box stays with slot A/, { signal: person.signal })
  })
}

test('one update at a time; after one that was refused another may come, after one that is booted none', async () => {
  let halfway = (): void => {}
  const arrived = new Promise<void>((resolve) => (halfway = resolve))
  let goOn = (): void => {}
  const held = new Promise<void>((resolve) => (goOn = resolve))
  const box = fakeBox({
    fault: { call: 'turn round', nth: 0, code: 'EIO' },
    async before(call, nth) {
      if (call !== 'write' || nth !== 2) return
      halfway()
      await held
    },
  })
  const by: Updater = updater(box, () => {})
  assert.equal(by.words(), '')
  const first = played(box, { by })
  await arrived
  assert.equal(by.words(), '0.2.0 is being written to slot B: 50 %')
  const teller = { say() {}, sure: async () => true, signal: new AbortController().signal }
  assert.deepEqual(await by.update(path, teller), { refused: '0.2.0 is being written to slot B: 50 %; one update at a time' })
  goOn()
  assert.ok('refused' in (await first).verdict)
  assert.equal(by.words(), '')

  assert.ok('done' in (await played(box, { by })).verdict)
  assert.deepEqual(await by.update(path, teller), {
    refused: '0.2.0 in slot B is about to be booted (if nothing comes of it within a minute, start the box anew); one update at a time',
  })
  assert.equal(box.asked.length, 1)
})

test('what breaks in us is no refusal, and does not stand in the way of the next update', async () => {
  const box = fakeBox()
  const by = updater({ ...box, keeperHears: () => assert.fail('a bug') }, () => {})
  await assert.rejects(played(box, { by }), /a bug/)
  assert.equal(by.words(), '')
})

test('what became of it is told to the log', async () => {
  const told: string[] = []
  await played(fakeBox(), { by: updater(fakeBox(), (words) => told.push(words)) })
  await played(fakeBox(), { by: updater(fakeBox({ keeper: false }), (words) => told.push(words)) })
  assert.match(told[0] ?? '', /^Slot B holds 0\.2\.0\./)
  assert.match(told[1] ?? '', /^update: the keeper does not run/)
})
