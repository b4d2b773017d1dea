/**
 * An SMTP server that follows the protocol and answers as it is told: each command takes the next of `moods`. It remembers
 * what it took and what it answered, so that a test can compare that with what the client believes.
 */
import type { Peer } from './wire.ts'

export type Mood = 'good' | 'later' | 'never' | 'enough' | 'hang up' | 'hang up after'

export type ServerPlan = {
  readonly pipelining: boolean
  readonly chunking: boolean
  /** When they run out everything is good. */
  readonly moods: readonly Mood[]
  /** Sizes of the pieces in which replies are written, over and over. */
  readonly pieces: readonly number[]
  /** AUTH PLAIN is offered: the server lets everybody in, asks again first, has nothing to do with it, or is too busy. */
  readonly login?: 'lets in' | 'asks' | 'refuses' | 'busy'
  /** Without a login it relays nothing: what refuses it, MAIL or RCPT. */
  readonly closed?: 'MAIL' | 'RCPT'
}

export type SmtpServer = {
  /** Serves one connection. */
  serve(peer: Peer): Promise<void>
  /** By recipient: the contents that it got. */
  readonly taken: Map<string, string[]>
  /** By recipient: the words of all replies that concerned it. */
  readonly said: Map<string, string[]>
  /** Commands that were out of order. */
  readonly faults: string[]
}

type Transaction = { open: boolean; rcpts: string[]; all: string[]; chunks: Buffer[]; spoilt: boolean }

const fresh = (): Transaction => ({ open: false, rcpts: [], all: [], chunks: [], spoilt: false })

class HungUp extends Error {}

export function smtpServer(plan: ServerPlan): SmtpServer {
  const taken = new Map<string, string[]>()
  const said = new Map<string, string[]>()
  const faults: string[] = []
  let turn = 0
  let number = 0

  const serve = async (peer: Peer): Promise<void> => {
    const input = reader(peer)
    let trip = fresh()
    let pending = ''
    let known = plan.login === undefined
    const flush = async (): Promise<void> => {
      for (let at = 0, piece = 0; at < pending.length; piece++) {
        const size = plan.pieces[piece % Math.max(1, plan.pieces.length)] ?? pending.length
        peer.write(pending.slice(at, at + size))
        at += size
        await new Promise((next) => setImmediate(next))
      }
      pending = ''
    }
    const say = (text: string, to: readonly string[] = []): void => {
      for (const recipient of to) said.set(recipient, [...(said.get(recipient) ?? []), text])
      pending += `${text}\r\n`
    }
    /** True where the mood is good; otherwise it has been said. */
    const decide = (to: readonly string[], good: string, took: () => void = () => {}): boolean => {
      const mood = plan.moods[turn++] ?? 'good'
      const words = `${mood} ${++number}`
      if (mood === 'hang up') throw new HungUp()
      if (mood === 'enough') {
        say(`421 4.3.2 ${words}`, to)
        throw new HungUp()
      }
      if (mood === 'later') say(`450 4.2.0 ${words}`, to)
      if (mood === 'never') say(`550 5.7.1 ${words}`, to)
      if (mood === 'later' || mood === 'never') return false
      took()
      if (mood === 'hang up after') throw new HungUp()
      say(`${good} ${words}`, to)
      return true
    }
    const deliver = (content: Buffer): void => {
      for (const recipient of trip.rcpts) taken.set(recipient, [...(taken.get(recipient) ?? []), content.toString('latin1')])
    }
    const data = async (): Promise<void> => {
      if (trip.rcpts.length === 0) return say('503 5.5.1 no recipients')
      if (!decide(trip.rcpts, '354')) return
      await flush()
      const content = await input.untilDot()
      decide(trip.rcpts, '250 2.0.0', () => deliver(content))
      trip = fresh()
    }
    const bdat = async (size: number, last: boolean): Promise<void> => {
      const octets = await input.octets(size)
      if (trip.rcpts.length === 0 || trip.spoilt) return say('503 5.5.1 no recipients')
      trip.chunks.push(octets)
      const good = decide(trip.rcpts, '250 2.0.0', () => {
        if (last) deliver(Buffer.concat(trip.chunks))
      })
      if (!good) trip.spoilt = true
      else if (last) trip = fresh()
    }
    const login = async (): Promise<void> => {
      if (plan.login === 'refuses') return say('504 5.5.4 Not in this way')
      if (plan.login === 'busy') return say('454 4.7.0 Later')
      if (plan.login === 'asks') {
        say('334 ')
        await flush()
        known = Buffer.from(await input.line(), 'base64').toString() === '\0eddy\0friend'
        return say(known ? '235 2.7.0 Welcome' : '501 5.5.2 That is no answer')
      }
      known = true
      say('235 2.7.0 Welcome')
    }
    const perform = async (line: string): Promise<boolean> => {
      const [verb = '', ...rest] = line.split(' ')
      const path = /<(.*)>/.exec(line)?.[1] ?? ''
      if (verb === 'QUIT') return false
      if (verb === 'EHLO')
        say(
          [
            '250-fake',
            plan.pipelining ? '250-PIPELINING' : '',
            plan.chunking ? '250-CHUNKING' : '',
            plan.login ? '250-AUTH PLAIN' : '',
            '250 OK',
          ]
            .filter(Boolean)
            .join('\r\n'),
        )
      else if (verb === 'AUTH') await login()
      else if (!known && verb === plan.closed) say(verb === 'MAIL' ? '530 5.7.0 Who are you?' : '550 5.7.1 We do not relay')
      else if (verb === 'RSET') {
        trip = fresh()
        say('250 2.0.0 fresh')
      } else if (verb === 'MAIL') {
        if (trip.open) faults.push(`nested ${line}`)
        trip = fresh()
        trip.open = decide([path], '250 2.1.0')
      } else if (verb === 'RCPT') {
        trip.all.push(path)
        if (!trip.open) say('503 5.5.1 MAIL first')
        else if (decide([path], '250 2.1.5')) trip.rcpts.push(path)
      } else if (verb === 'DATA') await data()
      else if (verb === 'BDAT') await bdat(Number(rest[0]), rest[1] === 'LAST')
      else faults.push(line)
      return true
    }
    try {
      say('220 fake ESMTP')
      do await flush()
      while (await perform(await input.line()))
    } catch (fault) {
      if (!(fault instanceof HungUp)) throw fault
      await flush()
    }
    peer.close()
  }
  return { serve, taken, said, faults }
}

function reader(peer: Peer) {
  let buffer: Buffer = Buffer.alloc(0)
  const more = async (): Promise<void> => {
    const octets = await peer.read()
    if (!octets) throw new HungUp()
    buffer = Buffer.concat([buffer, octets])
  }
  const cut = (count: number): Buffer => {
    const piece = buffer.subarray(0, count)
    buffer = buffer.subarray(count)
    return piece
  }
  const octets = async (count: number): Promise<Buffer> => {
    while (buffer.length < count) await more()
    return cut(count)
  }
  const rawLine = async (): Promise<Buffer> => {
    while (!buffer.includes('\r\n')) await more()
    return cut(buffer.indexOf('\r\n') + 2)
  }
  return {
    octets,
    line: async (): Promise<string> => (await rawLine()).toString('latin1').slice(0, -2),
    async untilDot(): Promise<Buffer> {
      const lines: Buffer[] = []
      for (;;) {
        const line = await rawLine()
        if (line.equals(Buffer.from('.\r\n'))) return Buffer.concat(lines)
        lines.push(line[0] === 0x2e ? line.subarray(1) : line)
      }
    },
  }
}
