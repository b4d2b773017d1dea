/** A door on a port of its own with a queue in memory, for the tests that talk to it. */
import assert from 'node:assert/strict'
import type { Door, DoorOptions } from '../../src/accept/esmtp.ts'
import { smtpDoor } from '../../src/accept/esmtp.ts'
import { systemClock } from '../../src/clock.ts'
import type { Line, Log } from '../../src/log/events.ts'
import { events } from '../../src/log/events.ts'
import type { FakeIntakes } from '../fake/intake.ts'
import { fakeIntakes } from '../fake/intake.ts'
import type { FakeRouter } from '../fake/router.ts'
import { fakeRouter } from '../fake/router.ts'

export interface TestDoor extends AsyncDisposable {
  readonly door: Door
  readonly port: number
  readonly intakes: FakeIntakes
  readonly router: FakeRouter
  /** What was logged, in order. */
  readonly log: readonly Line[]
  readonly etrns: readonly string[]
}

export async function openDoor(options: Partial<DoorOptions> = {}): Promise<TestDoor> {
  const intakes = fakeIntakes()
  const router = fakeRouter({
    aliases: { all: ['eddy', 'keith'] },
    users: ['eddy', 'keith', 'postmaster', 'john doe'],
    unreadable: ['busy'],
  })
  const { log, lines } = recorded()
  const etrns: string[] = []
  const door = await smtpDoor({
    hostname: 'moriah.shire.lan',
    software: 'dialpost',
    listen: [{ host: '127.0.0.1', port: 0 }],
    networks: [{ octets: [127, 0, 0, 0], bits: 8 }],
    maxMessage: 100_000,
    maxClients: 20,
    receivedLimit: 25,
    router,
    open: () => intakes.open(),
    clock: systemClock,
    clockKnown: () => true,
    log,
    onEtrn: (domain) => {
      etrns.push(domain)
      return undefined
    },
    ...options,
  })
  const port = door.addresses()[0]?.port
  assert.ok(port)
  return { door, port, intakes, router, log: lines, etrns, [Symbol.asyncDispose]: () => door.close() }
}

export function recorded(): { log: Log; lines: Line[] } {
  const lines: Line[] = []
  return { log: events((line) => lines.push(line)), lines }
}
