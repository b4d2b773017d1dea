/**
 * The TLS sessions that servers have given us (RFC 8446 §4.6.1, RFC 5077), kept while the process lives: a handshake that resumes
 * one brings no certificates, which are a second of modem line. To offer a ticket costs 250 octets, too, so a server that takes
 * none back (Dovecot gives each connection a new process with new keys) is offered one only now and then. Pure.
 */
export interface Tickets {
  /** What to offer this server. */
  offer(server: string): Buffer | undefined
  /** How a handshake went in which one was offered. */
  offered(server: string, resumed: boolean): void
  keep(server: string, ticket: Buffer): void
  forget(server: string): void
}

/** Offers in vain, one after another, before they rest; and handshakes for which they rest. */
const patience = 2
const rest = 16

export function tickets(): Tickets {
  const known = new Map<string, { ticket: Buffer; vain: number; rested: number }>()
  return {
    offer(server) {
      const entry = known.get(server)
      if (entry && entry.vain >= patience && entry.rested < rest) {
        entry.rested += 1
        return undefined
      }
      return entry?.ticket
    },
    offered(server, resumed) {
      const entry = known.get(server)
      if (!entry) return
      entry.vain = resumed ? 0 : entry.vain + 1
      entry.rested = 0
    },
    keep(server, ticket) {
      known.set(server, { vain: 0, rested: 0, ...known.get(server), ticket })
    },
    forget(server) {
      known.delete(server)
    },
  }
}
