/** A line that is cut at many places while a real Dovecot's box is emptied: the next session brings what is missing, and fetches nothing that is here. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { drain } from '../../src/collect/drain.ts'
import type { Maildrop, OpenMaildrop } from '../../src/collect/maildrop.ts'
import { pop3 } from '../../src/collect/pop3.ts'
import type { Account, Report } from '../../src/collect/session.ts'
import { sockets } from '../../src/collect/socket.ts'
import { encrypter } from '../../src/tls.ts'
import { asItCame, family, house, letter, mailboxes, work, type House } from '../collect/house.ts'
import { startCutter, type Cut } from './cutter.ts'
import { startDovecot, type Dovecot } from './dovecot.ts'
import { missing } from './room.ts'

const needed = missing('dovecot')
const never = new AbortController().signal

/** Mixed sizes, and a list's letter for three. */
const letters: readonly Buffer[] = [
  ...[300, 9000, 1200, 20_000, 700, 2500, 4000, 1500].map((size, nth) => letter(`l${nth}`, { size })),
  ...['eddy', 'keith', 'root'].map((to) => letter('list', { size: 8000, header: `X-Envelope-To: ${to}@shofar.isp.example\n` })),
]

const server = { after: [200, 900, 1100, 1300, 1700, 3000, 8000, 12_000, 20_000, 30_000, 40_000, 50_000, 56_000] }
const cuts: readonly Cut[] = [
  ...server.after.map((after): Cut => ({ from: 'server', after })),
  ...['RETR 5\r\n', 'DELE ', 'QUIT\r\n'].map((after): Cut => ({ from: 'client', after })),
  ...[3, 6, 9].map((nth): Cut => ({ from: 'client', after: 'DELE ', nth })),
  ...[1, 2, 3].map((nth): Cut => ({ from: 'server', after: 'Marked to be deleted', nth })),
]

for (const [kind, account] of [
  ['a single-drop box', work],
  ['a multidrop box', family],
  ['a box with a limit', { ...work, maxMessage: 15_000 }],
] as const)
  test(`${kind}, cut at ${cuts.length} places`, { skip: needed }, async (t) => {
    const isp = await startDovecot({ users: { eddy: 'sesame' } })
    t.after(isp.stop)
    let [fell, unfetched] = [0, 0]
    for (const cut of cuts) {
      const where = JSON.stringify(cut)
      for (const octets of letters) await isp.put('eddy', octets)
      const here = house({ blind: account !== family })
      const line = await cutLine(t, isp, cut)
      const first = await session(here, account, line.port)
      fell += line.cuts()
      const before = new Set(here.rows.keys())
      const second = await session(here, account, isp.pop3)
      assert.equal(second.report.outcome, 'done', `${where}: ${JSON.stringify(second.report)}`)
      assert.deepEqual(await isp.list('eddy').then((left) => left.length), account.maxMessage ? 1 : 0, where)
      assert.deepEqual(
        second.fetched.filter((key) => before.has(key)),
        [],
        `${where}: fetched again`,
      )
      unfetched += second.report.deleted - second.fetched.length
      check(here, account, `${where} ${first.report.outcome}`)
      if (account.maxMessage) await session(here, { ...account, maxMessage: undefined }, isp.pop3)
    }
    assert.ok(fell > cuts.length / 2 && unfetched > letters.length, `${fell} cuts, ${unfetched} letters only deleted again`)
  })

function check(here: House, account: Account, where: string): void {
  const whole = here.letters.filter(({ draft }) => draft.from !== null)
  if (account === family) return assert.deepEqual(mailboxes(here).sort(), familyMail, where)
  const wanted = letters.filter(({ length }) => length <= (account.maxMessage ?? length))
  assert.deepEqual(whole.map((one) => asItCame(one).toString()).sort(), wanted.map(String).sort(), where)
  assert.equal(here.letters.length - whole.length, letters.length - wanted.length, `${where}: notes`)
}

const familyMail = [...letters.slice(0, 8).map((_, nth) => `root: l${nth}`), 'eddy: list', 'keith: list', 'root: list'].sort()

async function session(here: House, account: Account, port: number): Promise<{ report: Report; fetched: readonly string[] }> {
  const fetched: string[] = []
  const open: OpenMaildrop = async (signal, wants) => {
    const opened = await pop3(
      { name: 'work', host: 'pop.isp.example', port, tls: 'off', user: 'eddy', password: () => 'sesame' },
      {
        clock: systemClock,
        resolve: async () => ({ kind: 'found', addresses: ['127.0.0.1'] }),
        sockets: sockets({ clock: systemClock, encrypt: encrypter({ clockIsKnown: () => true }) }),
        recall: () => undefined,
        remember: () => {},
      },
    )(signal, wants)
    return opened.kind === 'open' ? { kind: 'open', box: noting(opened.box, fetched) } : opened
  }
  const parts = { ...here.parts({ open, letters: [], asked: [] }), clock: systemClock }
  return { report: await drain(account, parts, new Map(), never), fetched }
}

/** Writes down the ids of the letters that are fetched. */
function noting(box: Maildrop, fetched: string[]): Maildrop {
  return {
    ...box,
    retrieve(number, take) {
      fetched.push(box.letters.find((letter) => letter.number === number)?.uidl ?? '?')
      return box.retrieve(number, take)
    },
  }
}

async function cutLine(t: TestContext, isp: Dovecot, cut: Cut) {
  const line = await startCutter(isp.pop3, () => cut)
  t.after(line.stop)
  return line
}
