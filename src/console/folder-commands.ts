/** The commands that make, move or bring along settings: for a shell, and for the table of the daemon, which performs them on its own file. */
import type { Command } from './commands.ts'
import type { Match, Pattern } from './grammar.ts'
import type { Voice } from './voice.ts'

/** As typed, for whoever keeps the settings (settings-folder.ts). */
export type FolderCommand = Pick<Match<Pattern>, 'values' | 'options'> & { readonly name: Name }

const settingsFile = { name: '-C', value: 'FILE' }
const otherFolder = { name: '--folder', value: 'FOLDER' }

const names = ['setup', 'export', 'restore', 'import fetchmailrc', 'import sendmail-mc'] as const
type Name = (typeof names)[number]
type FolderPattern = Pattern & {
  readonly pattern: 'setup' | 'export [FILE]' | 'restore [FILE]' | `import ${'fetchmailrc' | 'sendmail-mc'} FILE`
}

export const folderPatterns: readonly FolderPattern[] = [
  { pattern: 'setup', options: [settingsFile, otherFolder], help: 'ask what a new box must know, and write its settings' },
  { pattern: 'export [FILE]', options: [settingsFile, { name: '--secrets' }], help: 'all settings as one text, to keep' },
  { pattern: 'restore [FILE]', options: [settingsFile], help: 'put exported settings in place of these; - is pasted' },
  { pattern: 'import fetchmailrc FILE', help: 'the settings that do the same as that .fetchmailrc; - is pasted' },
  { pattern: 'import sendmail-mc FILE', help: 'the settings that do the same as that sendmail.mc; - is pasted' },
]

/** For the daemon, whose settings file is known. */
export function folderCommands(perform: (asked: FolderCommand, voice: Voice) => Promise<number>): readonly Command[] {
  return folderPatterns.map(({ pattern, options = [], help }) => ({
    pattern,
    options: options.filter((option) => option !== settingsFile && option !== otherFolder),
    help,
    run: (_house, { values, options: given }, voice) => perform({ name: nameOf(pattern), values, options: given }, voice),
  }))
}

/** Its words without what may stand in them. */
export function nameOf(pattern: FolderPattern['pattern']): Name {
  return names.find((name) => pattern === name || pattern.startsWith(`${name} `)) ?? 'setup'
}
