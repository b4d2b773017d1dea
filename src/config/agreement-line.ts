/** What the settings of the line demand of each other: hours, tariffs, budgets, modem and ISPs. Pure. */
import { type Finding, twice, when } from './finding.ts'
import type { Config, Tariff } from './config.ts'
import { show } from './kinds.ts'
import type { Placed } from './agreement-mail.ts'
import type { Path } from './positions.ts'
import { inWindow, overlap, type Window } from './windows.ts'

export function hours(windows: readonly Window[], tariffs: readonly Placed<Tariff>[]): readonly Finding[] {
  const always = tariffs.filter(({ value }) => !value.window)
  const held = tariffs.flatMap(({ value: { window }, path }) => (window ? [{ window, path: [...path, 'window'] }] : []))
  return [
    ...overlaps(
      windows.map((window, index) => ({ window, path: ['call', 'windows', index] })),
      'call.windows',
      'write each hour once',
    ),
    ...overlaps(held, 'tariff.window', 'what would such a minute cost? write each hour once'),
    ...always.slice(1).map(({ path }) => ({ path, message: 'tariff: a second one without window; write window = "…" in all but one' })),
  ]
}

export function dialling({ call, tariff }: Config): readonly Finding[] {
  const week = Array.from({ length: 7 }, (_, day) => day * 24 * 60)
  const closed = (minute: number): boolean => call.forbidden.some((window) => inWindow(window, minute))
  return [
    ...overlaps(
      call.forbidden.map((window, index) => ({ window, path: ['call', 'forbidden', index] })),
      'call.forbidden',
      'write each hour once',
    ),
    ...when(
      week.every((day) => Array.from({ length: 24 }, (_, hour) => day + hour * 60).every(closed)),
      ['call', 'forbidden'],
      'call.forbidden: these windows are the whole week, so that mail would never dial; leave some hours open',
    ),
    ...call.timetable.flatMap((minute, index) =>
      when(
        week.every((day) => closed(day + minute)),
        ['call', 'timetable', index],
        'call.timetable: lies in call.forbidden on every day; remove one of the two',
      ),
    ),
    ...when(
      tariff.length === 0 && call.budget.some((one) => 'money' in one),
      ['call', 'budget'],
      'call.budget: without a [[tariff]] nobody knows what a call costs; add one, or write the budget as time, such as "90m/day"',
    ),
  ]
}

export function modem({ link, isp, console }: Config): readonly Finding[] {
  const { modem: table } = link
  const each = 'each [[isp]] has its own; write it there, or remove it'
  return [
    ...when(
      link.mode === 'dial' && !table,
      ['link', 'mode'],
      'link.mode: "dial" needs a modem; write a table [link.modem] with tty and numbers',
    ),
    ...when(
      link.mode !== 'dial' && table !== undefined,
      ['link', 'modem'],
      `link.modem: is not used with mode = "${link.mode}"; write mode = "dial" under [link], or remove this table`,
    ),
    ...when(
      link.mode === 'dial' && table !== undefined && table.numbers === undefined && isp.length === 0,
      ['link', 'modem'],
      'link.modem: there is no number to dial; write numbers = ["08451234567"], or an [[isp]] with its own',
    ),
    ...when(
      table !== undefined && console?.tty === table.tty,
      ['console', 'tty'],
      'console.tty: the modem is on that port; write another, or remove [console]',
    ),
    ...when(isp.length > 0 && table?.numbers !== undefined, ['link', 'modem', 'numbers'], `link.modem.numbers: ${each}`),
    ...when(isp.length > 0 && table?.peer !== undefined, ['link', 'modem', 'peer'], `link.modem.peer: ${each}`),
  ]
}

/** What `whole` says is not whole has mistakes of its own. */
export function isps({ link: { mode }, isp }: Config, whole: (path: Path) => boolean): readonly Finding[] {
  const placed = isp.map((value, index) => ({ value, path: ['isp', index] })).filter(({ path }) => whole(path))
  return [
    ...twice(
      placed.map(({ value, path }) => ({ name: value.name, path: [...path, 'name'] })),
      'two ISPs are called %s; give this one another name',
    ),
    ...placed.flatMap(({ value: { name, numbers }, path }) => [
      ...when(
        mode === 'dial' && numbers === undefined,
        path,
        `isp: there is no number of ${show(name)} to dial; write numbers = ["08451234567"]`,
      ),
      ...when(
        mode !== 'dial' && numbers !== undefined,
        [...path, 'numbers'],
        `isp.numbers: are not dialled with mode = "${mode}"; write mode = "dial" under [link], or remove them`,
      ),
    ]),
    ...when(
      mode === 'always' && isp.length > 0,
      ['isp', 0],
      'isp: with mode = "always" no call says which ISP it is; write its tables without isp. in front',
    ),
  ]
}

function overlaps(held: readonly { readonly window: Window; readonly path: Path }[], setting: string, advice: string): readonly Finding[] {
  return held.flatMap(({ window, path }, index) => {
    const other = held.slice(0, index).find((earlier) => overlap(earlier.window, window))
    return other ? [{ path, message: `${setting}: ${show(window.text)} overlaps with ${show(other.window.text)}; ${advice}` }] : []
  })
}
