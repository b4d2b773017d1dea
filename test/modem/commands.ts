/**
 * What stands behind `AT` on a command line: V.250 §5.2 (basic syntax §5.3, extended syntax §5.4) and what Hayes modems know beyond it.
 * Pure; knows the form of commands, not their meaning.
 */

export type Command =
  /** `E0`, `&C1`, `Z`, `H`, `O`, `A`; a number left out is 0. */
  | { readonly kind: 'basic'; readonly name: string; readonly value: number }
  /** `S7=60` and `S7?`. */
  | { readonly kind: 'register'; readonly number: number; readonly value?: number }
  /** `DT0845,1234567`: `number` without what separates, `pause` the commas in it. */
  | { readonly kind: 'dial'; readonly number: string; readonly pauses: number }
  /** `+CPIN?`, `+CSQ`, `+CGDCONT=1,"IP","internet"`. */
  | { readonly kind: 'extended'; readonly name: string; readonly how: 'do' | 'read' | 'test' | 'set'; readonly value: string }

/** Undefined for what no modem takes: it does nothing of such a line. */
export function parseCommands(line: string): readonly Command[] | undefined {
  const commands: Command[] = []
  let rest = line.trim()
  while (rest !== '') {
    const [command, length] = next(rest) ?? []
    if (!command || length === undefined) return undefined
    commands.push(command)
    rest = rest.slice(length).trimStart()
  }
  return commands
}

function next(rest: string): [Command, number] | undefined {
  const dial = /^D(?<string>.*)$/i.exec(rest)
  if (dial) return [dialled(dial.groups?.['string'] ?? ''), rest.length]
  const extended = /^(?<name>\+[A-Z][A-Z0-9]*)(?<how>=\?|=|\?|)(?<value>(?:"[^"]*"|[^";])*);?/i.exec(rest)
  if (extended) return [extendedOf(extended.groups ?? {}), extended[0].length]
  const register = /^S(?<number>\d+)(?:=(?<value>\d+)|\?)/i.exec(rest)
  if (register) {
    const { number, value } = register.groups ?? {}
    return [{ kind: 'register', number: Number(number), ...(value === undefined ? {} : { value: Number(value) }) }, register[0].length]
  }
  const basic = /^(?<name>[&%\\]?[A-Z])(?<value>\d*)/i.exec(rest)
  if (basic)
    return [{ kind: 'basic', name: (basic.groups?.['name'] ?? '').toUpperCase(), value: Number(basic.groups?.['value']) }, basic[0].length]
  return undefined
}

/** T and P choose tones and pulses, W and @ wait, ! is a hook flash (V.250 §6.3.1): they are no digits. */
function dialled(string: string): Command {
  return { kind: 'dial', number: string.toUpperCase().replaceAll(/[^0-9*#A-D+]/g, ''), pauses: string.split(',').length - 1 }
}

function extendedOf({ name = '', how, value = '' }: Readonly<Record<string, string | undefined>>): Command {
  const kind = how === '=?' ? 'test' : how === '=' ? 'set' : how === '?' ? 'read' : 'do'
  return { kind: 'extended', name: name.toUpperCase(), how: kind, value }
}
