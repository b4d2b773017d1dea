/**
 * One client's session but for its socket: octets in, replies out. Between them stand the dialogue, the letter in
 * progress, the replies that leave in one segment when a burst is answered, and the patience for who gets nowhere.
 */
import type { Clock } from '../clock.ts'
import type { Reply } from '../mail/reply.ts'
import { reply } from '../mail/reply.ts'
import type { Answer, DialogueOptions } from './dialogue.ts'
import { dialogue } from './dialogue.ts'
import { dotDecoder } from './dots.ts'
import type { Feed, FeedOptions } from './feed.ts'
import { counted, feed } from './feed.ts'
import { arrived, judge, waiting, working } from './patience.ts'
import { replyLines } from './reply-lines.ts'

export type ConversationOptions = Omit<DialogueOptions, 'clock'> & {
  readonly clock: Clock
  /** The door is closing: no command is begun any more. */
  readonly closing: () => boolean
  /** Told of every octet received. */
  readonly relieve: (octets: number) => void
}

export interface Wire {
  send(text: string): void
  /** What was sent still arrives; nothing more is heard. */
  hangUp(): void
}

export interface Conversation {
  /** One command, STARTTLS excepted; resolves when it is answered. Never rejects. */
  command(verb: string, argument: string): Promise<void>
  /** What is heard from now on; what the last one still holds is no longer ours. */
  listen(hearing: Pick<FeedOptions, 'command' | 'closed' | 'turn'>): Feed
  /** One segment, all of it; what it was answered leaves together. Never rejects. */
  hear(listener: Feed, octets: Uint8Array): Promise<void>
  /** Sends the replies that wait. */
  flush(): void
  hangUp(last: Reply): void
  /** Hangs up on a client that is in no letter. */
  sayGoodbye(): void
  /** The name from HELO. */
  name(): string | undefined
  /** Forgets all that the client said (RFC 3207 §4.2). */
  restart(): void
  /** Octets of replies that wait. */
  held(): number
  /** Hangs up when the client gets nowhere; resolves then, or when the signal says that it has left. */
  watch(signal: AbortSignal): Promise<void>
}

export function conversation(options: ConversationOptions, wire: Wire): Conversation {
  const { clock, log, hostname, relieve, closing } = options
  const talk = dialogue(options)
  let listening: Feed | undefined
  let presence = arrived(clock.elapsed())
  let replies: string[] = []
  let held = 0
  let accepted = false

  const flush = (): void => {
    const text = replies.join('')
    const letters = accepted
    replies = []
    held = 0
    accepted = false
    if (text === '') return
    wire.send(text)
    if (letters) log.instant('replied')
  }
  const say = (answer: Answer): void => {
    const text = replyLines(answer.reply)
    replies.push(text)
    held += text.length
    if (answer.accepted) {
      accepted = true
      presence = { ...presence, lastLetter: clock.elapsed() }
    }
    if (!answer.hangUp) return
    flush()
    wire.hangUp()
  }
  const hangUp = (last: Reply): void => say({ reply: last, hangUp: true })
  const sayGoodbye = (): void => {
    if (presence.doing === 'command') hangUp(reply(421, '4.3.2', `${hostname} is going down`))
  }
  const unforeseen = (what: string, cause: unknown): void => log.error('accept-failed', `${what} failed: ${String(cause)}`, { cause })

  async function perform(verb: string, argument: string): Promise<void> {
    if (verb === 'QUIT') return hangUp(reply(221, '2.0.0', `${hostname} closing connection`))
    if (verb === 'BDAT') {
      const answer = await talk.bdat(argument)
      return 'reply' in answer ? say(answer) : listening?.take(counted(answer.octets), answer.incoming)
    }
    if (verb === 'DATA') {
      const answer = await talk.data()
      say(answer)
      return answer.incoming && listening?.take(dotDecoder(), answer.incoming)
    }
    say(await talk.command(verb, argument))
  }

  return {
    async command(verb, argument) {
      try {
        await perform(verb, argument)
      } catch (cause) {
        unforeseen(verb, cause)
        say({ reply: reply(451, '4.3.0', 'Local error, try again later') })
      }
    },
    listen(hearing) {
      listening = feed({ ...hearing, say, tooLong: () => say({ reply: reply(500, '5.5.2', 'Line too long') }) })
      return listening
    },
    async hear(listener, octets) {
      const began = clock.elapsed()
      const commands = listener.commands()
      const wasReceiving = listener.receiving()
      presence = working(presence)
      relieve(octets.length)
      try {
        await listener.write(octets)
      } catch (cause) {
        unforeseen('a session', cause)
        return hangUp(reply(421, '4.3.0', 'Local error, try again later'))
      }
      flush()
      const receiving = listener.receiving()
      const progress = listener.commands() !== commands || receiving !== wasReceiving
      const now = clock.elapsed()
      presence = waiting(presence, now, { took: now - began, octets: octets.length, progress, receiving })
      if (closing()) sayGoodbye()
    },
    flush,
    hangUp,
    sayGoodbye,
    name: () => talk.name(),
    restart: () => talk.reset('name'),
    held: () => held,
    async watch(signal) {
      while (!signal.aborted) {
        const verdict = judge(presence, clock.elapsed())
        if (verdict.kind === 'wait') await clock.sleep(verdict.until, signal)
        else if (verdict.kind === 'renew') presence = { ...presence, since: clock.elapsed(), octets: 0 }
        else {
          log.info('impatient', `${options.client.address}: ${verdict.reason}`)
          return hangUp(reply(421, '4.4.2', `${hostname} hangs up: ${verdict.reason}`))
        }
      }
    },
  }
}
