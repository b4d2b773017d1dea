/** What the running system says of itself (`/run/box/facts`, KEY=value, one a line), and what that means for its two slots. Pure. */

export type SlotName = 'A' | 'B'

export type Facts = {
  readonly board: string
  readonly version: string
  /** The slot that is running. */
  readonly slot: SlotName
  /** The one that the next boot takes by itself; not the one that is running while that is on trial. */
  readonly good: SlotName
  /** The one that an update was last tried in. */
  readonly tried: SlotName | undefined
}

/** Undefined if what makes it a box with slots is not there. */
export function readFacts(text: string): Facts | undefined {
  const facts = new Map(text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).trim()]))
  const slotOf = (name: string): SlotName | undefined => slots.find((slot) => slot === facts.get(name))
  const slot = slotOf('SLOT')
  const board = facts.get('BOARD')
  const version = facts.get('VERSION')
  if (!slot || !board || !version) return undefined
  return { board, version, slot, good: slotOf('GOOD') ?? slot, tried: slotOf('TRIED') }
}

export function otherSlot(slot: SlotName): SlotName {
  return slot === 'A' ? 'B' : 'A'
}

/** Which system is running, and what became of the last update: `0.2.0 in slot B: the update was taken`. */
export function describeFacts({ version, slot, good, tried }: Facts): string {
  const where = `${version} in slot ${slot}`
  if (slot !== good)
    return tried === slot ? `${where}: on trial until it is found healthy` : `${where}, because slot ${good} could not be loaded`
  if (tried === undefined) return where
  return tried === slot
    ? `${where}: the update was taken`
    : `${where}: the update in slot ${tried} was not found healthy, and the box fell back`
}

const slots = ['A', 'B'] as const
