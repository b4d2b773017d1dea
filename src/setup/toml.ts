/** TOML as far as setup writes it (toml.io, v1.0.0): whatever a person types comes out as the same text. Pure. */

/** A basic string. JSON's escapes are TOML's, but for DEL, which TOML wants escaped too. */
export function quoted(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll('\x7f', '\\u007f')
}

export function list(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(', ')}]`
}

export function inlineTable(entries: readonly (readonly [key: string, value: string])[]): string {
  return entries.length === 0 ? '{}' : `{ ${entries.map(([key, value]) => `${bareOr(key)} = ${quoted(value)}`).join(', ')} }`
}

function bareOr(key: string): string {
  return /^[\w-]+$/.test(key) ? key : quoted(key)
}
