/** The doors for operators, put together: the control socket, and the console on the serial port. Like daemon.ts it may use adapters; what no setting asks for is not loaded. */
import { join } from 'node:path'
import { askBox } from './box.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config/config.ts'
import { describeSettings, isSetting } from './config/describe.ts'
import { formatMistake, readConfig } from './config/read.ts'
import { settingNames } from './config/settings.ts'
import { type Command, commands } from './console/commands.ts'
import { serveControl } from './console/control.ts'
import { folderCommands } from './console/folder-commands.ts'
import type { House } from './console/house.ts'
import type { Office } from './console/inside.ts'
import { perform } from './console/perform.ts'
import type { Terminal } from './console/terminal.ts'
import { exit } from './console/voice.ts'
import type { Log } from './log/events.ts'

export type OperatorsParts = {
  /** The settings. */ readonly file: string
  readonly config: Config
  readonly house: House
  readonly clock: Clock
  readonly log: Log
}

/** `file`: the settings. */
export function office(file: string, people: () => readonly string[]): Office {
  return {
    check() {
      const read = readConfig(file)
      return { file, mistakes: 'mistakes' in read ? read.mistakes.map(formatMistake) : [] }
    },
    settings: (name) => (name === undefined || isSetting(name) ? describeSettings(name).trimEnd() : undefined),
    people,
    settingNames,
    box: (word) => askBox(word),
  }
}

export async function openOperators({ file, config, house, clock, log }: OperatorsParts): Promise<{ close(): Promise<void> }> {
  const ending = new AbortController()
  const typed = [
    ...commands,
    ...folderCommands(async (asked, voice) => (await import('./settings-folder.ts')).settingsFolder(asked, file, voice)),
  ]
  const converse = async (terminal: Terminal): Promise<void> => {
    const { converse: speak } = await import('./console/console.ts')
    await speak(terminal, { house, commands: typed, clock })
  }
  const table = [...typed, consoleCommand(converse)]
  const control = await serveControl(join(config.run, 'control'), (words, voice) => perform(house, words, voice, table))
  const serial = config.console && serve(config.console, join(config.run, 'console.tty'))
  return {
    async close() {
      ending.abort()
      await Promise.all([control.close(), serial])
    },
  }

  async function serve({ tty, speed }: NonNullable<Config['console']>, mark: string): Promise<void> {
    const { serveSerial } = await import('./console/serial.ts')
    await serveSerial({ tty, speed, mark, clock, log, converse }, ending.signal)
  }
}

/** Asked over the control socket by whoever lends a terminal. */
function consoleCommand(converse: (terminal: Terminal) => Promise<void>): Command {
  return {
    pattern: 'console',
    help: 'these commands interactively',
    async run(_house, _given, { terminal, complain }) {
      if (terminal) {
        await converse(terminal)
        return exit.ok
      }
      complain('dialpost: console wants a terminal')
      return exit.unavailable
    },
  }
}
