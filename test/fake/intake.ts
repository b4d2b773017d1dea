/** A queue's intake in memory: what was kept and discarded can be looked at, any call can fail at its nth time, and writing can be held up. */
import type { MessageId } from '../../src/mail/message.ts'
import type { Draft, Intake } from '../../src/queue/intake.ts'

export type KeptLetter = { readonly id: MessageId; readonly draft: Draft; readonly content: Buffer }

export interface FakeIntakes {
  open(): Intake
  readonly kept: KeptLetter[]
  readonly discarded: MessageId[]
  /** Octets written so far, kept or not. */
  written(): number
  /** The nth call of that kind (from 1), over all intakes, fails with this. */
  failAt(call: 'open' | 'write' | 'keep', nth: number, cause: Error): void
  /** Writes wait until the function it returns is called. */
  hold(): () => void
}

export function fakeIntakes(): FakeIntakes {
  const kept: KeptLetter[] = []
  const discarded: MessageId[] = []
  const calls = { open: 0, write: 0, keep: 0 }
  const failures: { call: keyof typeof calls; nth: number; cause: Error }[] = []
  let written = 0
  let held: Promise<void> = Promise.resolve()
  const called = (call: keyof typeof calls): void => {
    const nth = ++calls[call]
    const failure = failures.find((one) => one.call === call && one.nth === nth)
    if (failure) throw failure.cause
  }
  const open = (): Intake => {
    called('open')
    const id = (0x4f0 + calls.open).toString(16).toUpperCase()
    const pieces: Buffer[] = []
    let ended = false
    return {
      id,
      async write(octets) {
        called('write')
        await held
        pieces.push(Buffer.from(octets))
        written += octets.length
      },
      async keep(draft) {
        called('keep')
        ended = true
        kept.push({ id, draft, content: Buffer.concat(pieces) })
      },
      discard() {
        if (!ended) discarded.push(id)
        ended = true
      },
    }
  }
  return {
    open,
    kept,
    discarded,
    written: () => written,
    failAt: (call, nth, cause) => failures.push({ call, nth, cause }),
    hold() {
      const gate = Promise.withResolvers<void>()
      held = gate.promise
      return gate.resolve
    },
  }
}
