/** Copies, heads and clocks for the queue's tests. */
import type { Copy, Destination } from '../../src/mail/message.ts'
import { type Outcome, outcomeOf } from '../../src/mail/outcome.ts'
import { reply } from '../../src/mail/reply.ts'
import { arrived, type Now, type State } from '../../src/queue/delivery.ts'
import type { Head } from '../../src/queue/store.ts'

export const frodo = { local: 'frodo', domain: 'shire.lan' }

export function copyTo(to: Destination, more: Partial<Copy> = {}): Copy {
  return { from: frodo, recipient: { local: 'sam', domain: 'far.example' }, to, ...more }
}

export const out: Copy = copyTo({ courier: 'smarthost' })
export const home: Copy = copyTo({ courier: 'mailbox', user: 'sam' }, { recipient: { local: 'sam', domain: 'shire.lan' } })

export function headOf(copies: readonly Copy[], size: number, more: Partial<Head> = {}): Head {
  return {
    from: frodo,
    copies,
    parameters: {},
    origin: { door: 'accept', client: 'herring [192.168.1.7]' },
    priority: 'normal',
    size,
    kept: { wall: 1_000 },
    spent: { line: 0, running: 0 },
    ...more,
  }
}

export const accepted: Outcome = outcomeOf(reply(250, '2.0.0', 'queued as 1'), 'mail.isp.example')
export const refused: Outcome = outcomeOf(reply(550, '5.1.1', 'No such user'))
export const deferred: Outcome = outcomeOf(reply(451, '4.7.1', 'Greylisted'))
export const unsure: Outcome = { kind: 'deferred', reply: reply(451, '4.4.2', 'The line died after the dot'), unsure: true }

/** Milliseconds of both counters. */
export function at(running: number, line: number = running): Now {
  return { running, line, at: { wall: 5 } }
}

export function waiting(copy: Copy = out, more: Partial<State> = {}): State {
  return { ...arrived(copy, { line: 0, running: 0 }), ...more } as State
}

export const minute = 60_000
export const hour = 3_600_000
export const day = 86_400_000
