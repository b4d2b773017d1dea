/** Any multidrop box of copies and of letters that are nearly copies, cut at any steps: each person has each letter once, and the box is empty. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { drain } from '../../src/collect/drain.ts'
import { family, house, letter, mailboxes } from '../collect/house.ts'
import { fakeMaildrop } from '../fake/maildrop.ts'

/** `name` makes the author's header, `to` the trace, `body` octets more; what is alike in all but `body` is one letter to a person, as its header says. */
const letters = fc.array(
  fc.record({ name: fc.constantFrom('a', 'b', 'c'), to: fc.constantFrom('eddy', 'keith', 'root'), body: fc.constantFrom('', '', '', 'x') }),
  { maxLength: 12 },
)

const octetsOf = ({ name, to, body }: { name: string; to: string; body: string }): Buffer =>
  Buffer.concat([letter(name, { size: 8000, header: `X-Envelope-To: ${to}@shofar.isp.example\n` }), Buffer.from(body)])

test('nobody gets a letter twice, and nobody misses one', async () => {
  await fc.assert(
    fc.asyncProperty(letters, fc.array(fc.nat(60), { maxLength: 3 }), async (lying, cuts) => {
      const here = house()
      const left = [...cuts]
      let steps = left.shift() ?? Number.POSITIVE_INFINITY
      const box = fakeMaildrop({
        letters: lying.map((one, nth) => ({ uidl: `m${nth}`, octets: octetsOf(one) })),
        piece: 5000,
        before: (what) => (what !== 'open' && steps-- <= 0 ? 'lost' : undefined),
      })
      for (let session = 0; session < cuts.length + 2; session++) {
        await drain(family, here.parts(box), new Map(), new AbortController().signal)
        steps = left.shift() ?? Number.POSITIVE_INFINITY
      }
      const wanted = new Set(lying.map(({ name, to }) => `${to}: ${name}`))
      assert.deepEqual(mailboxes(here).sort(), [...wanted].sort())
      assert.equal(box.letters.length, 0)
      assert.equal(here.open(), 0)
    }),
    { numRuns: 150 },
  )
})
