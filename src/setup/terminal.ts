/** Adapter (node:tty): this process's own terminal as keys, in raw mode as long as it is needed; or the pipe in its place. */
import type { Keys } from './typing.ts'

export type OwnTerminal = Keys & {
  /** False for a pipe: who writes into one sees what they write. */
  readonly echo: boolean
  close(): void
}

type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown }

export function ownTerminal(input: Input, output: NodeJS.WritableStream, signal: AbortSignal): OwnTerminal {
  const gone = new AbortController()
  const leave = (): void => gone.abort()
  const echo = input.isTTY === true
  if (echo) input.setRawMode?.(true)
  for (const end of ['end', 'close', 'error']) input.on(end, leave)
  signal.addEventListener('abort', leave)
  return {
    echo,
    write: (text) => void output.write(text),
    hear: (typed) => void input.on('data', typed),
    gone: gone.signal,
    close() {
      if (echo) input.setRawMode?.(false)
      input.removeAllListeners('data').pause()
      signal.removeEventListener('abort', leave)
    },
  }
}
