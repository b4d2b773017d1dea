/** Adapter (node:dgram): a question to one server by UDP, and what comes back from there. Looks up no names and waits for nothing by itself. */
import { createSocket } from 'node:dgram'
import { isIP } from 'node:net'

/** Octets of IP (RFC 791 §3.1, RFC 8200 §3) and UDP header. */
const headers = { 4: 28, 6: 48 } as const

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

/** `spent`: octets that went over the line, headers and all. */
export function datagrams(spent: (octets: number) => void): Exchange {
  return ({ address, port }, question, heard, signal) => {
    const family = isIP(address) === 6 ? 6 : 4
    const socket = createSocket(`udp${family}`)
    return new Promise<string | undefined>((resolve) => {
      const done = (wrong?: string): void => resolve(wrong)
      const stop = (): void => done()
      signal.addEventListener('abort', stop)
      socket.on('error', ({ message }) => done(message))
      socket.on('message', (answer) => {
        spent(headers[family] + answer.length)
        if (heard(answer)) done()
      })
      // Connected, it hears that server alone, and that there is nobody at the port.
      socket.connect(port, address, (fault?: Error) => {
        if (fault) return done(fault.message)
        if (signal.aborted) return done()
        spent(headers[family] + question.length)
        socket.send(question)
      })
    }).finally(() => {
      socket.removeAllListeners().on('error', () => {})
      socket.close()
    })
  }
}
