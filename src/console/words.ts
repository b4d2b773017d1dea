/** How amounts, times and tables are written for a person on an 80-column line. */

/** `3.5K`, `200K`, `5.0M`: at most five characters. */
export function size(octets: number): string {
  if (octets < 1000) return `${octets}`
  const [value, unit] = octets < 1e6 ? [octets / 1000, 'K'] : octets < 1e9 ? [octets / 1e6, 'M'] : [octets / 1e9, 'G']
  return `${value < 10 ? value.toFixed(1) : Math.round(value)}${unit}`
}

/** `0:52`, `3:12:44`, `2d 03:04`. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const [days, hours, minutes, rest] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60]
  if (days > 0) return `${days}d ${two(hours)}:${two(minutes)}`
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

/** `1 letter`, `3 letters`. */
export function count(n: number, one: string): string {
  return `${n} ${one}${n === 1 ? '' : 's'}`
}

/** `2026-11-22 09:37`, local time; `?` where the box did not know it. */
export function moment(wall: number, known = true): string {
  if (!known) return '?'
  const date = new Date(wall)
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`
}

/** Columns as wide as their widest cell, the last one free; no line ends in blanks. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((widest, row) => row.map((cell, at) => Math.max(widest[at] ?? 0, cell.length)), [])
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(at === row.length - 1 ? 0 : (widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** No longer than that, the cut marked. */
export function short(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

/** What a stranger wrote, made harmless for a terminal: control characters become `?`. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (character) => (character === '\n' || character === '\t' ? character : '?'))
}

function two(n: number): string {
  return String(n).padStart(2, '0')
}
