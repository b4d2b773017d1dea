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

export type Segment = {
  /** `40000>25`. */
  readonly ports: string
  readonly sequence: number
  readonly acknowledged: number
  /** As written, not scaled. */
  readonly window: number
  /** Octets. */
  readonly payload: number
  /** Of S, F, R, A. */
  readonly flags: string
}

const TCP = 6

/** Undefined for what is no TCP over IPv4. */
export function segmentOf(packet: Uint8Array): Segment | undefined {
  if (packet[0] === undefined || packet[0] >> 4 !== 4 || packet[9] !== TCP) return undefined
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength)
  const start = (packet[0] & 15) * 4
  const bits = view.getUint8(start + 13)
  return {
    ports: `${view.getUint16(start)}>${view.getUint16(start + 2)}`,
    sequence: view.getUint32(start + 4),
    acknowledged: view.getUint32(start + 8),
    window: view.getUint16(start + 14),
    payload: view.getUint16(2) - start - (view.getUint8(start + 12) >> 4) * 4,
    flags: ['F', 'S', 'R'].filter((_, bit) => (bits & (1 << bit)) !== 0).join('') + ((bits & 16) === 0 ? '' : 'A'),
  }
}

export function tallying(): Tallying {
  /** The sequence number behind the last octet seen, by ports. */
  const seen = new Map<string, number>()
  const counts = { content: 0, bare: 0, segments: 0, again: 0, connections: 0 }
  return {
    take(packet) {
      const segment = segmentOf(packet)
      if (!segment) return
      const { ports, sequence, payload, flags } = segment
      if (flags.includes('S')) {
        if (!seen.has(ports)) counts.connections += 1
        seen.set(ports, (sequence + 1) >>> 0)
      }
      if (payload === 0) {
        counts.bare += 1
        return
      }
      counts.segments += 1
      const end = (sequence + payload) >>> 0
      const fresh = Math.min(payload, Math.max(0, (end - (seen.get(ports) ?? sequence)) | 0))
      if (fresh < payload) counts.again += 1
      counts.content += fresh
      if (fresh > 0) seen.set(ports, end)
    },
    tally: () => ({ ...counts }),
  }
}
