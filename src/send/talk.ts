/**
 * The two halves of an SMTP connection: commands go out when their sender likes, replies come back in the same order
 * (RFC 2920), and each is given to whoever expects it. Keeps the time: a server that is silent for too long is left.
 * Knows neither letters nor their fate; what ends a talk is a value that says why.
 */
import type { Clock } from '../clock.ts'
import type { Reply } from '../mail/reply.ts'
import { reply } from '../mail/reply.ts'
import { silence } from '../silence.ts'
import { replyReader } from './replies.ts'
import type { Wire } from './wire.ts'

/** What a reply is awaited for. */
export type Expected = 'greeting' | 'hello' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'chunk' | 'end' | 'reset'

/**
 * Milliseconds of patience for each reply, and for the line to take a block. From MAIL on those of RFC 5321 §4.5.3.2, because
 * giving up early on an accepted letter makes doubles. Before it, two minutes instead of five: nothing is at stake yet,
 * the line costs by the minute, and the next smarthost waits.
 */
export const patience: Readonly<Record<Expected | 'block', number>> = {
  greeting: 120_000,
  hello: 120_000,
  starttls: 120_000,
  auth: 120_000,
  mail: 300_000,
  rcpt: 300_000,
  data: 120_000,
  // Of a line that has taken none yet, and a server that has answered none; then clearly longer than either ever needed (silence.ts).
  block: 180_000,
  chunk: 180_000,
  end: 600_000,
  reset: 300_000,
}

/** `sure`: the server itself ended it (421), so what it has not answered it has not done. */
export type Ending = { readonly reply: Reply; readonly sure: boolean }

export interface Talk {
  /** Queues one expectation; to be called before the octets that cause the reply are written. After 421 nobody but the expecter of `end` is told. */
  expect(kind: Expected, took: (answer: Reply) => void): void
  /** False once the talk has ended or is to stop; see `Wire.write`. */
  write(octets: Uint8Array, sent?: () => void): Promise<boolean>
  /** Waits for something else that the line does, with the patience of that kind. */
  within<Result>(kind: Expected | 'block', work: Promise<Result>): Promise<Result>
  /** Says one command and waits for its reply; undefined when the talk ended instead. */
  ask(kind: Expected, command: string): Promise<Reply | undefined>
  /** Waits until it is so, looking again after every reply; false when the talk has ended or is to stop. */
  until(isSo: () => boolean): Promise<boolean>
  /** Expectations without a reply so far. */
  pending(): number
  /** Lets go of everybody who writes or waits; replies are still taken. */
  stop(): void
  stopped(): boolean
  /** After `stop`: resolves when every reply is in, the talk has ended, or elapsed time has come to `until`. */
  drain(until: number): Promise<void>
  /** Ends it for our own reason. */
  end(reply: Reply, sure?: boolean): void
  ending(): Ending | undefined
  /** From the 220 to STARTTLS until this is called nothing that arrives is believed. */
  trustAgain(): void
  /** Resolves when it has ended. */
  readonly over: Promise<Ending>
}

export function openTalk(wire: Wire, clock: Clock, limits: Readonly<Record<Expected | 'block', number>> = patience): Talk {
  const expected: { kind: Expected; took: (answer: Reply) => void }[] = []
  const reader = replyReader()
  const over = Promise.withResolvers<Ending>()
  let sleepers: (() => void)[] = []
  let timer = new AbortController()
  let ending: Ending | undefined
  let stopped = false
  let deaf = false
  const busy: (Expected | 'block')[] = []
  const measured = { block: silence('', limits.block), chunk: silence('', limits.chunk) }
  let quiet = clock.elapsed()

  const wake = (): void => {
    const woken = sleepers
    sleepers = []
    for (const go of woken) go()
  }
  const end = (why: Reply, sure = false): void => {
    if (ending) return
    ending = { reply: why, sure }
    timer.abort()
    wire.close()
    over.resolve(ending)
    wake()
  }
  const watch = (): void => {
    timer.abort()
    quiet = clock.elapsed()
    const awaited = busy[0] ?? expected[0]?.kind
    if (ending || awaited === undefined) return
    timer = new AbortController()
    const { signal } = timer
    const limit = awaited === 'block' || awaited === 'chunk' ? measured[awaited].limit() : limits[awaited]
    void clock.sleep(clock.elapsed() + limit, signal).then(() => {
      if (!signal.aborted) end(silent(awaited, limit))
    })
  }
  const take = (answer: Reply): void => {
    const head = expected.shift()
    if (answer.code === 421 && head?.kind !== 'end') return end(answer, true)
    if (!head) return end(reply(451, '4.5.0', `a reply that nobody asked for: ${answer.code} ${answer.text}`))
    if (head.kind === 'chunk') measured.chunk.lasted(clock.elapsed() - quiet)
    deaf = head.kind === 'starttls' && answer.code === 220
    head.took(answer)
    if (answer.code === 421) return end(answer, true)
    watch()
    wake()
  }
  const listen = async (): Promise<void> => {
    for (;;) {
      const octets = await wire.read()
      if (ending) return
      if (!octets) return end(reply(451, '4.4.2', `connection lost${because(wire.fault())}`))
      if (deaf) continue
      const { replies, broken } = reader.push(octets)
      for (const answer of replies) if (!deaf && !ending) take(answer)
      if (broken !== undefined && !deaf) end(reply(451, '4.5.0', broken))
    }
  }
  const until = async (isSo: () => boolean): Promise<boolean> => {
    for (;;) {
      if (ending || stopped) return false
      if (isSo()) return true
      await new Promise<void>((resolve) => sleepers.push(resolve))
    }
  }
  const expect = (kind: Expected, took: (answer: Reply) => void): void => {
    expected.push({ kind, took })
    if (expected.length === 1) watch()
  }
  const within = async <Result>(kind: Expected | 'block', work: Promise<Result>): Promise<Result> => {
    busy.push(kind)
    watch()
    const result = await work
    busy.shift()
    watch()
    return result
  }
  const write = async (octets: Uint8Array, sent?: () => void): Promise<boolean> => {
    if (ending || stopped) return false
    let done = false
    const from = clock.elapsed()
    void within('block', wire.write(octets, sent)).then(() => {
      done = true
      measured.block.lasted(clock.elapsed() - from)
      wake()
    })
    return until(() => done)
  }
  void listen()
  return {
    expect,
    write,
    until,
    within,
    end,
    async ask(kind, command) {
      let answer: Reply | undefined
      expect(kind, (given) => {
        answer = given
      })
      await write(Buffer.from(command))
      await until(() => answer !== undefined)
      return answer
    },
    pending: () => expected.length,
    stop() {
      stopped = true
      wake()
    },
    stopped: () => stopped,
    async drain(until) {
      const late = clock.sleep(until)
      for (;;) {
        if (ending || expected.length === 0 || clock.elapsed() >= until) return
        await Promise.race([late, new Promise<void>((resolve) => sleepers.push(resolve))])
      }
    },
    ending: () => ending,
    trustAgain() {
      deaf = false
      reader.drop()
    },
    over: over.promise,
  }
}

function because(fault: string | undefined): string {
  return fault === undefined ? '' : `: ${fault}`
}

function silent(awaited: Expected | 'block', limit: number): Reply {
  const seconds = Math.round(limit / 1000)
  return awaited === 'block'
    ? reply(451, '4.4.1', `the line took nothing for ${seconds} s`)
    : reply(451, '4.4.1', `no reply (${awaited}) for ${seconds} s`)
}
