/**
 * Packs an arm64 kernel for GRUB, which unpacks it as it loads: gzip (RFC 1952), of a length that is a multiple of a sector. Read by a list
 * of sectors it then ends where gzip ends, in whose last octets GRUB looks for the length of what is packed. What fills it up stands in the
 * header's extra field, which nobody reads.
 *   node gzip.ts FILE        prints it
 */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const sector = 512
const [file = ''] = process.argv.slice(2)
const packed = gzipSync(readFileSync(file), { level: 9 })
// Ten octets of header, then the extra field's length, two octets; of all flags FEXTRA alone.
const [header, rest] = [packed.subarray(0, 10), packed.subarray(10)]
const filling = Buffer.alloc((sector - ((packed.length + 2) % sector)) % sector)
const length = Buffer.alloc(2)
header[3] = 4
length.writeUInt16LE(filling.length)
process.stdout.write(Buffer.concat([header, length, filling, rest]))
