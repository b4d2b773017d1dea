/**
 * The settings folder and the commands that change it, take it elsewhere, or bring along what an old one is to become: setup, export, restore,
 * import. The folder is where the settings file really is, by whatever links. Nothing here is needed while the daemon carries mail; it can
 * perform these commands all the same.
 */
import { readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { addAbortSignal } from 'node:stream'
import { ttyTrouble } from './config/equipment.ts'
import { isPerson, parsePasswd } from './config/passwd.ts'
import { draftOf, formatMistake, readConfig } from './config/read.ts'
import { askBox } from './box.ts'
import type { FolderCommand } from './console/folder-commands.ts'
import type { Voice } from './console/voice.ts'
import { readInput, readOldFile } from './import/disk.ts'
import { importSettings, type OldFile, type Source } from './import/import.ts'
import { atTerminal, withLines } from './setup/asking.ts'
import { disk as realDisk, landing, readFolder } from './setup/disk.ts'
import { exportSettings } from './setup/export.ts'
import type { Keeper } from './setup/keeper.ts'
import type { Facts } from './setup/question.ts'
import { replaceFolder } from './setup/replace.ts'
import { restoreSettings } from './setup/restore.ts'
import { setup } from './setup/setup.ts'
import { ownTerminal } from './setup/terminal.ts'
import type { Keys } from './setup/typing.ts'

/** One of them, in the daemon or a process of its own. Lines are asked for by the voice's `read`, or on its terminal. */
export function settingsFolder(
  { name, values, options }: FolderCommand,
  file: string,
  voice: Voice & { readonly terminal?: Keys },
): Promise<number> | number {
  const old = oldFileOf(name)
  // What is long is read by the page, unless the terminal is wanted for pasting.
  if (old) return importSettings(old, oldSource(values[0] ?? '-'), values[0] === '-' ? atTerminal(voice) : voice)
  const folder = options.get('--folder')
  const keeper = keeperOf(file, typeof folder === 'string' ? { folder } : {})
  const named = values[0] === undefined || values[0] === '-' ? undefined : { file: resolve(values[0]) }
  const open = (path: string): string => readFileSync(path, 'utf8')
  if (name === 'export') return exportSettings(keeper, { ...named, secrets: options.has('--secrets'), save }, voice)
  if (name === 'setup') return setup(keeper, facts(), draftOf, atTerminal(voice))
  return named ? restoreSettings(keeper, { ...named, open }, voice) : restoreSettings(keeper, undefined, atTerminal(voice))
}

/** The same for a person at this process's terminal, or for a pipe. */
export async function settingsFolderAtShell(asked: FolderCommand, file: string, voice: Voice): Promise<number> {
  const old = oldFileOf(asked.name)
  if (old && asked.values[0] === '-')
    return importSettings(old, { name: '-', read: () => readInput(addAbortSignal(voice.signal, process.stdin)) }, voice)
  if (old || asked.name === 'export') return settingsFolder(asked, file, voice)
  const terminal = ownTerminal(process.stdin, process.stdout, voice.signal)
  try {
    return await settingsFolder(asked, file, withLines(voice, terminal))
  } finally {
    terminal.close()
  }
}

function oldFileOf(name: FolderCommand['name']): OldFile | undefined {
  return name === 'import fetchmailrc' ? 'fetchmailrc' : name === 'import sendmail-mc' ? 'sendmail-mc' : undefined
}

function oldSource(file: string): Source {
  return file === '-' ? { name: '-' } : { name: file, read: () => readOldFile(resolve(file)) }
}

export type Around = {
  readonly folder?: string
  /** Where other paths of the settings are looked up, for tests. */
  readonly at?: (path: string) => string
  readonly disk?: typeof realDisk
  readonly ask?: typeof askBox
}

export function keeperOf(file: string, { folder, at = (path) => path, disk = realDisk, ask = askBox }: Around = {}): Keeper {
  const place = folder === undefined ? dirname(landing(resolve(file))) : landing(resolve(folder))
  /** What the settings say of the folder is true of what is to take its place. */
  const judge = (staged: string): readonly string[] => {
    const read = readConfig(join(staged, 'dialpost.toml'), {
      at(path) {
        const real = landing(path)
        return real.startsWith(`${place}/`) ? staged + real.slice(place.length) : at(path)
      },
    })
    return 'config' in read ? [] : read.mistakes.map((mistake) => formatMistake({ ...mistake, file: 'dialpost.toml' }))
  }
  return {
    place,
    read: () => readFolder(place),
    replace: (contents) => replaceFolder(place, contents, disk, judge),
    pathOf(name) {
      const beside = join(dirname(resolve(file)), name)
      return landing(beside) === join(place, name) ? beside : join(place, name)
    },
    apply: () => ask('apply') === undefined,
  }
}

/** What board and system say of themselves, as far as they do. */
function facts(): Facts {
  const board = new Map(lines('/run/box/facts').map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]))
  const [modem, console] = [board.get('MODEM'), board.get('CONSOLE')]
  const speed = Number(board.get('CONSOLE_SPEED') ?? 9600)
  return {
    root: process.getuid?.() === 0,
    readers: board.get('READERS') === 'yes',
    ...(modem ? { modem: `/dev/${modem}` } : {}),
    ...(console ? { console: { tty: `/dev/${console}`, speed } } : {}),
    system: new Set(
      parsePasswd(lines('/etc/passwd').join('\n'))
        .filter((account) => !isPerson(account))
        .map(({ name }) => name),
    ),
    ttyTrouble: (tty) => ttyTrouble(tty),
  }
}

function lines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

function save(file: string, text: string): void {
  const part = `${file}.part`
  rmSync(part, { force: true })
  try {
    realDisk.write(part, { mode: 0o600, octets: Buffer.from(text) }, { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 })
    renameSync(part, file)
  } catch (fault) {
    rmSync(part, { force: true })
    throw fault
  }
}
