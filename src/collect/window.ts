/**
 * How many letters are asked for ahead of those that have come. Two keep a modem line full, since the next body follows the last
 * without a round trip; a faster line needs more octets on order. Few enough that a line that drops, or a stop, wastes little.
 */
export interface Window {
  /** Resolves when one more may be asked for, or after `open`. */
  room(): Promise<void>
  asked(octets: number): void
  /** The body is here, or will not come. */
  came(octets: number): void
  /** It is on the disk, or never will be. */
  settled(): void
  /** Lets everybody pass from now on. */
  open(): void
}

/** Octets on order, letters on order, letters not yet on the disk. */
const most = { octets: 32 * 1024, ordered: 16, unsettled: 24 }

export function orderWindow(): Window {
  let [octets, ordered, unsettled] = [0, 0, 0]
  let isOpen = false
  let wake: () => void = () => {}
  const hasRoom = () => isOpen || (unsettled < most.unsettled && (ordered < 2 || (ordered < most.ordered && octets < most.octets)))
  return {
    async room() {
      while (!hasRoom()) await new Promise<void>((resolve) => (wake = resolve))
    },
    asked(size) {
      octets += size
      ordered += 1
      unsettled += 1
    },
    came(size) {
      octets -= size
      ordered -= 1
      wake()
    },
    settled() {
      unsettled -= 1
      wake()
    },
    open() {
      isOpen = true
      wake()
    },
  }
}
