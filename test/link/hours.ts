/** A window of the week by its words in the settings, for tables of tests. */
import { type Window, window } from '../../src/config/windows.ts'

export function hours(text: string): Window {
  const parsed = window.parse(text)
  if (!('value' in parsed)) throw new Error(`${text} is no window`)
  return parsed.value
}
