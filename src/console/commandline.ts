/**
 * What was typed in a shell: the few subcommands that need no daemon (serve, check, settings, demo, help, version) are done
 * here, every other one is asked of the running daemon, which is lent the terminal where it wants one. Exit codes are sysexits(3).
 */
import { commands, sayMistakes, saySettings } from './commands.ts'
import { type FolderCommand, folderPatterns, nameOf } from './folder-commands.ts'
import { help, match, type Pattern } from './grammar.ts'
import type { Terminal } from './terminal.ts'
import { exit, type Voice } from './voice.ts'
import { type ProgramName, programNames } from '../sendmail/arguments.ts'

export type CommandLineParts = {
  readonly version: string
  /** Every mistake as `FILE:LINE: message`. */
  readonly check: (file: string) => readonly string[]
  /** Where the daemon of these settings is, whatever else is wrong in them. */
  readonly runOf: (file: string) => string
  /** Runs the daemon until it is told to end. */
  readonly serve: (file: string, voice: Voice) => Promise<number>
  readonly demo: (stay: boolean, voice: Voice) => Promise<number>
  /** All settings, or one setting or section; undefined if there is none of that name. */
  readonly settings: (name: string | undefined) => string | undefined
  /** Undefined if no daemon answers there. */
  readonly ask: (run: string, words: readonly string[], voice: Voice) => Promise<number | undefined>
  /** What makes settings, takes them elsewhere or brings them along: setup, export, restore, import. */
  readonly settingsFolder: (asked: FolderCommand, file: string, voice: Voice) => Promise<number> | number
  /** That tty, or the one at which this was typed; a sentence if it is none. */
  readonly terminal: (tty: string | undefined) => Promise<LentTerminal | { readonly trouble: string }>
  /** Behaves as the program of that name does, with its words. */
  readonly sendmail: (name: ProgramName, words: readonly string[], voice: Voice) => Promise<number>
}

export type LentTerminal = Terminal & { close(): Promise<void> }

export const usualFile = '/etc/dialpost.toml'
const settingsFile = { name: '-C', value: 'FILE' }

const here = [
  { pattern: 'serve', options: [settingsFile], help: `the daemon, in the foreground (${usualFile})` },
  { pattern: 'check', options: [settingsFile], help: 'read the settings, name every mistake' },
  ...folderPatterns,
  { pattern: 'settings [NAME]', help: 'every setting with type, default, range and help' },
  { pattern: 'console [TTY]', options: [settingsFile], help: 'the same commands interactively, with completion and help' },
  { pattern: 'watch', options: [settingsFile], help: 'live: the call in progress, its time left, queue and boxes; q ends' },
  { pattern: 'demo', options: [{ name: '--stay' }], help: 'a pretend ISP on loopback, with the daemon between' },
  { pattern: 'sendmail [WORD…]', help: 'what sendmail does; mailq and newaliases too, or by a link of that name' },
  { pattern: 'help', help: 'this list' },
  { pattern: 'version', help: 'the version' },
] as const satisfies readonly Pattern[]

const others: readonly Pattern[] = commands.filter(({ pattern }) => !here.some((one) => one.pattern === pattern))

/** Every command takes -C, for it says where the daemon is. */
const remote: readonly Pattern[] = others.map((command) => ({ ...command, options: [...(command.options ?? []), settingsFile] }))

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
    case 'setup':
    case 'export [FILE]':
    case 'restore [FILE]':
    case 'import fetchmailrc FILE':
    case 'import sendmail-mc FILE':
      return parts.settingsFolder({ name: nameOf(found.command.pattern), values: found.values, options: found.options }, file, voice)
    case 'settings [NAME]':
      return saySettings(found.values[0], parts.settings(found.values[0]), voice)
    case 'console [TTY]':
    case 'watch':
      return lend(file, words[0] ?? '', found.values[0], parts, voice)
    case 'demo':
      return parts.demo(found.options.has('--stay'), voice)
    case 'help':
      voice.say(
        `dialpost COMMAND; what is not of the first ${here.length} is performed by the running daemon\n\n${help([...here, ...others])}`,
      )
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
  return sayMistakes({ file, mistakes: parts.check(file) }, voice)
}

/** The daemon has the terminal until it is done with it. */
async function lend(file: string, command: string, tty: string | undefined, parts: CommandLineParts, voice: Voice): Promise<number> {
  const terminal = await parts.terminal(tty)
  if ('trouble' in terminal) {
    voice.complain(`dialpost: ${terminal.trouble}`)
    return exit.unavailable
  }
  try {
    return await askDaemon(file, [command], parts, { ...voice, terminal })
  } finally {
    await terminal.close()
  }
}

async function askDaemon(file: string, words: readonly string[], { runOf, ask }: CommandLineParts, voice: Voice): Promise<number> {
  const run = runOf(file)
  const code = await ask(run, words, voice)
  if (code !== undefined) return code
  if (voice.signal.aborted) return exit.ok
  if (voice.terminal?.gone.aborted) {
    voice.complain('dialpost: the terminal has gone')
    return exit.unavailable
  }
  voice.complain(`dialpost: no daemon answers at ${run}/control; start it with dialpost serve, or name its settings with -C FILE`)
  return exit.unavailable
}

function withoutFile(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => word === '-C' || word.startsWith('-C='))
  if (at < 0) return words
  return [...words.slice(0, at), ...words.slice(at + (words[at] === '-C' ? 2 : 1))]
}
