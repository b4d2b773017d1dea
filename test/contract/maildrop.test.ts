/** What every box keeps, in memory, or at a POP3 or IMAP server over loopback. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { imap } from '../../src/collect/imap.ts'
import type { Maildrop, OpenMaildrop } from '../../src/collect/maildrop.ts'
import { pop3 } from '../../src/collect/pop3.ts'
import { sockets } from '../../src/collect/socket.ts'
import { encrypter } from '../../src/tls.ts'
import { imapLetters, imapServer, inside } from '../collect/imap-server.ts'
import { pop3Server, usual } from '../collect/pop3-server.ts'
import { fakeMaildrop } from '../fake/maildrop.ts'

const encrypt = encrypter({ clockIsKnown: () => true })

type Place = {
  readonly open: OpenMaildrop
  readonly uidl: (nth: number) => string
  /** A list costs it next to nothing: what is settled is listed, too. */
  readonly listsAll?: true
  readonly left: () => (string | undefined)[]
  close(): Promise<void>
}

const bodies = ['Subject: one\r\n\r\n.\r\n..\r\nBody\r\n', 'Subject: two\r\nX: \xe4\r\n\r\n\0\xff\r\n', '\r\n'].map((text) =>
  Buffer.from(text, 'latin1'),
)

const stored = () => bodies.map((octets, nth) => ({ uidl: `u${nth + 1}`, octets }))

const uidl = (nth: number) => `u${nth}`

const places: Readonly<Record<string, () => Promise<Place>>> = {
  'in memory': async () => {
    const box = fakeMaildrop({ letters: stored(), piece: 5 })
    return { open: box.open, uidl, left: () => box.letters.map(({ uidl }) => uidl), close: async () => {} }
  },
  'by pipelined POP3': () => overLoopback(usual),
  'by POP3 in lock-step': () => overLoopback(['USER', 'UIDL', 'TOP']),
  'by IMAP': () => overImap(inside),
  'by IMAP, compressed': () => overImap(['COMPRESS=DEFLATE', ...inside]),
  'by IMAP without UIDPLUS': () => overImap([]),
}

for (const [kind, make] of Object.entries(places)) {
  const box = (name: string, body: (place: Place, box: Maildrop) => Promise<void>): void =>
    void test(`${kind}: ${name}`, { timeout: 10_000 }, async () => {
      const place = await make()
      const opened = await place.open(new AbortController().signal)
      try {
        assert.equal(opened.kind, 'open')
        if (opened.kind === 'open') await body(place, opened.box)
      } finally {
        if (opened.kind === 'open') opened.box.abort('The test is over')
        await place.close()
      }
    })

  box('letters are listed with their sizes and ids', async (place, box) => {
    assert.deepEqual(
      box.letters,
      stored().map(({ octets }, nth) => ({ number: nth + 1, size: octets.length, uidl: place.uidl(nth + 1) })),
    )
  })

  box('several letters asked for at once come whole, one after the other', async (_, box) => {
    const came: number[] = []
    const got = await Promise.all(
      box.letters.map(async ({ number }) => {
        const pieces: Uint8Array[] = []
        const answer = await box.retrieve(number, (octets) => void pieces.push(Uint8Array.from(octets)))
        came.push(number)
        return [answer.kind, Buffer.concat(pieces)]
      }),
    )
    assert.deepEqual(
      got,
      bodies.map((body) => ['done', body]),
    )
    assert.deepEqual(came, [1, 2, 3])
  })

  box('TOP brings the header and its blank line', async (_, box) => {
    const tops = await Promise.all(box.letters.map(({ number }) => box.top(number)))
    assert.deepEqual(
      tops.map(({ header }) => Buffer.from(header ?? []).toString('latin1')),
      ['Subject: one\r\n\r\n', 'Subject: two\r\nX: \xe4\r\n\r\n', '\r\n'],
    )
  })

  box('deletions take effect at quit', async (place, box) => {
    const sent: string[] = []
    assert.deepEqual(
      await Promise.all([box.delete(1, () => sent.push('dele')), box.delete(3)]).then((answers) => answers.map(({ kind }) => kind)),
      ['done', 'done'],
    )
    assert.deepEqual(place.left(), ['u1', 'u2', 'u3'])
    assert.equal(await box.quit(() => sent.push('quit')), 'committed')
    assert.deepEqual([place.left(), sent], [['u2'], ['dele', 'quit']])
  })

  box('without quit nothing is deleted, and what waits is answered lost', async (place, box) => {
    await box.delete(1)
    box.abort('The line drops')
    assert.deepEqual(
      [(await box.retrieve(2, () => {})).kind, (await box.delete(2)).kind, (await box.top(2)).kind, await box.quit()],
      ['lost', 'lost', 'lost', 'unknown'],
    )
    assert.deepEqual(place.left(), ['u1', 'u2', 'u3'])
  })

  box('what was deleted is refused, and the session goes on', async (_, box) => {
    await box.delete(1)
    assert.deepEqual(
      [(await box.retrieve(1, () => {})).kind, (await box.delete(1)).kind, (await box.delete(2)).kind],
      ['refused', 'refused', 'done'],
    )
  })

  box('a taker that breaks makes its letter reject and no other', async (_, box) => {
    const broken = box.retrieve(1, () => Promise.reject(new Error('no room')))
    const whole = box.retrieve(2, () => {})
    await assert.rejects(broken, /no room/)
    assert.equal((await whole).kind, 'done')
  })
}

for (const [kind, make] of Object.entries(places))
  test(`${kind}: without sizes in the list, and with letters asked for in advance, nothing is missing`, { timeout: 10_000 }, async () => {
    const place = await make()
    const opened = await place.open(new AbortController().signal, { sizes: false, ahead: bodies[0]?.length ?? 0 })
    assert.equal(opened.kind, 'open')
    if (opened.kind !== 'open') return
    const { box } = opened
    const got = box.letters.map(async ({ number }) => {
      const pieces: Uint8Array[] = []
      await box.retrieve(number, (octets) => void pieces.push(Uint8Array.from(octets)))
      return Buffer.concat(pieces)
    })
    const sizes = await box.sizes?.()
    assert.deepEqual(await Promise.all(got), bodies)
    assert.deepEqual(
      box.letters.map(({ number, size, uidl }) => [size || sizes?.get(number), uidl]),
      stored().map(({ octets }, nth) => [octets.length, place.uidl(nth + 1)]),
    )
    assert.equal(await box.quit(), 'committed')
    await place.close()
  })

for (const [kind, make] of Object.entries(places))
  test(`${kind}: a session ends although nobody took what was asked for in advance`, { timeout: 10_000 }, async () => {
    const place = await make()
    const opened = await place.open(new AbortController().signal, { sizes: false, ahead: 1 })
    assert.equal(opened.kind === 'open' && (await opened.box.quit()), 'committed')
    assert.deepEqual(place.left(), ['u1', 'u2', 'u3'])
    await place.close()
  })

for (const [kind, make] of Object.entries(places))
  test(`${kind}: behind what is settled only the others are listed, and all where the box begins otherwise`, {
    timeout: 10_000,
  }, async () => {
    const place = await make()
    const all = [1, 2, 3]
    for (const sizes of [true, false])
      for (const [letters, nth, others] of [
        [2, 2, [3]],
        [3, 3, []],
        [2, 1, all],
        [4, 4, all],
      ] as const) {
        const shown = place.listsAll ? all : others
        const opened = await place.open(new AbortController().signal, { sizes, ahead: 0, settled: { letters, uidl: place.uidl(nth) } })
        assert.equal(opened.kind, 'open')
        if (opened.kind !== 'open') return
        const { box } = opened
        assert.deepEqual(
          box.letters.map(({ number, uidl }) => [number, uidl]),
          shown.map((number) => [number, place.uidl(number)]),
        )
        assert.equal(box.unlisted, shown.length === 3 ? undefined : letters)
        if (sizes) for (const { number, size } of box.letters) assert.equal(size, bodies[number - 1]?.length)
        assert.equal(await box.quit(), 'committed')
      }
    await place.close()
  })

test('a box is not opened once the signal is aborted', async () => {
  for (const make of Object.values(places)) {
    const place = await make()
    assert.equal((await place.open(AbortSignal.abort())).kind, 'failed')
    await place.close()
  }
})

const parts = {
  clock: systemClock,
  resolve: async () => ({ kind: 'found', addresses: ['127.0.0.1'] }) as const,
  sockets: sockets({ clock: systemClock, encrypt }),
  recall: () => undefined,
  remember: () => {},
}
const account = { name: 'work', host: 'pop.isp.example', tls: 'off', user: 'eddy', password: () => 'sesame' } as const

async function overImap(insideCapabilities: readonly string[]): Promise<Place> {
  const server = await imapServer({ letters: imapLetters(...bodies), insideCapabilities })
  const open = imap({ ...account, port: server.port }, { ...parts, rows: () => new Map() })
  const left = () => server.letters.map(({ uid }) => `u${uid}`)
  return { open, uidl: (nth) => `7.${nth}`, listsAll: true, left, close: () => server.close() }
}

async function overLoopback(capabilities: readonly string[]): Promise<Place> {
  const server = await pop3Server({ letters: stored(), capabilities })
  const open = pop3({ ...account, port: server.port }, parts)
  return { open, uidl, left: () => server.letters.map((letter) => letter.uidl), close: () => server.close() }
}
