/**
 * Kinds of value that name hours of the day and of the week. A window that ends before it begins, such as
 * `Mon-Fri 18:00-08:00`, is what telephone companies mean by it: on each of those days the hours before 08:00 and those
 * after 18:00. Hence `Mon-Fri 08:00-18:00`, `Mon-Fri 18:00-08:00` and `Sat-Sun` make one whole week without overlap.
 */
import { type Kind, no, ok, type Parsed, show, written } from './kinds.ts'

/** Minutes since Monday 00:00, local time; `from` included, `to` not. */
export type Span = { readonly from: number; readonly to: number }

/** Spans are in order and do not touch the next day's. */
export type Window = { readonly text: string; readonly spans: readonly Span[] }

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const day = 24 * 60

export function inWindow({ spans }: Window, minute: number): boolean {
  return spans.some(({ from, to }) => minute >= from && minute < to)
}

export function overlap(a: Window, b: Window): boolean {
  return a.spans.some((one) => b.spans.some((other) => one.from < other.to && other.from < one.to))
}

/** Minutes since midnight. */
export const timeOfDay: Kind<number> = written('time of day', '08:00', (text) => {
  const minutes = parseTime(text)
  return minutes === undefined || minutes === day
    ? no(`${show(text)} is not a time of day; write one from "00:00" to "23:59"`)
    : ok(minutes)
})

export const window: Kind<Window> = written('window', 'Mon-Fri 18:00-08:00', (text): Parsed<Window> => {
  const [first = '', ...more] = text.trim().split(/\s+/)
  const daysGiven = /^[A-Za-z]/.test(first)
  const on = daysGiven ? parseDays(first) : days.map((_, index) => index)
  if (!on) return no(`${show(first)} does not name days; write Mon, Tue, Wed, Thu, Fri, Sat or Sun, such as "Mon-Fri" or "Sat,Sun"`)
  const hours = daysGiven ? more : [first, ...more]
  const times = hours.length === 0 ? [0, day] : parseHours(hours.join(''))
  const [from, to] = times ?? []
  if (from === undefined || to === undefined)
    return no(`${show(text)} is not a window; write days and hours, such as "Mon-Fri 18:00-08:00"`)
  if (from === to) return no(`${show(text)} begins when it ends; leave the hours out for whole days`)
  return ok({ text, spans: on.flatMap((index) => onDay(index, from, to)) })
})

function onDay(index: number, from: number, to: number): readonly Span[] {
  const midnight = index * day
  if (from < to) return [{ from: midnight + from, to: midnight + to }]
  const early = to > 0 ? [{ from: midnight, to: midnight + to }] : []
  return [...early, { from: midnight + from, to: midnight + day }]
}

function parseHours(text: string): readonly (number | undefined)[] | undefined {
  const ends = text.split('-')
  return ends.length === 2 ? ends.map(parseTime) : undefined
}

/** `8:00`, `18:30`, up to `24:00`. */
function parseTime(text: string): number | undefined {
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? []
  const total = Number(hours) * 60 + Number(minutes)
  return Number(minutes) < 60 && total <= day ? total : undefined
}

/** `Mon-Fri`, `Sat,Sun`, `Fri-Mon`, `daily`; Monday is 0. */
function parseDays(text: string): readonly number[] | undefined {
  if (text.toLowerCase() === 'daily') return days.map((_, index) => index)
  const found = text.split(',').map(parseDayRange)
  return found.every((range) => range !== undefined) ? [...new Set(found.flat())].sort((a, b) => a - b) : undefined
}

function parseDayRange(text: string): readonly number[] | undefined {
  const ends = text.split('-').map((name) => days.findIndex((known) => name.toLowerCase().startsWith(known) && /^[a-z]+$/i.test(name)))
  const [first = -1, last = first] = ends
  if (ends.length > 2 || first < 0 || last < 0) return undefined
  return Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, step) => (first + step) % 7)
}
