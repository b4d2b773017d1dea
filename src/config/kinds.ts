/**
 * The kinds of value that settings have: each turns what TOML gave into a typed value, or says what is wrong, what was
 * expected and what to write instead. Here the plain ones and those made of others; the rest lie beside in files of their field.
 */

/** One thing wrong inside a value; `at` leads from the value to it (an index of a list, a key of a map). */
export type Wrong = { readonly at: readonly (string | number)[]; readonly message: string }

export type Parsed<T> = { readonly value: T } | { readonly wrong: readonly Wrong[] }

export type Kind<T> = {
  /** What `dialpost settings` calls it: `duration`, `list of domains`. */
  readonly name: string
  /** `1m to 30d`, for the same list. */
  readonly range?: string
  parse(raw: unknown): Parsed<T>
}

export function ok<T>(value: T): Parsed<T> {
  return { value }
}

export function no(message: string): { readonly wrong: readonly Wrong[] } {
  return { wrong: [{ at: [], message }] }
}

/** A kind that is written as text in quotes; `example` is shown to who forgot them. */
export function written<T>(name: string, example: string, parse: (text: string) => Parsed<T>, range?: string): Kind<T> {
  return {
    name,
    ...(range === undefined ? {} : { range }),
    parse: (raw) =>
      typeof raw === 'string' ? parse(raw) : no(`${show(raw)} is not ${article(name)}; write it in quotes, such as "${example}"`),
  }
}

export const flag: Kind<boolean> = {
  name: 'true or false',
  parse: (raw) => (typeof raw === 'boolean' ? ok(raw) : no(`${show(raw)} is neither true nor false; write one of these, without quotes`)),
}

/** A whole number from `min` to `max`, both allowed. */
export function whole(name: string, min: number, max: number): Kind<number> {
  const range = `${min} to ${max}`
  return {
    name,
    range,
    parse(raw) {
      if (typeof raw === 'string' && /^\d+$/.test(raw)) return no(`"${raw}" is text; write ${raw} without quotes`)
      if (typeof raw !== 'number' || !Number.isInteger(raw))
        return no(`${show(raw)} is not ${article(name)}; write a whole number, ${range}`)
      return raw >= min && raw <= max ? ok(raw) : no(`${raw} is out of range; write a number from ${range}`)
    },
  }
}

/** One of a few words. */
export function oneOf<const W extends string>(...words: readonly W[]): Kind<W> {
  const listed = words.map((word) => `"${word}"`).join(', ')
  return {
    name: words.join(' | '),
    parse(raw) {
      const word = words.find((known) => known === raw)
      return word === undefined ? no(`${show(raw)} is not one of the choices; write one of ${listed}`) : ok(word)
    },
  }
}

/** A list of one kind; `named` is its plural. */
export function listOf<T>(named: string, kind: Kind<T>, least: 0 | 1 = 0): Kind<readonly T[]> {
  return {
    name: `list of ${named}`,
    ...(kind.range === undefined ? {} : { range: kind.range }),
    parse(raw) {
      if (!Array.isArray(raw)) return no(`${show(raw)} is not a list; write it in square brackets: [${show(raw)}]`)
      if (raw.length < least) return no(`the list is empty; write at least one of the ${named} in it`)
      return gather(raw.map((element: unknown, index) => [index, kind.parse(element)]))
    },
  }
}

/** A table of names and values; both are checked. */
export function mapOf<T>(named: string, key: Kind<string>, value: Kind<T>): Kind<ReadonlyMap<string, T>> {
  return {
    name: `map of ${named}`,
    parse(raw) {
      if (!isTable(raw)) return no(`${show(raw)} is not a table; write { name = "value", … }`)
      const keys = Object.keys(raw)
      const names = gather(keys.map((name) => [name, key.parse(name)]))
      const values = gather(keys.map((name) => [name, value.parse(raw[name])]))
      if ('value' in names && 'value' in values) return ok(new Map(names.value.map((name, index) => [name, values.value[index] as T])))
      return { wrong: [...('wrong' in names ? names.wrong : []), ...('wrong' in values ? values.wrong : [])] }
    },
  }
}

export function isTable(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) && !(raw instanceof Date)
}

/** A value as the file's author would recognise it, at most 60 characters. */
export function show(raw: unknown): string {
  if (typeof raw === 'string') return JSON.stringify(raw.length > 60 ? `${raw.slice(0, 57)}...` : raw)
  if (raw instanceof Date) return raw.toISOString().replace(/\.000$/, '')
  if (Array.isArray(raw)) return raw.length === 0 ? 'an empty list' : 'a list'
  return isTable(raw) ? 'a table' : String(raw)
}

function gather<T>(parts: readonly (readonly [string | number, Parsed<T>])[]): Parsed<readonly T[]> {
  const wrong = parts.flatMap(([at, part]) => ('wrong' in part ? part.wrong.map((one) => ({ ...one, at: [at, ...one.at] })) : []))
  return wrong.length > 0 ? { wrong } : ok(parts.flatMap(([, part]) => ('value' in part ? [part.value] : [])))
}

function article(name: string): string {
  return /^[aeiou]/i.test(name) ? `an ${name}` : `a ${name}`
}
