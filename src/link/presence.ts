/**
 * Whether the interface that ip-up told of is still there. A pppd that was killed runs no ip-down, and its line would be up for ever. It is
 * looked for only while a line is up; and ip-down, which speaks when its interface has just gone, is waited for first.
 */
import type { Clock } from '../clock.ts'
import type { HookEvent } from './hook-line.ts'

export interface Presence {
  /** What the hooks have told, in order. */
  heard(event: HookEvent): void
  close(): void
}

/** Milliseconds between two looks, and how many in a row must find nothing. */
const every = 5000
const misses = 2

/** `gone`: called back with the event that no ip-down has told. One that was not there when it was told of is not looked for. */
export function presence(isThere: (name: string) => boolean, clock: Clock, gone: (event: HookEvent) => void): Presence {
  let looking: { readonly name: string; readonly ending: AbortController } | undefined
  const lookFor = async (name: string, { signal }: AbortController): Promise<void> => {
    for (let missed = 0; missed < misses; missed = isThere(name) ? 0 : missed + 1) {
      await clock.sleep(clock.elapsed() + every, signal)
      if (signal.aborted) return
    }
    gone({ kind: 'went-down', interface: name, reason: `${name} is gone, and no ip-down has told of it` })
  }
  const close = (): void => {
    looking?.ending.abort()
    looking = undefined
  }
  return {
    heard(event) {
      if (event.kind === 'went-down') {
        if (event.interface === '' || event.interface === looking?.name) close()
        return
      }
      const { interface: name } = event.facts
      close()
      if (!isThere(name)) return
      looking = { name, ending: new AbortController() }
      void lookFor(name, looking.ending)
    },
    close,
  }
}
