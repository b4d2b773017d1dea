/**
 * The file `box`: what the box must know beside its mail to be made ready at boot. KEY=value, one a line, parsed by everybody and
 * sourced by nobody; the value is all that follows the first `=`, as it is. Lines of others are kept. Pure.
 */
import type { Parsed } from '../config/kinds.ts'
import { hostname, lanAddress, people, timeZone, yesOrNo } from './checks.ts'

export type BoxKey = 'HOSTNAME' | 'LAN_ADDRESS' | 'LAN_DHCP' | 'ISP_USER' | 'ISP_PASSWORD_FILE' | 'PEOPLE' | 'TIMEZONE'

export type Box = Partial<Readonly<Record<BoxKey, string>>>

export const ispPasswordFile = 'dialpost.d/isp'

/** Of two lines with one key the last holds. */
export function parseBox(text: string): Box {
  return Object.fromEntries(pairs(text)) as Box
}

/** The text with these values; a key whose value is undefined goes. */
export function withValues(text: string, values: Readonly<Record<BoxKey, string | undefined>>): string {
  const others = text.split('\n').filter((line) => line !== '' && !Object.hasOwn(values, line.split('=', 1)[0] ?? ''))
  const ours = Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]))
  return `${[...ours, ...others].join('\n')}\n`
}

/** Everything in it that cannot be meant; `has` knows the files beside it. */
export function boxMistakes(text: string, has: (name: string) => boolean): readonly string[] {
  const box = parseBox(text)
  const rules: readonly (readonly [BoxKey, ((value: string) => Parsed<string>) | undefined])[] = [
    ['HOSTNAME', hostname],
    ['LAN_ADDRESS', lanAddress],
    ['LAN_DHCP', yesOrNo],
    ['PEOPLE', (value) => people(value, new Set())],
    ['ISP_USER', undefined],
    ['ISP_PASSWORD_FILE', undefined],
    ...(box.TIMEZONE === undefined ? [] : [['TIMEZONE', timeZone] as const]),
  ]
  return rules.flatMap(([key, rule]) => {
    const value = box[key]
    if (value === undefined) return [`box: there is no ${key}`]
    if (key === 'ISP_PASSWORD_FILE' && !has(value)) return [`box: ${key}: ${value} is not there`]
    const parsed = rule?.(value)
    return parsed && 'wrong' in parsed ? parsed.wrong.map(({ message }) => `box: ${key}: ${message}`) : []
  })
}

function pairs(text: string): readonly (readonly [string, string])[] {
  return text.split('\n').flatMap((line) => {
    const at = line.indexOf('=')
    return at > 0 && !line.startsWith('#') ? [[line.slice(0, at), line.slice(at + 1)] as const] : []
  })
}
