/**
 * The time that a mail server's greeting tells by the way, for a box that has nobody better to ask: sendmail and Exim greet with the date
 * (`220 smtp.isp.example ESMTP Exim 4.96 Wed, 25 Nov 2026 12:30:05 +0000`), POP3 servers with APOP by seconds since 1970
 * (`+OK <1896.697170952@dbc.mtview.ca.us>`, RFC 1939 §7). Good to some seconds. Letters' own dates say only that it is later than that, by
 * nobody knows how much, so they are not asked. Pure.
 */

/** Nobody uses one program for longer: a greeting that says so is wrong (milliseconds). */
const longestUse = 20 * 365.25 * 24 * 3_600_000

/** Milliseconds since 1970; undefined where it tells none, or one that cannot be. `since`: no time is before it. */
export function timeIn(greeting: string, since: number): number | undefined {
  const time = dateIn(greeting) ?? secondsIn(greeting)
  return time !== undefined && time >= since && time < since + longestUse ? time : undefined
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A date with its zone in numbers (RFC 5322 §3.3), or UTC's name: others mean different places to different people. */
const mailDate = /\b(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2})(?::(\d{2}))? (?:([+-])(\d{2})(\d{2})|GMT|UTC?\b)/

function dateIn(greeting: string): number | undefined {
  const found = mailDate.exec(greeting)
  if (!found) return undefined
  const [, day, month = '', year, hour, minute, second = '0', sign, zoneHours = '0', zoneMinutes = '0'] = found
  const local = Date.UTC(Number(year), months.indexOf(month), Number(day), Number(hour), Number(minute), Number(second))
  const east = (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === '-' ? -1 : 1)
  const isReal = months.includes(month) && new Date(local).getUTCDate() === Number(day) && Number(hour) < 24 && Number(minute) < 60
  return isReal ? local - east * 60_000 : undefined
}

/** Process and clock, in decimal; servers that write them otherwise tell nothing. */
function secondsIn(greeting: string): number | undefined {
  const [, seconds] = /<\d+\.(\d{10,11})(?:\.\d+)?@[^<>\s]*>/.exec(greeting) ?? []
  return seconds === undefined ? undefined : Number(seconds) * 1000
}
