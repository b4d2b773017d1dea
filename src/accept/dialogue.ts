/**
 * What an SMTP server says (RFC 5321), without its socket: one session's greeting name, transaction and letter in progress,
 * and the reply to each command. A recipient is routed when it is named, so what cannot be delivered is refused at RCPT.
 * Promises at most one letter at a time, and that a letter whose client leaves or resets is discarded.
 */
import { formatAddress } from '../mail/address.ts'
import type { ReversePath } from '../mail/address.ts'
import type { Parameters, Recipient } from '../mail/envelope.ts'
import type { Copy } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'
import { formatReply, reply } from '../mail/reply.ts'
import type { Intake } from '../queue/intake.ts'
import type { Router } from '../route/route.ts'
import { withoutDoubles } from '../route/route.ts'
import { parseBdat, parseEtrn, parseHello, parseMail, parseRcpt } from './command.ts'
import type { House } from './letter.ts'
import { ClientGone, openIntake, takeLetter, tooBig } from './letter.ts'
import type { Pipe } from './pipe.ts'
import { pipe } from './pipe.ts'
import { relayRefusal } from './policy.ts'
import { clientText } from './received.ts'

/** RFC 5321 §4.5.3.1.10: a hundred at least; the rest of them come in a second transaction. */
const recipientLimit = 1000

/** Commands, good ones too, that a session may say before it has brought a letter. */
const commandLimit = 20_000

const mergeStep = 1024

export type DialogueOptions = House & {
  readonly router: Router
  readonly open: () => Intake | Promise<Intake>
  /** A client's wish (RFC 1985) that mail for a domain be sent now; no answer means yes. */
  readonly onEtrn: (domain: string) => Reply | undefined
  readonly client: { readonly address: string /** In one of the networks that may send anywhere. */; readonly trusted: boolean }
  readonly tls: { isOffered(): boolean; isOn(): boolean }
}

export type Answer = {
  readonly reply: Reply
  /** A letter is ours by it. */
  readonly accepted?: true
  /** Nothing more is heard of this client. */
  readonly hangUp?: true
}

/** Where the octets of a letter go that the client now sends. */
export interface Incoming {
  /** Resolves when more may come; an answer means that enough has come, and is said at once. */
  put(octets: Uint8Array): Promise<Answer | undefined>
  /** The client has sent what it had to: resolves with what it hears. */
  end(): Promise<Answer>
}

export interface Dialogue {
  /** Every command but DATA, BDAT, STARTTLS and QUIT; undefined: there is no such command. */
  command(verb: string, argument: string): Promise<Answer>
  /** 354 and where the letter goes, or a refusal. */
  data(): Promise<Answer & { readonly incoming?: Incoming }>
  /** Never without somewhere for the octets to go, refused ones too (RFC 3030 §2), unless it hangs up. */
  bdat(argument: string): Promise<{ readonly octets: number; readonly incoming: Incoming } | Answer>
  /** What the client called itself. */
  name(): string | undefined
  /** Forgets the transaction and discards its letter; with `name` what the client called itself too (RFC 3207 §4.2). */
  reset(name?: 'name'): void
}

type Transaction = {
  readonly from: ReversePath
  readonly parameters: Parameters
  readonly recipients: Recipient[]
  copies: readonly Copy[]
  /** At so many copies doubles are taken out, so that a thousand recipients of one list cost no more than the list. */
  mergeAt: number
  letter?: Letter
  /** A chunk was refused: without it the letter can never be whole (RFC 3030 §2). */
  failed?: Reply
}

type Letter = { readonly pipe: Pipe; readonly verdict: Promise<Reply>; received: number }

export function dialogue(options: DialogueOptions): Dialogue {
  const { hostname, client, router, log, maxMessage } = options
  let name: string | undefined
  let extended = false
  let transaction: Transaction | undefined
  let commands = 0

  const clientNow = () => ({ kind: 'lan', helo: name ?? 'unknown', address: client.address }) as const
  const forget = (): void => {
    transaction?.letter?.pipe.fail(new ClientGone())
    transaction = undefined
  }

  function hello(verb: 'HELO' | 'EHLO', argument: string): Reply {
    const parsed = parseHello(argument)
    if (parsed.refusal) return parsed.refusal
    name = parsed.ok
    extended = verb === 'EHLO'
    forget()
    const greeting = `${hostname} Hello ${clientText(clientNow())}, pleased to meet you`
    return { code: 250, text: extended ? [greeting, ...extensions(maxMessage, options.tls.isOffered())].join('\n') : greeting }
  }

  function mail(argument: string): Reply {
    if (transaction) return reply(503, '5.5.1', 'Sender already given')
    const parsed = parseMail(argument)
    if (parsed.refusal) return parsed.refusal
    const { from, parameters, size = 0 } = parsed.ok
    if (size > maxMessage) return tooBig(maxMessage)
    transaction = { from, parameters, recipients: [], copies: [], mergeAt: mergeStep }
    return reply(250, '2.1.0', 'Sender ok')
  }

  async function rcpt(argument: string): Promise<Reply> {
    const current = transaction
    if (!current) return reply(503, '5.5.1', 'Need MAIL before RCPT')
    if (current.letter ?? current.failed) return reply(503, '5.5.1', 'The letter has begun')
    if (current.recipients.length >= recipientLimit) return reply(452, '4.5.3', 'Too many recipients for one letter')
    const parsed = parseRcpt(argument, current.parameters.smtputf8 === true)
    if (parsed.refusal) return parsed.refusal
    const answer = await routed(current, parsed.ok)
    if (answer.code >= 400)
      log.notice('rejected', `${clientText(clientNow())}: ${formatAddress(parsed.ok.address)}: ${formatReply(answer)}`)
    return answer
  }

  async function routed(current: Transaction, recipient: Recipient): Promise<Reply> {
    const { domain } = recipient.address
    const refusal = relayRefusal(client, router.isLocal(domain))
    if (refusal) return refusal
    const routing = await router.route(recipient, current.from)
    if (routing.kind !== 'copies') return routing.reply
    current.recipients.push(recipient)
    current.copies = current.copies.concat(routing.copies)
    if (current.copies.length >= current.mergeAt) {
      current.copies = withoutDoubles(current.copies)
      current.mergeAt = 2 * current.copies.length + mergeStep
    }
    return reply(250, '2.1.5', 'Recipient ok')
  }

  /** Opens the intake and starts reading what `put` will bring; a Reply says why not. */
  async function begin(current: Transaction): Promise<Letter | Reply> {
    const intake = await openIntake(options.open, log)
    if ('code' in intake) return intake
    const passage = pipe()
    const { from, parameters, recipients } = current
    const arrival = {
      envelope: { from, parameters, recipients },
      copies: current.copies,
      client: clientNow(),
      protocol: `${parameters.smtputf8 ? 'UTF8SMTP' : extended ? 'ESMTP' : 'SMTP'}${options.tls.isOn() ? 'S' : ''}`,
      submitted: client.trusted,
      content: passage.content,
      intake,
    }
    const letter: Letter = { pipe: passage, verdict: takeLetter(arrival, options), received: 0 }
    // The client may have left while the intake was opened.
    if (transaction !== current) passage.fail(new ClientGone())
    else current.letter = letter
    return letter
  }

  function etrn(argument: string): Reply {
    if (!client.trusted) return reply(459, '5.7.1', 'ETRN is not for you')
    const parsed = parseEtrn(argument)
    if (parsed.refusal) return parsed.refusal
    return options.onEtrn(parsed.ok) ?? reply(250, '2.0.0', `Queuing for ${parsed.ok} started`)
  }

  async function answerTo(verb: string, argument: string): Promise<Reply> {
    switch (verb) {
      case 'HELO':
      case 'EHLO':
        return hello(verb, argument)
      case 'MAIL':
        return mail(argument)
      case 'RCPT':
        return rcpt(argument)
      case 'RSET':
        forget()
        return reply(250, '2.0.0', 'Reset')
      case 'ETRN':
        return etrn(argument)
      default:
        return simple(verb, argument)
    }
  }

  const ended = async (letter: Letter): Promise<Answer> => {
    letter.pipe.end()
    const verdict = await letter.verdict
    if (transaction?.letter === letter) transaction = undefined
    if (verdict.code >= 300) return { reply: verdict }
    commands = 0
    return { reply: verdict, accepted: true }
  }

  return {
    async command(verb, argument) {
      if (++commands > commandLimit) return { reply: reply(421, '4.7.0', 'Too many commands and no letter'), hangUp: true }
      return { reply: await answerTo(verb, argument) }
    },
    async data() {
      const missing = notReady(transaction)
      if (missing || !transaction) return { reply: missing ?? needMail }
      if (transaction.letter) return { reply: reply(503, '5.5.1', 'BDAT has begun, DATA cannot follow') }
      const letter = await begin(transaction)
      if ('code' in letter) return { reply: letter }
      const incoming = { put: (octets: Uint8Array) => passOn(letter, octets, maxMessage), end: () => ended(letter) }
      return { reply: { code: 354, text: 'Send the letter, end it with <CRLF>.<CRLF>' }, incoming }
    },
    async bdat(argument) {
      const parsed = parseBdat(argument)
      // Without its size a chunk cannot be told from the commands behind it.
      if (parsed.refusal) return { reply: parsed.refusal, hangUp: true }
      const { octets, last } = parsed.ok
      const current = transaction
      const letter = notReady(current) ?? current?.letter ?? (current ? await begin(current) : needMail)
      if ('code' in letter) {
        if (current) current.failed = letter
        if (last) forget()
        return { octets, incoming: swallowed(letter, maxMessage) }
      }
      const between = async (): Promise<Answer> => ({
        reply: letter.pipe.released() ? await letter.verdict : reply(250, '2.0.0', `${octets} octets received`),
      })
      return {
        octets,
        incoming: { put: (piece) => passOn(letter, piece, maxMessage), end: () => (last ? ended(letter) : between()) },
      }
    },
    name: () => name,
    reset(what) {
      forget()
      if (what === 'name') name = undefined
    },
  }
}

const needMail = reply(503, '5.5.1', 'Need MAIL before the letter')

function notReady(transaction: Transaction | undefined): Reply | undefined {
  if (!transaction) return needMail
  if (transaction.failed) return transaction.failed
  return transaction.recipients.length === 0 ? reply(554, '5.5.1', 'No valid recipients') : undefined
}

/** A client that is told its letter is too big, and sends twice as much as it may, is cut off. */
async function passOn(letter: Letter, octets: Uint8Array, maxMessage: number): Promise<Answer | undefined> {
  letter.received += octets.length
  if (letter.received > 2 * maxMessage) {
    letter.pipe.fail(new ClientGone())
    return { reply: tooBig(maxMessage), hangUp: true }
  }
  await letter.pipe.put(octets)
  return undefined
}

function swallowed(refusal: Reply, maxMessage: number): Incoming {
  let received = 0
  return {
    put: async (octets) => {
      received += octets.length
      return received > 2 * maxMessage ? { reply: refusal, hangUp: true } : undefined
    },
    end: async () => ({ reply: refusal }),
  }
}

function simple(verb: string, argument: string): Reply {
  switch (verb) {
    case 'NOOP':
      return reply(250, '2.0.0', 'Ok')
    case 'VRFY':
      return argument === ''
        ? reply(501, '5.5.4', 'Syntax: VRFY address')
        : reply(252, '2.5.2', 'Cannot verify, but will take a letter and try')
    case 'EXPN':
      return reply(502, '5.7.0', 'Lists are not expanded for others')
    case 'HELP':
      return reply(214, '2.0.0', 'HELO EHLO MAIL RCPT DATA BDAT RSET NOOP VRFY ETRN STARTTLS QUIT\nRFC 5321 has the rest')
    default:
      return reply(500, '5.5.1', 'Command not known')
  }
}

function extensions(maxMessage: number, startTls: boolean): readonly string[] {
  const always = ['ENHANCEDSTATUSCODES', 'PIPELINING', '8BITMIME', 'SMTPUTF8', `SIZE ${maxMessage}`, 'DSN', 'CHUNKING', 'ETRN']
  return [...always, ...(startTls ? ['STARTTLS'] : []), 'HELP']
}
