/** Connections whose server's first words somebody else hears, too: what a greeting says besides SMTP is not the courier's business. */
import type { Connect, Wire } from './wire.ts'

/** `heard`: the host as the settings name it, and the first line that it said, as it came. */
export function overheard(connect: Connect, heard: (host: string, greeting: string) => void): Connect {
  return async (target, signal) => {
    const connected = await connect(target, signal)
    return connected.kind === 'connected'
      ? { kind: 'connected', wire: tapped(connected.wire, (line) => heard(target.host, line)) }
      : connected
  }
}

/** A greeting that does not come in one piece says less, which is no loss. */
function tapped(wire: Wire, heard: (line: string) => void): Wire {
  let first = true
  return {
    ...wire,
    async read() {
      const octets = await wire.read()
      if (first && octets) heard(Buffer.from(octets).toString('latin1').split(/\r?\n/, 1)[0] ?? '')
      first = false
      return octets
    },
  }
}
