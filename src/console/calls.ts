/** How calls are shown: a table for 80 columns with what they came to, one JSON object a call, and CSV (RFC 4180) for a spreadsheet. */
import type { CallRecord, Sum, Traffic } from '../call/record.ts'
import type { Budget, Left, Sums } from '../call/sums.ts'
import { count, moment, printable, short, size, span, table } from './words.ts'

/** Of an ISP's name, on a terminal of 80 columns. */
const longestIsp = 8

/** The ISPs are named where there were several. */
export function callsWords(calls: readonly CallRecord[], sums: Sums): string {
  if (calls.length === 0 && sums.total.calls === 0) return 'No call yet.'
  const named = new Set(calls.map(({ isp }) => isp)).size > 1
  const widest = Math.max(0, ...calls.map(({ isp }) => Math.min(isp.length, longestIsp)))
  const rows = calls.map((call) => [
    moment(call.began ?? 0, call.began !== undefined)
      .slice(2)
      .padStart(14),
    span(call.seconds).padStart(6),
    priced(call.cost).padStart(6),
    mail(call.out).padStart(7),
    mail(call.in).padStart(7),
    ...(named ? [short(call.isp === '' ? '-' : call.isp, longestIsp)] : []),
    short(printable(story(call)), named ? 28 - Math.max(widest, 3) : 30),
  ])
  return `${table([['begun', 'time', 'cost', 'out', 'in', ...(named ? ['isp'] : []), 'why; how it ended'], ...rows])}\n\n${sumsWords(sums)}`
}

/** `today 3 calls 0:12:40, cost 0.55`, a line for each period, and what is left of each budget. */
export function sumsWords({ day, week, month, total, left }: Sums): string {
  const rows = [
    ['today', ...sumCells(day)],
    ['this week', ...sumCells(week)],
    ['this month', ...sumCells(month)],
    ['in all', ...sumCells(total)],
  ]
  return [table(rows), ...left.map(leftWords)].join('\n')
}

/** `34:10 left of 90:00 a day`. */
export function leftWords({ budget, left }: Left): string {
  const show = (amount: number): string => ('ms' in budget ? span(amount / 1000) : amount.toFixed(2))
  const whole = show('ms' in budget ? budget.ms : budget.money)
  const what = `${'ms' in budget ? 'line' : 'money'} a ${budget.per}`
  return left < 0 ? `${show(-left)} more than the ${whole} of ${what} is spent` : `${show(left)} left of ${whole} of ${what}`
}

/** One a call; times as ISO 8601, null where the box did not know them. */
export function callsJson(calls: readonly CallRecord[]): readonly string[] {
  return calls.map(({ began, counted, carrier, line, cost, ...call }) =>
    JSON.stringify({
      ...call,
      began: iso(began),
      counted: iso(counted),
      carrier: carrier ?? null,
      line: line ?? null,
      cost: cost ?? null,
    }),
  )
}

/** What the sums are as JSON; `left` in seconds or money. */
export function sumsJson({ left, ...sums }: Sums): string {
  return JSON.stringify({ ...sums, left: left.map(({ budget, left: rest }) => ({ ...amount(budget, rest), per: budget.per })) })
}

const columns: readonly (readonly [string, (call: CallRecord) => string | number | undefined])[] = [
  ['number', ({ number }) => number],
  ['began', ({ began }) => iso(began) ?? ''],
  ['seconds', ({ seconds }) => seconds],
  ['cause', ({ cause }) => cause],
  ['ended', ({ ended }) => ended],
  ['isp', ({ isp }) => isp],
  ['speed', ({ carrier }) => carrier?.speed],
  ['protocol', ({ carrier }) => carrier?.protocol],
  ['came_up', ({ cameUp }) => (cameUp ? 'yes' : 'no')],
  ['line_octets_out', ({ line }) => line?.sent],
  ['line_octets_in', ({ line }) => line?.received],
  ['letters_out', ({ out }) => out.letters],
  ['letters_in', ({ in: back }) => back.letters],
  ['mail_octets_out', ({ out }) => out.octets],
  ['mail_octets_in', ({ in: back }) => back.octets],
  ['cost', ({ cost }) => cost],
  ['failed_attempts', ({ failed }) => failed.reduce((sum, { times }) => sum + times, 0)],
]

/** With a header line; lines end with CRLF, the last one too. */
export function callsCsv(calls: readonly CallRecord[]): string {
  const lines = [columns.map(([name]) => name), ...calls.map((call) => columns.map(([, value]) => cell(value(call))))]
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('')
}

/** A spreadsheet takes a text that begins with one of these for a formula, whatever the quotes: it is made a text by an apostrophe. */
function cell(value: string | number | undefined): string {
  if (typeof value === 'number' || value === undefined) return value === undefined ? '' : String(value)
  const text = printable(value).replace(/[\t\n\r]/g, ' ')
  const harmless = /^\s*[=+\-@]/.test(text) ? `'${text}` : text
  return /[",]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

function story({ cause, ended, cameUp, failed }: CallRecord): string {
  const times = failed.reduce((sum, one) => sum + one.times, 0)
  const how = ended === '' ? 'in progress' : cameUp ? ended : `never came up: ${ended}`
  return `${cause}${times > 0 ? ` (${count(times, 'failed attempt')} before)` : ''}; ${how}`
}

function mail({ letters, octets }: Traffic): string {
  return letters === 0 && octets === 0 ? '-' : `${letters} ${size(octets)}`
}

function sumCells({ calls, seconds, cost, unpriced }: Sum): readonly string[] {
  const money = calls === unpriced ? '' : `cost ${priced(cost)}${unpriced > 0 ? ` and ${count(unpriced, 'call')} of unknown cost` : ''}`
  return [count(calls, 'call'), span(seconds), money]
}

function priced(cost: number | undefined): string {
  return cost === undefined ? '-' : cost.toFixed(2)
}

function amount(budget: Budget, left: number): { readonly seconds: number } | { readonly money: number } {
  return 'ms' in budget ? { seconds: Math.round(left / 1000) } : { money: Math.round(left * 1e4) / 1e4 }
}

function iso(wall: number | undefined): string | null {
  return wall === undefined ? null : new Date(wall).toISOString()
}
