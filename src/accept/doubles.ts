import { addressKey } from '../mail/address.ts'
import type { Copy } from '../mail/message.ts'
export function withoutDoubles(copies: readonly Copy[]): readonly Copy[] {
  const seen = new Map<string, Copy>()
  for (const copy of copies) {
    const key = JSON.stringify([addressKey(copy.recipient), copy.to])
    if (!seen.has(key)) seen.set(key, copy)
  }
  return [...seen.values()]
}
