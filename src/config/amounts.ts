/** Kinds of value that are an amount: of time, of octets, of money. */
import { type Kind, listOf, no, ok, type Parsed, show, written } from './kinds.ts'

/** So much time on line, or money, in each day, week (from Monday) or month. */
export type Budget = ({ readonly ms: number } | { readonly money: number }) & { readonly per: 'day' | 'week' | 'month' }

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const
const periods = { day: units.d, week: units.w, month: 31 * units.d } as const
const sizes: Readonly<Record<string, number>> = { B: 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }

/** Milliseconds, written `"60s"`, `"4h"`, `"1h30m"`. */
export function duration(min: string, max: string): Kind<number> {
  const [least, most] = [milliseconds(min) ?? 0, milliseconds(max) ?? Number.POSITIVE_INFINITY]
  const range = `${min} to ${max}`
  return written(
    'duration',
    '4h',
    (text) => {
      const ms = milliseconds(text)
      if (ms === undefined) return no(`${show(text)} is not a duration; write a number and s, m, h, d or w, such as "90s" or "4h"`)
      return ms < least || ms > most ? no(`${show(text)} is out of range; write a duration from ${range}`) : ok(ms)
    },
    range,
  )
}

/** Octets, written `"256KB"`, `"20MB"`; a KB is 1024. */
export function size(min: string, max: string): Kind<number> {
  const [least, most] = [octets(min) ?? 0, octets(max) ?? Number.POSITIVE_INFINITY]
  const range = `${min} to ${max}`
  return written(
    'size',
    '20MB',
    (text) => {
      const bytes = octets(text)
      if (bytes === undefined) return no(`${show(text)} is not a size; write a number and KB, MB or GB, such as "20MB"`)
      return bytes < least || bytes > most ? no(`${show(text)} is out of range; write a size from ${range}`) : ok(bytes)
    },
    range,
  )
}

/** In the currency of the telephone bill, whichever that is. */
export const money: Kind<number> = {
  name: 'money',
  range: '0 to 1000',
  parse(raw) {
    if (typeof raw !== 'number' || !Number.isFinite(raw))
      return no(`${show(raw)} is not an amount of money; write a plain number without quotes, such as 0.0395`)
    if (raw < 0) return no(`${raw} would have the telephone company pay you; write an amount from 0 up`)
    return raw > 1000 ? no(`${raw} is more than any call costs; write an amount up to 1000`) : ok(raw)
  },
}

const oneBudget: Kind<Budget> = written('budget', '90m/day', (text): Parsed<Budget> => {
  const [amount = '', per = '', ...rest] = text.split('/')
  const ms = milliseconds(amount)
  const isMoney = /^\d{1,6}(?:\.\d{1,4})?$/.test(amount)
  if ((ms === undefined && !isMoney) || rest.length > 0 || !isPeriod(per))
    return no(`${show(text)} is not a budget; write a duration or money per day, week or month, such as "90m/day" or "5.00/month"`)
  if (ms === undefined) return ok({ money: Number(amount), per })
  return ms > periods[per]
    ? no(`${show(text)} is impossible: a ${per} has only ${periods[per] / units.h} hours; write less`)
    : ok({ ms, per })
})

const budgets = listOf('budgets', oneBudget)

/** One, or a list of several that all hold. */
export const budget: Kind<readonly Budget[]> = {
  name: 'budget, or list of budgets',
  parse(raw) {
    if (Array.isArray(raw)) return budgets.parse(raw)
    const one = oneBudget.parse(raw)
    return 'value' in one ? ok([one.value]) : one
  },
}

function milliseconds(text: string): number | undefined {
  if (!/^(?:\d{1,9}(?:\.\d{1,3})?[smhdw])+$/.test(text)) return undefined
  const parts = text.matchAll(/([\d.]+)([smhdw])/g)
  return Math.round(parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit as keyof typeof units], 0))
}

function octets(text: string): number | undefined {
  const parts = /^(\d{1,9}(?:\.\d{1,3})?) ?(?:([KMG])B?|B)$/i.exec(text)
  return parts ? Math.round(Number(parts[1]) * (sizes[parts[2]?.toUpperCase() ?? 'B'] ?? 1)) : undefined
}

function isPeriod(text: string): text is keyof typeof periods {
  return Object.hasOwn(periods, text)
}
