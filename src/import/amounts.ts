/** Amounts as settings write them. Pure. */

/** Seconds, not less and not more than that, as a duration: `"5m"`. */
export function within(seconds: number, least: number, most: number): string {
  return duration(Math.min(Math.max(Math.round(seconds), least), most))
}

export function duration(seconds: number): string {
  const [unit, size] = (
    [
      ['d', 86_400],
      ['h', 3600],
      ['m', 60],
    ] as const
  ).find(([, size]) => seconds % size === 0) ?? ['s', 1]
  return `${seconds / size}${unit}`
}

/** Octets as a size, not less and not more than that: `"200KB"`. */
export function octets(count: number, least: number, most: number): string {
  const bounded = Math.min(Math.max(Math.round(count), least), most)
  const [unit, size] = (
    [
      ['GB', 1024 ** 3],
      ['MB', 1024 ** 2],
      ['KB', 1024],
    ] as const
  ).find(([, size]) => bounded % size === 0) ?? ['B', 1]
  return `${bounded / size}${unit}`
}
