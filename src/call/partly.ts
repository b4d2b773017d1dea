/** How much of letters has gone to the ISP that nobody has answered for yet: what a bar of progress needs, and no sum of whole letters tells. Pure. */
export interface Partly {
  /** Octets that have gone; octets of letters newly taken in hand, and of those that no longer are. */
  moved(amount: { readonly octets: number; readonly of: number; readonly settled: number }): void
  octets(): number
  /** The line is down: all of it begins anew. */
  rest(): void
}

export function partly(): Partly {
  let inHand = 0
  let gone = 0
  return {
    moved({ octets, of, settled }) {
      inHand = Math.max(0, inHand + of - settled)
      gone = Math.min(inHand, Math.max(0, gone + octets - settled))
    },
    octets: () => gone,
    rest() {
      inHand = 0
      gone = 0
    },
  }
}
