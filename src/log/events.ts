/**
 * The vocabulary of the log: one function an event, so that every event is said in one way. Two of them,
 * `from` and `to`, are sendmail's lines to the letter, because people's log readers live on them.
 * Where lines go (ring, stdout, syslog) is the sink's business.
 */
import type { Address, ReversePath } from '../mail/address.ts'
import { formatAddress } from '../mail/address.ts'
import type { MessageId } from '../mail/message.ts'
import type { Outcome } from '../mail/outcome.ts'
import type { Reply } from '../mail/reply.ts'
import { formatReply, statusOf } from '../mail/reply.ts'

export type Level = 'debug' | 'info' | 'notice' | 'warn' | 'error'

/** One line: the event's name, what a person reads, and the same as fields for machines. */
export type Line = {
  readonly level: Level
  readonly event: string
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>>
}

export type Sink = (line: Line) => void

export type Kept = {
  readonly id: MessageId
  readonly from: ReversePath
  readonly size: number
  readonly recipients: number
  readonly messageId?: string | undefined
  readonly bodyType?: string | undefined
  readonly protocol?: string | undefined
  /** `herring [192.168.1.7]`. */
  readonly relay: string
}

export type Settled = {
  readonly id: MessageId
  readonly recipient: Address
  /** Milliseconds since the letter was kept, and in this attempt. */
  readonly delay: number
  readonly transfer: number
  readonly courier: string
  readonly size: number
  readonly outcome: Outcome
}

export type Log = ReturnType<typeof events>

export function events(sink: Sink) {
  const say = (level: Level, event: string, text: string, fields: Readonly<Record<string, unknown>> = {}): void =>
    sink({ level, event, text, fields })
  return {
    from(kept: Kept): void {
      say('info', 'from', fromLine(kept), { ...kept, from: sender(kept.from) })
    },
    to(settled: Settled): void {
      const { outcome, recipient, ...rest } = settled
      say(outcome.kind === 'accepted' ? 'info' : 'notice', 'to', toLine(settled), {
        ...rest,
        to: formatAddress(recipient),
        stat: outcome.kind,
        reply: formatReply(outcome.reply),
      })
    },
    /** An instant at which a promise changes hands (`kept`, `dot-sent`, …): crash tests stop the process right here, so it is said synchronously. */
    instant: (event: string, fields?: Readonly<Record<string, unknown>>): void => say('debug', event, event, fields),
    /** Something a person should look at, in a sentence that says what to do. */
    warn: (event: string, text: string, fields?: Readonly<Record<string, unknown>>): void => say('warn', event, text, fields),
    /** What happened, for whoever follows the log. */
    notice: (event: string, text: string, fields?: Readonly<Record<string, unknown>>): void => say('notice', event, text, fields),
    info: (event: string, text: string, fields?: Readonly<Record<string, unknown>>): void => say('info', event, text, fields),
    debug: (event: string, text: string, fields?: Readonly<Record<string, unknown>>): void => say('debug', event, text, fields),
    error: (event: string, text: string, fields?: Readonly<Record<string, unknown>>): void => say('error', event, text, fields),
  }
}

function fromLine({ id, from, size, recipients, messageId, bodyType, protocol, relay }: Kept): string {
  const pairs = [`from=${sender(from)}`, `size=${size}`, 'class=0', `nrcpts=${recipients}`]
  if (messageId !== undefined) pairs.push(`msgid=${messageId}`)
  if (bodyType !== undefined) pairs.push(`bodytype=${bodyType}`)
  if (protocol !== undefined) pairs.push(`proto=${protocol}`)
  return `${id}: ${[...pairs, `relay=${relay}`].join(', ')}`
}

/** What sendmail calls who carries our letters, and what log readers look for. */
const mailers: Readonly<Record<string, string>> = { mailbox: 'local', smarthost: 'relay', program: 'prog', file: '*file*' }

/** `pri` is sendmail's for one recipient: the size and 30,000 (confWORK_RECIPIENT_FACTOR). */
function toLine({ id, recipient, delay, transfer, courier, size, outcome }: Settled): string {
  const pairs = [
    `to=${formatAddress(recipient)}`,
    `delay=${duration(delay)}`,
    `xdelay=${duration(transfer)}`,
    `mailer=${mailers[courier] ?? courier}`,
    `pri=${size + 30_000}`,
  ]
  if (outcome.where !== undefined) pairs.push(`relay=${outcome.where}`)
  pairs.push(`dsn=${statusOf(outcome.reply)}`)
  if (outcome.kind !== 'accepted') pairs.push(`reply=${formatReply(outcome.reply)}`)
  return `${id}: ${[...pairs, `stat=${stat(outcome)}`].join(', ')}`
}

function stat({ kind, reply }: Outcome): string {
  const text = reply.text.replaceAll('\n', ' ')
  if (kind === 'accepted') return text === '' ? 'Sent' : `Sent (${text})`
  if (kind === 'deferred') return text === '' ? 'Deferred' : `Deferred: ${text}`
  return failureOf(reply)
}

/** sendmail's words for its exit codes (sysexits.h), by which log readers sort failures; the server's own stand in `reply=`. */
function failureOf({ code, enhanced }: Reply): string {
  if (enhanced === '5.1.2') return 'Host unknown'
  if (enhanced === undefined ? [550, 551, 553].includes(code) : enhanced.startsWith('5.1.')) return 'User unknown'
  return enhanced?.startsWith('5.6.') ? 'Data format error' : 'Service unavailable'
}

/** sendmail writes a bare `<>` for the null sender. */
function sender(path: ReversePath): string {
  return path ? formatAddress(path) : '<>'
}

/** `[D+]HH:MM:SS`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const days = Math.floor(seconds / 86400)
  const clock = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
    .map((n) => String(n).padStart(2, '0'))
    .join(':')
  return days > 0 ? `${days}+${clock}` : clock
}
