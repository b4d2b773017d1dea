import assert from 'node:assert/strict'
import { test } from 'node:test'
import { announce } from '../../src/call/announce.ts'
import { type CallRecord, noTraffic } from '../../src/call/record.ts'
import type { LinkState } from '../../src/link/line.ts'
import { events } from '../../src/log/events.ts'

const link = { interface: 'ppp0', tty: '', speed: 0, local: '', remote: '', ipparam: '' }
const up = (isp: string): LinkState => ({ kind: 'up', since: 0, reason: 'ip-up', isp, link })
const down: LinkState = { kind: 'down', since: 0, reason: 'ip-down' }
const ended = (isp: string): CallRecord => ({
  number: 1,
  began: undefined,
  counted: undefined,
  seconds: 62,
  cause: 'ip-up',
  ended: 'ip-down',
  isp,
  carrier: undefined,
  cameUp: true,
  line: undefined,
  out: { letters: 2, octets: 1 },
  in: noTraffic,
  cost: undefined,
  failed: [],
})

function said(isp: string, ...isps: readonly string[]): readonly string[] {
  const lines: string[] = []
  const log = events(({ text }) => lines.push(text))
  const named = isps.map((name) => ({ name }))
  announce(log, up(isp), undefined, named)
  announce(log, down, ended(isp), named)
  return lines
}

test('one ISP needs no name, whatever pppd calls it', () => {
  for (const isp of ['', 'provider'])
    assert.deepEqual(said(isp), ['line up on ppp0: ip-up', 'line down after 62 s: ip-down; 2 letters out, 0 in'])
})

test('of several it is said which one is called, and when pppd names none of them', () => {
  assert.deepEqual(said('b', 'a', 'b'), ['line up to b on ppp0: ip-up', 'line to b down after 62 s: ip-down; 2 letters out, 0 in'])
  assert.match(said('', 'a', 'b')[1] ?? '', /^ip-up names no ISP: /)
  assert.match(said('c', 'a', 'b')[1] ?? '', /^ip-up names c, which is no ISP of the settings: .* ipparam with one of a, b$/)
})
