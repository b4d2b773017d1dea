/** What a call has room for in one direction: pure words that the queue, the doors and whoever plans the call share. */

/** Octets are a letter's as it is stored or listed; what the protocols add is allowed for already. */
export type Room = {
  /** The largest letter that ends while the line is paid for. */
  readonly paid: number
  /** The largest that ends before the budget does: for urgent letters, and those that must go. */
  readonly most: number
  /** Who waits since then (`clock.elapsed()` milliseconds) or longer must go, whatever it costs. */
  readonly mustBefore: number
  /** Larger ones fit in no call at all, and may go in this one, since nothing else is under way. */
  readonly alone?: number
}

/** Asked for each letter; `ahead`: octets of letters that go before it in that direction. Undefined: everything goes. */
export type RoomFor = (ahead: number) => Room | undefined

/** `since` as in `mustBefore`. */
export type Asker = { readonly size: number; readonly since: number; readonly urgent: boolean }

export function isFit({ size, since, urgent }: Asker, { paid, most, mustBefore, alone }: Room): boolean {
  if (alone !== undefined && size > alone) return true
  return size <= most && (size <= paid || urgent || since <= mustBefore)
}
