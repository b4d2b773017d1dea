/**
 * The hours of the week on the wall clock, as tariffs and timetables mean them: local time, summer time included. Walls are milliseconds
 * since 1970. Pure: it reads no clock, only what the given number is called here.
 */
import { inWindow, type Window } from '../config/windows.ts'

const week = 7 * 24 * 60

/** Minutes since Monday 00:00. */
export function minuteOfWeek(wall: number): number {
  const date = new Date(wall)
  return ((date.getDay() + 6) % 7) * 1440 + date.getHours() * 60 + date.getMinutes()
}

export function within(windows: readonly Window[], wall: number): boolean {
  const minute = minuteOfWeek(wall)
  return windows.some((window) => inWindow(window, minute))
}

/** The first moment after `wall` at which one of these begins or ends; undefined if none ever does. */
export function nextBorder(windows: readonly Window[], wall: number): number | undefined {
  const minute = minuteOfWeek(wall)
  const ahead = windows.flatMap(({ spans }) => spans.flatMap(({ from, to }) => [minutesTo(from, minute), minutesTo(to, minute)]))
  return ahead.length > 0 ? inMinutes(wall, Math.min(...ahead)) : undefined
}

/** The first moment after `wall` at which a clock on the wall shows these minutes since midnight. */
export function nextTimeOfDay(minutes: number, wall: number): number {
  const passed = minuteOfWeek(wall) % 1440
  return inMinutes(wall, minutes > passed ? minutes - passed : minutes - passed + 1440)
}

/** How many minutes after `now` this minute of the week comes next. */
function minutesTo(minute: number, now: number): number {
  const left = (minute - now + week) % week
  return left === 0 ? week : left
}

/** The clock on the wall that many minutes on; where the hands are put back meanwhile, the first time that they show it. */
function inMinutes(wall: number, minutes: number): number {
  const date = new Date(wall)
  const then = new Date(date.getFullYear(), date.getMonth(), date.getDate(), date.getHours(), date.getMinutes() + minutes).getTime()
  return then > wall ? then : wall + minutes * 60_000
}
