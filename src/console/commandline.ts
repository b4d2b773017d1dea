/**
 * What was typed in a shell: the few subcommands that need no daemon (serve, check, settings, demo, help, version) are done
 * here, every other one is asked of the running daemon. Exit codes are sysexits(3).
 */
import { commands } from './commands.ts'
import { help, match, type Pattern } from './grammar.ts'
import { exit, type Voice } from './voice.ts'
import { type ProgramName, programNames } from '../sendmail/arguments.ts'

export type CommandLineParts = {
  readonly version: string
  /** Every mistake as `FILE:LINE: message`, or where the daemon of these settings is. */
  readonly check: (file: string) => { readonly mistakes: readonly string[] } | { readonly run: string }
  /** Runs the daemon until it is told to end. */
  readonly serve: (file: string, voice: Voice) => Promise<number>
  readonly demo: (stay: boolean, voice: Voice) => Promise<number>
  /** All settings, or one setting or section; undefined if there is none of that name. */
  readonly settings: (name: string | undefined) => string | undefined
  /** Undefined if no daemon answers there. */
  readonly ask: (run: string, words: readonly string[], voice: Voice) => Promise<number | undefined>
  /** Behaves as the program of that name does, with its words. */
  readonly sendmail: (name: ProgramName, words: readonly string[], voice: Voice) => Promise<number>
  /** Where the daemon is if the settings cannot tell. */
  readonly usualRun: string
}

export const usualFile = '/etc/dialpost.toml'
const settingsFile = { name: '-C', value: 'FILE' }

const here = [
  { pattern: 'serve', options: [settingsFile], help: `the daemon, in the foreground (${usualFile})` },
  { pattern: 'check', options: [settingsFile], help: 'read the settings, name every mistake' },
  { pattern: 'settings [NAME]', help: 'every setting with type, default, range and help' },
  { pattern: 'demo', options: [{ name: '--stay' }], help: 'a pretend ISP on loopback, with the daemon between' },
  { pattern: 'sendmail [WORD…]', help: 'what sendmail does; mailq and newaliases too, or by a link of that name' },
  { pattern: 'help', help: 'this list' },
  { pattern: 'version', help: 'the version' },
] as const satisfies readonly Pattern[]

/** Every command takes -C, for it says where the daemon is. */
const remote: readonly Pattern[] = commands.map((command) => ({ ...command, options: [...(command.options ?? []), settingsFile] }))

export async function commandLine(typed: readonly string[], parts: CommandLineParts, voice: Voice): Promise<number> {
  const program = programNames.find((name) => name === typed[0])
  if (program) return parts.sendmail(program, typed.slice(1), voice)
  const words = typed.map((word) => aliases.get(word) ?? word)
  const found = match([...here, ...remote], words.length === 0 ? ['help'] : words)
  if ('mistake' in found) {
    voice.complain(`dialpost: ${found.mistake}`)
    return exit.usage
  }
  const file = String(found.options.get('-C') ?? usualFile)
  switch (found.command.pattern) {
    case 'serve':
      return parts.serve(file, voice)
    case 'check':
      return check(file, parts, voice)
    case 'settings [NAME]':
      return settings(found.values[0], parts, voice)
    case 'demo':
      return parts.demo(found.options.has('--stay'), voice)
    case 'help':
      voice.say(`dialpost COMMAND; all but the first seven are performed by the running daemon\n\n${help([...here, ...commands])}`)
      return exit.ok
    case 'version':
      voice.say(`dialpost ${parts.version}`)
      return exit.ok
    default:
      return askDaemon(file, withoutFile(words), parts, voice)
  }
}

const aliases: ReadonlyMap<string, string> = new Map([
  ['--help', 'help'],
  ['-h', 'help'],
  ['--version', 'version'],
])

function check(file: string, parts: CommandLineParts, voice: Voice): number {
  const result = parts.check(file)
  if (!('mistakes' in result)) {
    voice.say(`${file}: no mistakes`)
    return exit.ok
  }
  for (const mistake of result.mistakes) voice.complain(mistake)
  return exit.config
}

function settings(name: string | undefined, parts: CommandLineParts, voice: Voice): number {
  const text = parts.settings(name)
  if (text === undefined) {
    voice.complain(`dialpost: there is no setting ${name}; dialpost settings lists all`)
    return exit.usage
  }
  voice.say(text)
  return exit.ok
}

async function askDaemon(
  file: string,
  words: readonly string[],
  { check, ask, usualRun }: CommandLineParts,
  voice: Voice,
): Promise<number> {
  const read = check(file)
  const run = 'run' in read ? read.run : usualRun
  const code = await ask(run, words, voice)
  if (code !== undefined) return code
  if (voice.signal.aborted) return exit.ok
  voice.complain(`dialpost: no daemon answers at ${run}/control; start it with dialpost serve, or name its settings with -C FILE`)
  return exit.unavailable
}

function withoutFile(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => word === '-C' || word.startsWith('-C='))
  if (at < 0) return words
  return [...words.slice(0, at), ...words.slice(at + (words[at] === '-C' ? 2 : 1))]
}
