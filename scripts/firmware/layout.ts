/**
 * Where on a board's disk what begins, and the master boot record that says so: boot, slot A, slot B, data. Pure.
 * Of GRUB for a BIOS it knows where boot.img looks for core.img, and core.img for the rest of itself (grub-core/boot/i386/pc).
 */

/** Octets. What disks of today read at once is more, but they count in these. */
export const sectorLength = 512

const megabyte = 2 ** 20 / sectorLength

export type Place = { readonly start: number; readonly sectors: number }

/** In sectors. */
export type Layout = {
  /** By which the kernel finds its root: PARTUUID=ID-0N. */
  readonly diskId: number
  readonly boot: Place
  readonly slotA: Place
  readonly slotB: Place
  /** As small as it may be: the device grows it to the end of its disk. */
  readonly data: Place
}

/** Of `meta`: DISK_ID, 8 hexadecimal digits, and in MB BOOT_START, BOOT_MB and SLOT_MB. */
export function layout(meta: Readonly<Record<string, string>>): Layout {
  const number = (key: string): number => {
    const value = Number(meta[key])
    if (!Number.isSafeInteger(value) || value <= 0) throw new Error(`${key}=${meta[key] ?? ''}: MB of the disk are to stand here`)
    return value * megabyte
  }
  if (!/^[0-9a-f]{8}$/.test(meta['DISK_ID'] ?? '')) throw new Error(`DISK_ID=${meta['DISK_ID'] ?? ''}: not 8 hexadecimal digits`)
  const boot = { start: number('BOOT_START'), sectors: number('BOOT_MB') }
  const slotA = { start: boot.start + boot.sectors, sectors: number('SLOT_MB') }
  const slotB = { start: slotA.start + slotA.sectors, sectors: slotA.sectors }
  const data = { start: slotB.start + slotB.sectors, sectors: 8 * megabyte }
  return { diskId: Number.parseInt(meta['DISK_ID'] ?? '', 16), boot, slotA, slotB, data }
}

const types = { fat16: 0x0e, linux: 0x83 }

/** With the code of GRUB's boot.img, or none where the firmware finds GRUB by itself. */
export function masterBootRecord({ diskId, boot, slotA, slotB, data }: Layout, bootImage: Uint8Array): Uint8Array {
  const record = Buffer.alloc(sectorLength)
  record.set(bootImage.subarray(0, 440))
  // As grub-bios-setup does on hard disks: some BIOSes name the wrong drive, unless they are asked twice.
  if (bootImage.length > 0) record.writeUInt16LE(0x9090, 0x66)
  record.writeUInt32LE(diskId, 440)
  for (const [index, place] of [boot, slotA, slotB, data].entries()) {
    const at = 446 + 16 * index
    record[at] = index === 0 ? 0x80 : 0
    record[at + 4] = index === 0 ? types.fat16 : types.linux
    // No cylinders and heads: whoever still looks at them sees that they are not meant.
    record.set([0xfe, 0xff, 0xff], at + 1)
    record.set([0xfe, 0xff, 0xff], at + 5)
    record.writeUInt32LE(place.start, at + 8)
    record.writeUInt32LE(place.sectors, at + 12)
  }
  record.writeUInt16LE(0xaa55, 510)
  return record
}

/** What lies from sector 1 on. boot.img looks for it there as it comes, and so does core.img's own first sector for the second. */
export function biosGap(core: Buffer, places: Layout): Uint8Array {
  const rest = core.readUInt32LE(sectorLength - 12)
  if (rest !== 2) throw new Error(`GRUB's core.img expects its rest at sector ${rest}, not at 2`)
  return beforeBoot(core, 1, places)
}

/** Of `meta`: LOADER, what a boot ROM takes from the disk, FILE@SECTOR. */
export function loaderParts(words: string): readonly { readonly name: string; readonly sector: number }[] {
  return words.split(' ').flatMap((word) => {
    const [, name, sector] = /^(.+)@(\d+)$/.exec(word) ?? []
    return name === undefined ? [] : [{ name, sector: Number(sector) }]
  })
}

/** The same octets, which from that sector on do not reach into the boot partition. */
export function beforeBoot(octets: Uint8Array, sector: number, { boot }: Layout): Uint8Array {
  const end = sector * sectorLength + octets.length
  if (sector < 1 || end > boot.start * sectorLength)
    throw new Error(`${octets.length} octets from sector ${sector} do not fit before the boot partition`)
  return octets
}
