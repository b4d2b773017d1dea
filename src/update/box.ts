/**
 * Port: the box as an update needs it. Two slots of flash, of which one is running and the other is to be written; somebody with
 * root's rights who makes the next boot try a slot; and the file. What goes wrong there is thrown, with `code` (EIO, EACCES).
 */
import type { Facts } from './facts.ts'

export interface Box {
  /** What the running system says of itself; undefined on a computer that is no box with two slots. */
  facts(): Facts | undefined
  /** PEM: whose updates are taken. */
  publicKey(): string
  /** By its path, or as `http://ADDRESS…` on the LAN. */
  openFile(place: string): Promise<UpdateFile>
  /** The slot that is not running. */
  openSlot(): Promise<Slot>
  /** Is somebody there who hears `tryNext`? */
  keeperHears(): boolean
  /** From here the box is about to boot that slot, once. `kernel` is GRUB's block list within it. */
  tryNext(slot: string, kernel: string): void
}

/** Read from front to end; only of the first 4096 octets may some be read again. */
export interface UpdateFile {
  /** Octets. */
  readonly length: number
  /** Fills it from that position on; fewer octets where the file ends. */
  read(into: Uint8Array, position: number): Promise<number>
  close(): Promise<void>
}

/** Written from front to end, then turned round and read. */
export interface Slot {
  /** Octets it can hold. */
  readonly length: number
  /** What is written is taken from here and what is read comes here, from the front: whole blocks, of the flash's own alignment. */
  readonly piece: Uint8Array
  write(octets: number, position: number): Promise<void>
  /** Resolves when all that was written has reached the flash. What is read from then on comes from there, not from memory. */
  turnRound(): Promise<void>
  read(octets: number, position: number): Promise<void>
  close(): Promise<void>
}
