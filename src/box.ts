/** Adapter: the box around the daemon, which another may steer: words for its keeper, one a line, on a FIFO. Never waits. */
import { closeSync, constants, openSync, writeSync } from 'node:fs'

export const boxRequests = '/run/box/request'

/** A sentence if it cannot be asked. */
export function askBox(word: string, fifo: string = boxRequests): string | undefined {
  try {
    // Without a reader a blocking open would wait for one, and a regular file is none.
    const request = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK)
    try {
      writeSync(request, `${word}\n`)
    } finally {
      closeSync(request)
    }
    return undefined
  } catch (fault) {
    const { code, message } = fault as NodeJS.ErrnoException
    if (code === 'ENOENT') return `this is not that kind of box: there is no ${fifo}; ask the computer itself for ${word}`
    return code === 'ENXIO' ? `nobody listens at ${fifo}; ask the computer itself for ${word}` : `${fifo} cannot be written: ${message}`
  }
}
