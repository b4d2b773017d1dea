/** Adapter (node:dgram): a question to one server by UDP, and what comes back from there. Looks up no names and waits for nothing by itself. */
import { createSocket } from 'node:dgram'
import { isIP } from 'node:net'

/**
 * Asks once and tells each answer to `heard` until that is satisfied; resolves with nothing then, and when the signal is aborted, else with what went
 * wrong. Never rejects.
 */
export type Exchange = (
  to: { readonly address: string; readonly port: number },
  question: Uint8Array,
  heard: (answer: Uint8Array) => boolean,
  signal: AbortSignal,
) => Promise<string | undefined>

/** `sent`: a question has gone over the line. */
export function datagrams(sent: () => void): Exchange {
  return ({ address, port }, question, heard, signal) => {
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4')
    return new Promise<string | undefined>((resolve) => {
      const done = (wrong?: string): void => resolve(wrong)
      const stop = (): void => done()
      signal.addEventListener('abort', stop)
      socket.on('error', ({ message }) => done(message))
      socket.on('message', (answer) => {
        if (heard(answer)) done()
      })
      // Connected, it hears that server alone, and that there is nobody at the port.
      socket.connect(port, address, (fault?: Error) => {
        if (fault) return done(fault.message)
        if (signal.aborted) return done()
        sent()
        socket.send(question)
      })
    }).finally(() => {
      socket.removeAllListeners().on('error', () => {})
      socket.close()
    })
  }
}
