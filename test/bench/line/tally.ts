/** What crosses the line, read from the packets themselves (RFC 791, RFC 9293): content, acknowledgements, what was sent twice. Pure. */
export type Tally = {
  /** Octets of TCP payload, first transmissions alone. */
  readonly content: number
  /** Packets without payload: acknowledgements, SYN, FIN. */
  readonly bare: number
  /** Segments with payload, and those of them that had been sent before. */
  readonly segments: number
  readonly again: number
  readonly connections: number
}

export interface Tallying {
  take(packet: Uint8Array): void
  tally(): Tally
}

const TCP = 6
const SYN = 2

export function tallying(): Tallying {
  /** The sequence number behind the last octet seen, by ports. */
  const seen = new Map<number, number>()
  const counts = { content: 0, bare: 0, segments: 0, again: 0, connections: 0 }
  return {
    take(packet) {
      if (packet[0] === undefined || packet[0] >> 4 !== 4 || packet[9] !== TCP) return
      const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength)
      const start = (packet[0] & 15) * 4
      const flow = view.getUint32(start)
      const sequence = view.getUint32(start + 4)
      const payload = view.getUint16(2) - start - (view.getUint8(start + 12) >> 4) * 4
      if ((view.getUint8(start + 13) & SYN) !== 0) {
        if (!seen.has(flow)) counts.connections += 1
        seen.set(flow, (sequence + 1) >>> 0)
      }
      if (payload === 0) {
        counts.bare += 1
        return
      }
      counts.segments += 1
      const end = (sequence + payload) >>> 0
      const fresh = Math.min(payload, Math.max(0, (end - (seen.get(flow) ?? sequence)) | 0))
      if (fresh < payload) counts.again += 1
      counts.content += fresh
      if (fresh > 0) seen.set(flow, end)
    },
    tally: () => ({ ...counts }),
  }
}
