/** Dates as mail writes them, in the box's own time zone. */

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Sat, 3 Jun 2000 20:58:31 +0100` (RFC 5322 §3.3), from milliseconds since 1970. */
export function mailDate(wall: number): string {
  const date = new Date(wall)
  const offset = -date.getTimezoneOffset()
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`
  return `${days[date.getDay()]}, ${date.getDate()} ${months[date.getMonth()]} ${date.getFullYear()} ${clock(date)} ${zone}`
}

/** The date of a Received line, which may not be left out: while the clock is a guess it says so. */
export function stampDate(wall: number, clockKnown: boolean): string {
  return clockKnown ? mailDate(wall) : `${mailDate(wall)} (clock not set)`
}

/** `Sat Jun  3 20:58:31 2000`, ctime(3) without its line end: 24 characters. */
export function ctime(wall: number): string {
  const date = new Date(wall)
  const day = String(date.getDate()).padStart(2)
  return `${days[date.getDay()]} ${months[date.getMonth()]} ${day} ${clock(date)} ${date.getFullYear()}`
}

function clock(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
}

function two(n: number): string {
  return String(n).padStart(2, '0')
}
