import type { Config } from './config.ts'

/** Settings that are read, checked and not acted on yet; a person must not have to find that out alone. */
export function unheeded({ web }: Config): readonly string[] {
  const places: readonly (readonly [boolean, string])[] = [[web !== undefined, 'web: there is no page']]
  return places.filter(([set]) => set).map(([, words]) => words)
}
