/**
 * GRUB's environment block, as `load_env`, `save_env` and grub-editenv(1) know it: a line that names it, one `key=value` a line,
 * and `#` up to 1024 octets. What the boot depends on is within the first 512, one sector, which flash writes whole or not at
 * all. Refuses to know what the variables mean.
 */

const title = '# GRUB Environment Block\n'
const length = 1024
const firstSector = 512

/** Throws for what would not fit in the first sector or would need GRUB's quoting: no variable of ours does. */
export function environmentBlock(variables: Readonly<Record<string, string>>): Uint8Array {
  const lines = Object.entries(variables).map(([name, value]) => {
    if (!/^\w+$/.test(name) || !/^[ -[\]-~]*$/.test(value)) throw new Error(`GRUB's environment cannot hold ${name}=${value}`)
    return `${name}=${value}\n`
  })
  const text = title + lines.join('')
  if (text.length > firstSector) throw new Error(`GRUB's variables take ${text.length} octets; one sector has ${firstSector}`)
  return Buffer.from(text.padEnd(length, '#'))
}

/** Undefined for what is no environment block. */
export function environmentVariables(block: Uint8Array): Record<string, string> | undefined {
  const text = Buffer.from(block).toString('latin1')
  if (block.length !== length || !text.startsWith(title)) return undefined
  const pairs = text
    .split('\n')
    .filter((line) => !line.startsWith('#') && line.includes('='))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)
  return Object.fromEntries(pairs)
}
