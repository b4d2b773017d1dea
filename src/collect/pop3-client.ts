/**
 * Adapter (node-pop3): its commands on our wire. node-pop3 words them and reads the lists. Of its own connection nothing is used: it
 * takes a body apart wherever TCP splits it, mixes up the answers of pipelined commands, waits for ever when the server goes, and
 * dies of a refused greeting. Commands leave in the order in which they are given.
 */
import { Readable } from 'node:stream'
import Pop3Command from 'node-pop3'
import { headerLimit } from '../mail/header.ts'
import type { Answer } from './maildrop.ts'
import type { Asked } from './pop3-lists.ts'
import type { Command, Pop3Wire } from './pop3-wire.ts'

/** A call into node-pop3 with its refusal as a value again. */
export async function asked<T>(call: Promise<T>): Promise<Asked<T>> {
  try {
    return { kind: 'done', text: '', value: await call }
  } catch (error) {
    if (error instanceof Unanswered) return error.answer
    throw error
  }
}

class Unanswered extends Error {
  override readonly name = 'Unanswered'
  readonly answer: Exclude<Answer, { kind: 'done' }>
  constructor(answer: Exclude<Answer, { kind: 'done' }>) {
    super(answer.text)
    this.answer = answer
  }
}

export class Pop3Client extends Pop3Command {
  readonly #wire: Pop3Wire
  readonly #told = new Map<string, () => void>()

  constructor(wire: Pop3Wire) {
    super({ user: '', password: '', host: '' })
    this.#wire = wire
    // QUIT asks whether there is one; nothing else is done with it.
    this._socket = {} as never
  }

  /** We are in already. */
  override async _connect(): Promise<string> {
    return ''
  }

  /** Has `sent` called when the next command of these words is out. */
  tell(line: string, sent: (() => void) | undefined): void {
    if (sent) this.#told.set(line, sent)
  }

  /** Past node-pop3, which would take the body for text. */
  async retrieve(number: number, take: NonNullable<Command['body']>): Promise<Answer> {
    await this._connect()
    return this.#wire.exchange({ line: `RETR ${number}`, body: take })
  }

  /** What node-pop3's commands call, body and all; bodies are Latin-1, so that every octet survives its strings. */
  async ask(words: readonly (string | number)[]): Promise<[string, Readable]> {
    const line = words.filter((word) => word !== '').join(' ')
    const pieces: Uint8Array[] = []
    let size = 0
    const limit = words[0] === 'TOP' ? headerLimit : longestList
    const take = (octets: Uint8Array) => {
      if (size + octets.length <= limit) pieces.push(octets)
      else if (words[0] !== 'TOP') this.#wire.close('The server lists more letters than this box can hold')
      size += octets.length
    }
    const sent = this.#told.get(line)
    this.#told.delete(line)
    const answer = await this.#wire.exchange({
      line,
      patient: words[0] === 'DELE',
      ...(hasBody(words) ? { body: take } : {}),
      ...(sent ? { sent } : {}),
    })
    if (answer.kind !== 'done') throw new Unanswered(answer)
    const text = Buffer.from(Buffer.concat(pieces).toString('latin1'), 'utf8')
    return [answer.text, Readable.from(text.length === 0 ? [] : [text])]
  }
}

/** Some 60,000 letters. */
const longestList = 2 * 1024 * 1024

function hasBody([command, argument]: readonly (string | number)[]): boolean {
  return command === 'TOP' || ((command === 'UIDL' || command === 'LIST') && (argument === undefined || argument === ''))
}

/** node-pop3's commands call `super.command`, which no subclass can override: so that one call is made virtual, for ours alone. */
const connection: { command: (...words: (string | number)[]) => Promise<[string, Readable]> } = Object.getPrototypeOf(Pop3Command.prototype)
const stock = connection.command
connection.command = function (this: unknown, ...words) {
  return this instanceof Pop3Client ? this.ask(words) : stock.apply(this, words)
}
