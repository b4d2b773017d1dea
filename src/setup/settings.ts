/**
 * From answers to the settings folder: dialpost.toml, the passwords, aliases and `box`, laid over what is there already. What setup has not
 * written stays: other files, the lower halves of dialpost.toml and aliases, other lines of `box`. Pure but for keys and salt.
 */
import { selfSigned, isFor } from './certificate.ts'
import { type Box, ispPasswordFile, withValues } from './box.ts'
import { dialpostToml, type PathOf } from './dialpost-toml.ts'
import { type Folder, type Kept, textOf } from './folder.ts'
import { halve, join } from './halves.ts'
import { boxName, lanAddressOf } from './meaning.ts'
import { type Answers, answer, type Facts, none } from './question.ts'
import { readersFile, readersOf } from './readers.ts'

/** The folder with these answers in it; `answers` are those to `given` questions. */
export function settingsOf(answers: Answers, facts: Facts, pathOf: PathOf, old: Folder): Folder {
  const boxes = Number(answer(answers, 'boxes'))
  const secrets = passwords(answers, boxes)
  const readers = readersOf(answers, textOf(old, readersFile) ?? '')
  const kept = [...old].filter(([name]) => secrets.has(name) || !/^dialpost\.d\/(?:isp|smarthost|box-\d|readers)$/.test(name))
  return new Map([
    ...kept,
    ...[...secrets].map(([name, password]) => [name, secret(`${password}\n`)] as const),
    ...(readers === '' ? [] : [[readersFile, secret(readers)] as const]),
    ['dialpost.d/lan.pem', key(answers, old)],
    ['aliases', text(join(aliases(answers), theirs(old, 'aliases')))],
    ['box', text(withValues(textOf(old, 'box') ?? '', box(answers)))],
    ['dialpost.toml', text(join(dialpostToml(answers, facts, pathOf), theirs(old, 'dialpost.toml') || suggestions))],
  ])
}

/** What a person has written into a half that setup is about to write. */
export function changedByHand(folder: Folder): readonly string[] {
  return ['dialpost.toml', 'aliases'].filter((name) => {
    const written = textOf(folder, name)
    return written !== undefined && !halve(written).untouched
  })
}

function text(content: string): Kept {
  return { mode: 0o644, octets: Buffer.from(content) }
}

function secret(content: string): Kept {
  return { mode: 0o600, octets: Buffer.from(content) }
}

function theirs(old: Folder, name: string): string {
  return halve(textOf(old, name) ?? '').theirs
}

function passwords(answers: Answers, boxes: number): ReadonlyMap<string, string> {
  const all = [
    [ispPasswordFile, 'isp.password'],
    ['dialpost.d/smarthost', 'smarthost.password'],
    ...Array.from({ length: boxes }, (_, at) => [`dialpost.d/${boxName(at + 1)}`, `box.${at + 1}.password`]),
  ] as const
  return new Map(all.flatMap(([name = '', question = '']) => (answers.has(question) ? [[name, answer(answers, question)] as const] : [])))
}

/** Whoever has come to trust the old one need not learn a new one. */
function key(answers: Answers, old: Folder): Kept {
  const named = { hostname: answer(answers, 'hostname'), addresses: [lanAddressOf(answers)] }
  const present = old.get('dialpost.d/lan.pem')
  return present && isFor(Buffer.from(present.octets).toString(), named) ? present : secret(selfSigned(named))
}

function box(answers: Answers): Required<{ readonly [K in keyof Box]: string | undefined }> {
  const zone = answer(answers, 'zone')
  return {
    HOSTNAME: answer(answers, 'hostname'),
    LAN_ADDRESS: answer(answers, 'lan'),
    LAN_DHCP: answer(answers, 'dhcp'),
    ISP_USER: answer(answers, 'isp.user'),
    ISP_PASSWORD_FILE: ispPasswordFile,
    PEOPLE: answer(answers, 'people'),
    TIMEZONE: zone === none ? undefined : zone,
  }
}

function aliases(answers: Answers): string {
  return `postmaster: ${answer(answers, 'postmaster')}\nMAILER-DAEMON: postmaster\nroot: postmaster\n`
}

const suggestions = `# Such as [call], when to dial, and [[tariff]], what a minute costs: "dialpost settings" lists everything.
`
