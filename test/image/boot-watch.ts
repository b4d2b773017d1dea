/**
 * Looks at every single write of a machine for what it does to its next boot, whichever write the mains plug lets be the last. What a boot reads
 * is the boot loader, GRUB's environment, and the slot that this names: the one that is good, and the one that is to be tried.
 */
import { environmentVariables } from '../../src/update/grub-environment.ts'
import { type Entry, sector } from './disk-writes.ts'
import { type Choice, environmentAt, octetsAt, partitions, placeOf } from './flash.ts'

export type Watched = {
  /** What could have made a box that does not boot; empty: nothing. */
  readonly dangers: readonly string[]
  /** What the environment said, from the beginning on, and at which entry it came to say so. */
  readonly choices: readonly (Choice & { readonly from: number })[]
}

/** `before`: the whole disk as it was when the machine was switched on. */
export function watchBoots(before: string, entries: readonly Entry[]): Watched {
  const environment = environmentAt / sector
  const slots = { A: rangeOf(before, partitions.slotA), B: rangeOf(before, partitions.slotB) }
  const disk = octetsAt(before, 0, slots.B.end * sector)
  const choice = (): Choice | undefined => {
    const variables = environmentVariables(disk.subarray(environmentAt, environmentAt + 1024))
    return variables && { slot: variables['slot'], try: variables['try'] }
  }
  const dangers: string[] = []
  const choices: (Choice & { from: number })[] = [{ slot: undefined, try: undefined, ...choice(), from: 0 }]
  /** Slots with sectors that a cut might lose. */
  const unsafe = new Set<string>()
  for (const [from, entry] of entries.entries()) {
    if (entry.kind === 'flush') {
      unsafe.clear()
      continue
    }
    const now = choices.at(-1)
    for (let at = 0; at < entry.octets.length; at += sector) {
      const number = entry.start + at / sector
      const octets = entry.octets.subarray(at, at + sector)
      const there = disk.subarray(number * sector, (number + 1) * sector)
      if (number >= slots.B.end || octets.equals(there)) continue
      const slot = (['A', 'B'] as const).find((name) => number >= slots[name].start && number < slots[name].end)
      if (slot !== undefined && slot !== now?.slot && slot !== now?.try) unsafe.add(slot)
      else if (number !== environment) dangers.push(`write ${from}: sector ${number}, of ${slot ?? 'the boot loader'}`)
      octets.copy(there)
    }
    const next = choice()
    if (!next) dangers.push(`write ${from}: GRUB's environment is none`)
    else if (next.slot !== now?.slot || next.try !== now?.try) {
      for (const name of [next.slot, next.try]) if (unsafe.has(name ?? '')) dangers.push(`write ${from}: slot ${name} may still be lost`)
      choices.push({ ...next, from })
    }
  }
  return { dangers, choices }
}

function rangeOf(disk: string, number: number): { readonly start: number; readonly end: number } {
  const { start, length } = placeOf(disk, number)
  return { start: start / sector, end: (start + length) / sector }
}
