import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BouncerOptions } from '../../src/bounce/bounce.ts'
import { bouncer } from '../../src/bounce/bounce.ts'
import type { Line } from '../../src/log/events.ts'
import { events } from '../../src/log/events.ts'
import { formatAddress, formatPath } from '../../src/mail/address.ts'
import type { Origin } from '../../src/mail/message.ts'
import { reply } from '../../src/mail/reply.ts'
import type { Draft } from '../../src/queue/intake.ts'
import { SpoolFull } from '../../src/queue/intake.ts'
import type { Notice, Report } from '../../src/queue/notice.ts'
import type { Routing } from '../../src/route/route.ts'
import { fakeClock } from '../fake/clock.ts'
import { address, failedDelivery, letter, letterOf, noticeOf } from '../fake/notice.ts'

type Kept = { readonly draft: Draft; readonly text: string }

const unknown: Routing = { kind: 'refused', reply: reply(550, '5.1.1', 'User unknown'), rules: [] }

/** A house whose router knows games and postmaster; everything else is outside. */
function house(options: Partial<BouncerOptions> & { readonly routes?: Readonly<Record<string, Routing>>; readonly full?: boolean } = {}) {
  const kept: Kept[] = []
  const reports: Report[] = []
  const lines: Line[] = []
  const discarded: string[] = []
  let number = 0x500
  const made = bouncer({
    hostname: 'moriah.shire.lan',
    clock: fakeClock(),
    timeKnown: () => true,
    log: events((line) => lines.push(line)),
    reported: (report) => reports.push(report),
    router: {
      async route({ address: to }, from) {
        assert.equal(from, null)
        const known = options.routes?.[formatAddress(to)]
        if (known) return known
        const local = to.domain.startsWith('moriah')
        return {
          kind: 'copies',
          copies: [{ from, recipient: to, to: local ? { courier: 'mailbox', user: to.local } : { courier: 'smarthost' } }],
          rules: [],
        }
      },
    },
    intake: () => {
      const chunks: Uint8Array[] = []
      const id = (number++).toString(16).toUpperCase()
      return {
        id,
        write: async (octets) => {
          if (options.full) throw new SpoolFull()
          assert.ok(octets.length <= 65_536)
          chunks.push(octets)
        },
        keep: async (draft) => void kept.push({ draft, text: Buffer.concat(chunks).toString('latin1') }),
        discard: () => void discarded.push(id),
      }
    },
    ...options,
  })
  return { notify: (notice: Notice) => made.notify(notice), kept, reports, lines, discarded }
}

const failing = (kept: readonly Kept[]) => kept.map(({ draft }) => draft.copies.map(({ recipient }) => formatAddress(recipient)).join())

test('the sender of a failed letter gets one notice, from nobody, committed with the report', async () => {
  const { notify, kept, reports } = house()
  await notify(noticeOf({ deliveries: [failedDelivery(), failedDelivery({ id: 9, recipient: address('ann@far.example') })] }))
  assert.equal(kept.length, 1)
  const { draft, text } = kept[0] ?? assert.fail()
  assert.equal(formatPath(draft.from), '<>')
  assert.deepEqual(
    draft.copies.map(({ to }) => to),
    [{ courier: 'mailbox', user: 'games' }],
  )
  assert.deepEqual(draft.reports, { kind: 'failure', deliveries: [7, 9] })
  assert.deepEqual(draft.origin, { door: 'bounce', of: '4F2' })
  assert.equal(draft.subject, 'Not delivered: Hello')
  assert.match(text, /Final-Recipient: rfc822; bob@far\.example[^]*Final-Recipient: rfc822; ann@far\.example/)
  assert.match(text, /Content-Type: message\/rfc822[^]*Dear Bob/)
  assert.match(text, new RegExp(`^Message-ID: ${draft.messageId}`, 'm'))
  assert.deepEqual(reports, [])
})

const wishes: readonly (readonly [string, Parameters<typeof noticeOf>[0], readonly string[]])[] = [
  ['failure by default', {}, ['games@moriah']],
  ['delay by default', { kind: 'delay' }, ['games@moriah']],
  ['success only when asked for', { kind: 'success' }, []],
  ['success when asked for', { kind: 'success', deliveries: [failedDelivery({ notify: ['success'] })] }, ['games@moriah']],
  ['nothing if never', { deliveries: [failedDelivery({ notify: ['never'] })] }, []],
  ['no delay if only failure', { kind: 'delay', deliveries: [failedDelivery({ notify: ['failure'] })] }, []],
  ['no failure if only delay', { deliveries: [failedDelivery({ notify: ['delay'] })] }, []],
  ['no delay to nobody', { kind: 'delay', from: null }, []],
]
for (const [fact, notice, expected] of wishes) {
  test(`NOTIFY: ${fact}`, async () => {
    const { notify, kept, reports } = house()
    await notify(noticeOf(notice))
    assert.deepEqual(failing(kept), expected)
    assert.deepEqual(reports, expected.length > 0 ? [] : [{ kind: notice?.kind ?? 'failure', deliveries: [7] }])
  })
}

test('who did not want to hear is left out of the notice, and reported with it', async () => {
  const { notify, kept } = house()
  await notify(
    noticeOf({ deliveries: [failedDelivery(), failedDelivery({ id: 9, recipient: address('ann@far.example'), notify: ['never'] })] }),
  )
  assert.deepEqual(kept[0]?.draft.reports?.deliveries, [7, 9])
  assert.doesNotMatch(kept[0]?.text ?? '', /ann@far/)
})

const bounced = (origin: Origin) => noticeOf({ from: null, message: letterOf({ from: null, origin }) })

test('a notice that fails goes to postmaster, not back', async () => {
  const { notify, kept } = house()
  await notify(bounced({ door: 'bounce', of: '4F1' }))
  assert.deepEqual(failing(kept), ['postmaster@moriah.shire.lan'])
  assert.equal(kept[0]?.draft.from, null)
  assert.match(kept[0]?.text ?? '', /You get this as postmaster: the letter has no sender/)
})

test('a bounce from outside that fails here goes to postmaster', async () => {
  const { notify, kept } = house()
  await notify(bounced({ door: 'collect', account: 'work', uidl: 'x' }))
  assert.deepEqual(failing(kept), ['postmaster@moriah.shire.lan'])
})

test('a notice about a notice that fails is the end: an error in the log, and no letter', async () => {
  const { notify, kept, reports, lines } = house()
  await notify(bounced({ door: 'bounce', of: '4F1' }))
  await notify(bounced(kept[0]?.draft.origin ?? assert.fail()))
  assert.equal(kept.length, 1)
  assert.deepEqual(reports, [{ kind: 'failure', deliveries: [7] }])
  assert.deepEqual(
    lines.filter(({ level }) => level === 'error').map(({ event }) => event),
    ['notice-lost'],
  )
})

test('a sender who is unknown here is postmaster’s business', async () => {
  const { notify, kept } = house({ routes: { 'games@moriah': unknown } })
  await notify(noticeOf())
  assert.deepEqual(failing(kept), ['postmaster@moriah.shire.lan'])
  assert.deepEqual(kept[0]?.draft.origin, { door: 'bounce', of: undefined })
  assert.match(kept[0]?.text ?? '', /its sender\s+<games@moriah> cannot be told/)
})

test('without a postmaster the log is told', async () => {
  const { notify, kept, reports, lines } = house({ routes: { 'games@moriah': unknown, 'postmaster@moriah.shire.lan': unknown } })
  await notify(noticeOf())
  assert.deepEqual([kept.length, reports.length], [0, 1])
  assert.equal(lines.at(-1)?.event, 'notice-lost')
})

test('aliases that cannot be read now leave the notice owed', async () => {
  const { notify, kept, reports } = house({
    routes: { 'games@moriah': { kind: 'deferred', reply: reply(451, '4.3.0', 'EIO'), rules: [] } },
  })
  await assert.rejects(notify(noticeOf()), /4F2: its sender cannot be told now: 451 4\.3\.0 EIO/)
  assert.deepEqual([kept, reports], [[], []])
})

test('a full spool leaves the notice owed and nothing half-written', async () => {
  const { notify, reports, discarded } = house({ full: true })
  await assert.rejects(notify(noticeOf()), SpoolFull)
  assert.deepEqual([reports, discarded], [[], ['500']])
})

const big = `${letter}${'x'.repeat(70)}\r\n`.padEnd(200_000, 'lorem ipsum\r\n')
const returned: readonly (readonly [string, Parameters<typeof noticeOf>[0], RegExp])[] = [
  ['RET=HDRS: the header alone', { message: letterOf({ parameters: { ret: 'hdrs' } }) }, /text\/rfc822-headers/],
  ['RET=FULL: the whole', { message: letterOf({ parameters: { ret: 'full' } }) }, /message\/rfc822/],
  [
    'RET=FULL of a large letter: the header alone',
    { text: big, message: letterOf({ size: big.length, parameters: { ret: 'full' } }) },
    /text\/rfc822-headers/,
  ],
  ['a warning: the header alone', { kind: 'delay', message: letterOf({ parameters: { ret: 'full' } }) }, /text\/rfc822-headers/],
  ['unasked, outside: the header alone', { from: address('alice@far.example') }, /text\/rfc822-headers/],
  [
    'asked, outside: the whole',
    { from: address('alice@far.example'), message: letterOf({ parameters: { ret: 'full' } }) },
    /message\/rfc822/,
  ],
]
for (const [fact, notice, expected] of returned) {
  test(`what comes back by ${fact}`, async () => {
    const { notify, kept } = house()
    await notify(noticeOf(notice))
    assert.match(kept[0]?.text ?? '', expected)
    assert.match(kept[0]?.text ?? '', /From: games@moriah\r\n/)
    assert.equal(/Dear Bob/.test(kept[0]?.text ?? ''), expected.source.includes('message'))
  })
}

test('an endless header is cut at a line', async () => {
  const { notify, kept } = house()
  await notify(noticeOf({ text: 'X-Long: 0123456789\r\n'.repeat(20_000), message: letterOf({ size: 400_000 }) }))
  const text = kept[0]?.text ?? ''
  assert.ok(text.length < 20_000)
  assert.match(text, /X-Long: 0123456789\r\n\r\n--=_/)
})

test('a letter that cannot be read is reported all the same', async () => {
  const { notify, kept, lines } = house()
  const content = async function* () {
    yield Buffer.from('From: games@mor')
    throw new Error('EIO')
  }
  await notify(noticeOf({ content }))
  assert.equal(kept.length, 1)
  assert.ok(lines.some(({ event, level }) => event === 'unreadable' && level === 'error'))
})

test('the log tells of the notice as sendmail does, and of its instants in order', async () => {
  const { notify, lines } = house()
  await notify(noticeOf())
  assert.deepEqual(
    lines.map(({ event }) => event),
    ['notice-written', 'notice-kept', 'from', 'notice'],
  )
  assert.equal(lines.at(-1)?.text, '4F2: 500: DSN: 550 5.1.1 No such user')
})
