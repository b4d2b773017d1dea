/** What the gateway's log says of letters, read from a terminal that has broken its lines. */

/**
 * Names of the letters that it has heard the smarthost take. `named`: letters whose numbers are known from elsewhere, by number; of others the log
 * itself says the name, if it was shown when they came in.
 */
export function heardSent(shown: string, named: ReadonlyMap<string, string>): ReadonlySet<string> {
  const names = new Map(named)
  const sent = new Set<string>()
  for (const line of shown.replaceAll(/\s+/g, ' ').split(/ (?=[0-9A-F]+: (?:to|from)=)/)) {
    const [, came, name] = /^([0-9A-F]+): from=.*? msgid=<([^@>]+)@letters\.example>/.exec(line) ?? []
    if (came !== undefined && name !== undefined) names.set(came, name)
    const [, went = ''] = /^([0-9A-F]+): to=<?[a-z]+@far\.example.*? stat=Sent/.exec(line) ?? []
    const known = names.get(went)
    if (known !== undefined) sent.add(known)
  }
  return sent
}

/** How often it has written to a mailbox. */
export const writtenTo = (shown: string): number => shown.split('mailer=local').length - 1
