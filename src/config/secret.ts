/**
 * A password on its way from its file to the server it is for. Whatever prints, logs, joins or serialises it gets `***`;
 * only `reveal()`, called where the octets leave, gives the value.
 */

export type Secret = {
  reveal(): string
  toString(): string
  toJSON(): string
}

/** What stands for a secret wherever one is printed. */
const stars = '***'

export function secret(value: string): Secret {
  const hidden: Secret = { reveal: () => value, toString: () => stars, toJSON: () => stars }
  // console.log and util.inspect ask for this one (util.inspect.custom).
  return Object.freeze(Object.assign(hidden, { [Symbol.for('nodejs.util.inspect.custom')]: () => stars }))
}

/** Why that is no password, if it is none: it stands on one line. */
export function passwordFault(text: string): 'empty' | 'control characters' | undefined {
  if (text === '') return 'empty'
  return /[\x00-\x1f\x7f]/.test(text) ? 'control characters' : undefined
}
