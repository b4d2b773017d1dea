/** What `sendmail -bv` says of an address, from the lines that `dialpost explain` ends with (`→ …`, console/inside.ts). Pure. */
import { exit } from '../console/voice.ts'
import { exitOf } from './exits.ts'

export type Verified = { readonly said: readonly string[]; readonly exit: number }

/** `host`: the first smarthost. */
export function verified(address: string, explained: readonly string[], host: string | undefined): Verified {
  const ends = explained.filter((line) => line.startsWith('→ ')).map((line) => endOf(line.slice(2), host))
  const [first] = ends
  if (!first) return { said: [`${address}... ${explained.at(-1) ?? 'User unknown'}`], exit: exit.data }
  return { said: ends.map(({ words }) => `${address}... ${words}`), exit: first.exit }
}

function endOf(line: string, host: string | undefined): { readonly words: string; readonly exit: number } {
  const [, verdict, code, enhanced, text] = /^(refused|deferred): (\d{3}) (?:(\d\.\d+\.\d+) )?(.*)$/s.exec(line) ?? []
  const plain = text?.replace(/^<[^>]*>\.\.\. /, '') ?? ''
  if (verdict === 'deferred') return { words: `Deferred: ${plain}`, exit: exit.tryAgain }
  if (verdict === 'refused')
    return { words: plain, exit: exitOf({ code: Number(code), ...(enhanced === undefined ? {} : { enhanced }), text: plain }) }
  const [, courier = '', place = ''] = /^(mailbox|program|file|smarthost) (.*): MAIL FROM:/s.exec(line) ?? []
  switch (courier) {
    case 'mailbox':
      return deliverable('local', place)
    case 'program':
      return deliverable('prog', place.replace(/^\S+ /, '|'))
    case 'file':
      return deliverable('*file*', place)
    default:
      return deliverable(host === undefined ? 'relay' : `relay, host ${host}`, place)
  }
}

function deliverable(mailer: string, user: string): { readonly words: string; readonly exit: number } {
  return { words: `deliverable: mailer ${mailer}, user ${user}`, exit: exit.ok }
}
