/** What a person types, as golden sessions write it down: a line at a time, `<Tab>`, `<Up>`, `<^C>` and the like are keys, `\` at the end is no Enter. */
import assert from 'node:assert/strict'

const keys: Readonly<Record<string, string>> = {
  Tab: '\t',
  Up: '\x1b[A',
  Down: '\x1b[B',
  Left: '\x1b[D',
  Home: '\x1b[H',
  Space: ' ',
  '^A': '\x01',
  '^C': '\x03',
  '^D': '\x04',
  '^K': '\x0b',
  '^L': '\x0c',
  '^U': '\x15',
  '^W': '\x17',
}

export function octetsOf(line: string): Buffer {
  const typed = line.replace(/<([^>]+)>/g, (_, name: string) => keys[name] ?? assert.fail(`no key is called ${name}`))
  return Buffer.from(typed.endsWith('\\') ? typed.slice(0, -1) : `${typed}\r`)
}
