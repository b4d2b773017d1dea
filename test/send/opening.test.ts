import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { beginOpening, step, type OpeningEvent, type Policy, type State } from '../../src/send/opening.ts'

const policy: Policy = { hostname: 'moriah.shire.lan', tls: 'off', login: false }

const says = (code: number, ...lines: string[]): OpeningEvent => ({ kind: 'reply', reply: { code, text: lines.join('\n') } })
const hello = (...lines: string[]): OpeningEvent => says(250, 'mail.isp.example', ...lines)

/** What was said and done, ending with where it stands. */
function play(events: readonly OpeningEvent[], more: Partial<Policy> = {}, encrypted = false): readonly string[] {
  let state: State = beginOpening(encrypted)
  const done: string[] = []
  for (const event of events) {
    const next = step(state, event, { ...policy, ...more })
    state = next.state
    for (const effect of next.effects)
      done.push(effect.kind === 'say' ? effect.line.trim() : effect.kind === 'authenticate' ? effect.mechanism : effect.kind)
  }
  const hurried = state.at === 'ready' && state.hurried ? `, ${state.hurried} is out` : ''
  return [...done, state.at === 'failed' ? `failed ${state.reply.code}` : `${state.at}${hurried}`]
}

describe('the opening', () => {
  const rows: readonly [string, readonly OpeningEvent[], Partial<Policy>, readonly string[]][] = [
    ['as everybody does it', [says(220), hello('SIZE')], {}, ['EHLO moriah.shire.lan', 'ready']],
    ['turned away', [says(554)], {}, ['failed 554']],
    ['too busy', [says(421)], {}, ['failed 421']],
    ['not now', [says(220), says(450)], {}, ['EHLO moriah.shire.lan', 'failed 450']],
    ['EHLO unknown', [says(220), says(500), says(250)], {}, ['EHLO moriah.shire.lan', 'HELO moriah.shire.lan', 'ready']],
    ['HELO unknown, too', [says(220), says(502), says(550)], {}, ['EHLO moriah.shire.lan', 'HELO moriah.shire.lan', 'failed 550']],
    ['EHLO unknown where TLS is required', [says(220), says(500)], { tls: 'required' }, ['EHLO moriah.shire.lan', 'failed 500']],
    [
      'STARTTLS, and everything anew',
      [says(220), hello('STARTTLS', 'AUTH LOGIN'), says(220), { kind: 'encrypted' }, hello('AUTH PLAIN')],
      { tls: 'opportunistic', login: true },
      ['EHLO moriah.shire.lan', 'STARTTLS', 'encrypt', 'EHLO moriah.shire.lan', 'PLAIN', 'auth'],
    ],
    ['STARTTLS offered where TLS is off', [says(220), hello('STARTTLS')], { tls: 'off' }, ['EHLO moriah.shire.lan', 'ready']],
    ['STARTTLS not offered', [says(220), hello()], { tls: 'opportunistic' }, ['EHLO moriah.shire.lan', 'ready']],
    ['STARTTLS not offered, required', [says(220), hello()], { tls: 'required' }, ['EHLO moriah.shire.lan', 'failed 454']],
    [
      'STARTTLS refused',
      [says(220), hello('STARTTLS'), says(454)],
      { tls: 'opportunistic' },
      ['EHLO moriah.shire.lan', 'STARTTLS', 'ready'],
    ],
    [
      'STARTTLS refused, required',
      [says(220), hello('STARTTLS'), says(454)],
      { tls: 'required' },
      ['EHLO moriah.shire.lan', 'STARTTLS', 'failed 454'],
    ],
    [
      'a handshake that fails',
      [says(220), hello('STARTTLS'), says(220), { kind: 'not-encrypted', reason: 'x' }],
      { tls: 'opportunistic' },
      ['EHLO moriah.shire.lan', 'STARTTLS', 'encrypt', 'failed 454'],
    ],
    ['no way to log in', [says(220), hello('AUTH GSSAPI')], { login: true }, ['EHLO moriah.shire.lan', 'ready']],
    ['nothing to log in with', [says(220), hello('AUTH PLAIN')], {}, ['EHLO moriah.shire.lan', 'ready']],
    ['logged in', [says(220), hello('AUTH PLAIN'), says(235)], { login: true }, ['EHLO moriah.shire.lan', 'PLAIN', 'ready']],
    [
      'challenged',
      [says(220), hello('AUTH CRAM-MD5'), says(334, 'PDE+'), says(235)],
      { login: true },
      ['EHLO moriah.shire.lan', 'CRAM-MD5', 'respond', 'ready'],
    ],
    [
      'one way refused, the next tried',
      [says(220), hello('AUTH CRAM-MD5 PLAIN'), says(535), says(235)],
      { login: true },
      ['EHLO moriah.shire.lan', 'CRAM-MD5', 'PLAIN', 'ready'],
    ],
    [
      'the password itself is wrong',
      [says(220), hello('AUTH PLAIN LOGIN'), says(535)],
      { login: true },
      ['EHLO moriah.shire.lan', 'PLAIN', 'failed 535'],
    ],
    [
      'a known server: letters need not wait for its answer',
      [says(220), hello('AUTH PLAIN LOGIN', 'PIPELINING')],
      { tls: 'implicit', login: true, hurry: 'PLAIN' },
      ['EHLO moriah.shire.lan', 'ready, PLAIN is out'],
    ],
    [
      'one that is known, but offers no PIPELINING now',
      [says(220), hello('AUTH PLAIN LOGIN'), says(235)],
      { tls: 'implicit', login: true, hurry: 'PLAIN' },
      ['EHLO moriah.shire.lan', 'PLAIN', 'ready'],
    ],
    [
      'one that is known, but has a better way now',
      [says(220), hello('AUTH PLAIN CRAM-MD5', 'PIPELINING')],
      { tls: 'off', login: true, hurry: 'PLAIN' },
      ['EHLO moriah.shire.lan', 'CRAM-MD5', 'auth'],
    ],
    [
      'a server that does not prove itself',
      [says(220), hello('AUTH SCRAM-SHA-256'), { kind: 'distrusted' }],
      { login: true },
      ['EHLO moriah.shire.lan', 'SCRAM-SHA-256', 'failed 454'],
    ],
  ]
  for (const [name, events, more, done] of rows)
    test(name, () => {
      assert.deepEqual(play(events, more, more.tls === 'implicit'), done)
    })
})

test('where the settings allow no clear text a password is not shown in it', () => {
  assert.deepEqual(play([says(220), hello('AUTH PLAIN')], { tls: 'implicit', login: true }, false), ['EHLO moriah.shire.lan', 'ready'])
})

test('encrypted from the start, STARTTLS is not asked for', () => {
  assert.deepEqual(play([says(220), hello('STARTTLS', 'AUTH PLAIN')], { tls: 'implicit', login: true }, true), [
    'EHLO moriah.shire.lan',
    'PLAIN',
    'auth',
  ])
})

test('ready and failed stay what they are', () => {
  for (const events of [[says(220), hello()], [says(554)]]) {
    const end = play(events)
    assert.deepEqual(play([...events, says(250), { kind: 'encrypted' }]), end)
  }
})
