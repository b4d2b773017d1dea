import type { Config } from './config.ts'

/** Settings that are read, checked and not acted on yet; a person must not have to find that out alone. */
export function unheeded({ link, call, tariff, web, console }: Config): readonly string[] {
  const places: readonly (readonly [boolean, string])[] = [
    [link.mode === 'dial', 'link.mode = "dial": the line is watched as in mode "hooks"'],
    [call.timetable.length > 0, 'call.timetable: nothing is dialled'],
    [call.windows.length > 0, 'call.windows: bulk leaves with every call'],
    [call.budget !== undefined, 'call.budget: calls are not counted against it'],
    [tariff.length > 0, 'tariff: nothing is reckoned with it'],
    [web !== undefined, 'web: there is no page'],
    [console !== undefined, 'console: nothing answers on the serial port'],
  ]
  return places.filter(([set]) => set).map(([, words]) => words)
}
