/** Octets of one chunk on their way: the memory of a letter that comes in. It grows to its size only when they do. */
export interface Gather {
  /** Takes what there is room for; how much that was. */
  add(more: Uint8Array): number
  /** What was gathered; it is empty then. */
  take(): Uint8Array
}

/** `limit` is the chunk's size in octets. */
export function gather(limit: number): Gather {
  let octets = Buffer.alloc(0)
  let length = 0
  return {
    add(more: Uint8Array): number {
      const taken = Math.min(more.length, limit - length)
      if (length + taken > octets.length) {
        const larger = Buffer.allocUnsafeSlow(Math.min(limit, Math.max(8192, 2 * octets.length, length + taken)))
        larger.set(octets.subarray(0, length))
        octets = larger
      }
      octets.set(more.subarray(0, taken), length)
      length += taken
      return taken
    },
    take(): Uint8Array {
      const taken = octets.subarray(0, length)
      octets = Buffer.alloc(0)
      length = 0
      return taken
    },
  }
}
