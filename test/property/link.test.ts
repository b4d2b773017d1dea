/**
 * The machine that dials with a world that answers every effect, in its own time and as badly as it likes, and with events that nobody
 * expects: never two pppd, never a dial beside anything, no hour with too many attempts, always a wake for what waits, and down at last.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LinkFacts } from '../../src/link/line.ts'
import { type Caller, type CallerEffect, type CallerEvent, type CallerPolicy, callerAtRest } from '../../src/link/caller-state.ts'
import { stepCaller } from '../../src/link/caller.ts'
import type { DialFailure, Dialled } from '../../src/link/modem.ts'

const hour = 3_600_000
const policy: CallerPolicy = {
  isps: [
    { name: 'a', numbers: ['111', '222'] },
    { name: 'b', numbers: ['333'] },
  ],
  attempts: 5,
  tty: '/dev/ttyS1',
}
const facts = (tty: string, name: string): LinkFacts => ({
  interface: name,
  tty,
  speed: 0,
  local: '10.0.0.2',
  remote: '10.0.0.1',
  ipparam: '',
})

const failures: readonly DialFailure[] = [
  'busy',
  'no-carrier',
  'no-dialtone',
  'no-answer',
  'voice',
  'delayed',
  'blacklisted',
  'refused',
  'mute',
  'gone',
  'locked',
  'sim',
  'aborted',
]
const dialled: fc.Arbitrary<Dialled> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Dialled>({ kind: 'connected', carrier: { speed: 33_600, protocol: '' } }) },
  fc.constantFrom(...failures).map((failure): Dialled => ({ kind: 'failed', failure, words: 'DELAYED 00:02:00' })),
)
const status = fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 10, 12, 15, 16, 16, 16, 19, 127, 137)
const usage = { seconds: 1, sent: 2, received: 3 }

/** What happens next: somebody wants something, the world answers what is asked of it, pppd's scripts speak, or time passes. */
type Happening =
  | { readonly kind: 'event'; readonly event: CallerEvent }
  | { readonly kind: 'modem-says'; readonly result: Dialled }
  | { readonly kind: 'pppd-ends'; readonly status: number }
  | { readonly kind: 'hangs-up'; readonly modem: 'idle' | 'mute' | 'gone' }
  | { readonly kind: 'is-back' }
  | { readonly kind: 'passes'; readonly ms: number }

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc
    .constantFrom<CallerEvent>(
      { kind: 'wanted', cause: { words: 'mail' } },
      { kind: 'wanted', cause: { words: 'mail', isp: 'b' } },
      { kind: 'wanted', cause: { words: 'operator', person: true } },
      { kind: 'unwanted', reason: 'done' },
      { kind: 'went-up', facts: facts('/dev/ttyS1', 'ppp0'), reason: 'ip-up' },
      { kind: 'went-up', facts: facts('/dev/pts/9', 'ppp9'), reason: 'ip-up' },
      { kind: 'went-up', facts: facts('', ''), reason: 'operator' },
      { kind: 'went-down', interface: 'ppp0', reason: 'ip-down', usage },
      { kind: 'went-down', interface: 'ppp9', reason: 'ip-down' },
      { kind: 'woke' },
    )
    .map((event): Happening => ({ kind: 'event', event })),
  dialled.map((result): Happening => ({ kind: 'modem-says', result })),
  status.map((status): Happening => ({ kind: 'pppd-ends', status })),
  fc
    .constantFrom('idle' as const, 'idle' as const, 'mute' as const, 'gone' as const)
    .map((modem): Happening => ({ kind: 'hangs-up', modem })),
  fc.constant<Happening>({ kind: 'is-back' }),
  fc.oneof(fc.nat(5000), fc.nat(60_000), fc.nat(hour)).map((ms): Happening => ({ kind: 'passes', ms })),
)

/** The modem, pppd and the clock, as honest as dialled.ts: what was asked of them, and is not answered yet. */
function world() {
  let link: Caller = callerAtRest(0)
  let now = 0
  let shown = link.line
  let alarm: number | undefined
  const open = { dial: false, pppd: false, hangUp: false, modem: false }
  const dials: number[] = []

  const perform = (effect: CallerEffect): void => {
    switch (effect.kind) {
      case 'announce':
        assert.notEqual(effect.state, shown, 'nothing is announced twice')
        shown = effect.state
        return
      case 'dial':
        assert.deepEqual(
          { ...open, modem: false },
          { dial: false, pppd: false, hangUp: false, modem: false },
          'a dial beside something else',
        )
        open.dial = true
        dials.push(now)
        assert.ok(dials.filter((at) => at > now - hour).length <= policy.attempts, 'too many attempts in an hour')
        return
      case 'start-pppd':
        assert.ok(!open.pppd && !open.dial && !open.hangUp, 'a pppd beside something else')
        open.pppd = true
        return
      case 'abandon-dialling':
        assert.ok(open.dial)
        return
      case 'end-pppd':
        assert.ok(open.pppd, 'nobody is asked to end who does not run')
        return
      case 'hang-up':
        assert.ok(!open.pppd && !open.hangUp, 'the modem is not touched while pppd has it')
        assert.ok(!open.dial)
        open.hangUp = true
        return
      case 'await-modem':
        open.modem = true
        return
      case 'wake':
        assert.ok(effect.at >= now)
        alarm = effect.at
    }
  }
  const take = (event: CallerEvent): void => {
    const next = stepCaller(link, event, now, policy)
    link = next.state
    for (const effect of next.effects) perform(effect)
    check()
  }
  const check = (): void => {
    assert.equal(shown, link.line, 'the state is the one announced last')
    if (link.wakeAt !== undefined) assert.equal(alarm, link.wakeAt, 'a wake is pending for what is waited for')
    if (link.phase === 'resting' || link.phase === 'counting' || link.phase === 'ending') assert.notEqual(link.wakeAt, undefined)
    if (link.line.kind === 'resting') assert.equal(link.wakeAt, link.line.until)
    const busy = [open.dial, open.pppd, open.hangUp].filter(Boolean).length
    const at = {
      dialling: open.dial,
      abandoning: open.dial,
      negotiating: open.pppd,
      up: open.pppd,
      ending: open.pppd,
      'hanging-up': open.hangUp,
    }
    assert.equal(busy, Object.hasOwn(at, link.phase) ? 1 : 0, `${link.phase} with ${JSON.stringify(open)}`)
    if (Object.hasOwn(at, link.phase)) assert.ok(at[link.phase as keyof typeof at])
  }
  const pass = (ms: number): void => {
    const end = now + ms
    while (alarm !== undefined && alarm <= end) {
      now = Math.max(now, alarm)
      alarm = undefined
      take({ kind: 'woke' })
    }
    now = end
  }
  const happens = (what: Happening): void => {
    if (what.kind === 'event') take(what.event)
    if (what.kind === 'passes') pass(what.ms)
    if (what.kind === 'modem-says' && open.dial) {
      open.dial = false
      const { result } = what
      take(result.kind === 'connected' ? { kind: 'dialled', carrier: result.carrier } : { ...result, kind: 'dial-failed' })
    }
    if (what.kind === 'pppd-ends' && open.pppd) {
      open.pppd = false
      take({ kind: 'pppd-ended', status: what.status })
    }
    if (what.kind === 'hangs-up' && open.hangUp) {
      open.hangUp = false
      take({ kind: 'hung-up', modem: what.modem })
    }
    if (what.kind === 'is-back' && open.modem) {
      open.modem = false
      take({ kind: 'modem-back' })
    }
  }
  return { happens, link: () => link, dials: () => dials.length }
}

const life = fc.array(happening, { maxLength: 80, size: 'max' })

test('such lives lead everywhere', () => {
  const places = new Map<string, number>()
  for (const happenings of fc.sample(life, { seed: 1, numRuns: 1000 })) {
    const { happens, link } = world()
    for (const what of happenings) {
      happens(what)
      places.set(link().phase, (places.get(link().phase) ?? 0) + 1)
    }
  }
  assert.equal(places.size, 11)
  for (const [place, times] of places) assert.ok(times > 10, `${place}: ${times}`)
})

test('whatever happens: one thing at a time, no hour with too many attempts, and a wake for all that waits', () => {
  fc.assert(
    fc.property(life, (life) => {
      const { happens } = world()
      for (const what of life) happens(what)
    }),
    { seed: 1, numRuns: 5000 },
  )
})

/** However it stands, the world answers what was asked, and gives time. */
const answers: readonly Happening[] = [
  { kind: 'modem-says', result: { kind: 'connected', carrier: { speed: 0, protocol: '' } } },
  { kind: 'passes', ms: 10_000 },
  { kind: 'pppd-ends', status: 5 },
  { kind: 'hangs-up', modem: 'idle' },
  { kind: 'passes', ms: 2000 },
]

test('down at last once nobody wants it, wherever it was, unless somebody else holds it up or a person is needed; and it stays so', () => {
  fc.assert(
    fc.property(life, (life) => {
      const { happens, link, dials } = world()
      for (const what of life) happens(what)
      happens({ kind: 'event', event: { kind: 'unwanted', reason: 'done' } })
      const before = dials()
      for (const what of [...answers, ...answers, ...answers.slice(3)]) happens(what)
      // A modem that was mute may have been hung up once more in the last of these moments.
      if (['hanging-up', 'counting'].includes(link().phase)) for (const what of answers.slice(3)) happens(what)
      assert.ok(['idle', 'foreign', 'broken'].includes(link().phase), link().phase)
      happens({ kind: 'passes', ms: 24 * hour })
      assert.equal(dials(), before)
    }),
    { seed: 2, numRuns: 5000 },
  )
})

test('wanted for a day, it is never forgotten: it is up, or broken, or will be dialled at a time that it tells', () => {
  fc.assert(
    fc.property(life, (life) => {
      const { happens, link, dials } = world()
      for (const what of life) happens(what)
      happens({ kind: 'event', event: { kind: 'wanted', cause: { words: 'operator', person: true } } })
      for (const what of [...answers, ...answers]) happens(what)
      if (['up', 'broken'].includes(link().line.kind)) return
      const before = dials()
      happens({ kind: 'passes', ms: 2 * hour })
      assert.ok(dials() > before || link().phase === 'dialling', link().phase)
    }),
    { seed: 3, numRuns: 5000 },
  )
})
