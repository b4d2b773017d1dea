/** dialpost: subcommands. The daemon is put together in daemon.ts; the commands that it performs are in console/. */
import { accessSync, constants } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { basename, join } from 'node:path'
import { addAbortSignal } from 'node:stream'
import { createInterface } from 'node:readline/promises'
import { startupSnapshot } from 'node:v8'
import { smtpDoor } from './accept/esmtp.ts'
import { systemClock } from './clock.ts'
import { describeSettings, isSetting } from './config/describe.ts'
import { mailFiles } from './config/files.ts'
import { formatMistake, readConfig, readOutline } from './config/read.ts'
import { askDaemon } from './console/control.ts'
import { commandLine, type LentTerminal, usualFile } from './console/commandline.ts'
import { exit, type Voice } from './console/voice.ts'
import { submit } from './demo/client.ts'
import { playDemo } from './demo/demo.ts'
import { screen } from './demo/screen.ts'
import { mailHole, pretendSmarthost } from './demo/smarthost.ts'
import { setStage, type Stage, type StartSmarthost } from './demo/stage.ts'
import { keepCapabilities, setSystemClock } from './libc.ts'
import { pinoSink } from './log/pino.ts'
import type { ReversePath } from './mail/address.ts'
import { ownRights } from './rights.ts'
import { startDaemon, version } from './daemon.ts'
import { type ProgramName, programNames } from './sendmail/arguments.ts'
import { dial, relay } from './sendmail/client.ts'
import { bury } from './sendmail/dead-letter.ts'
import { sendmail } from './sendmail/sendmail.ts'

/** Where a daemon is whose settings cannot be read. */
const usualRun = (): string => process.env['DIALPOST_RUN'] ?? '/run/dialpost'

/** A person at a shell; questions are asked only where somebody can answer. */
function shellVoice(signal: AbortSignal): Voice {
  return {
    signal,
    say: (text) => process.stdout.write(`${text}\n`),
    complain: (text) => process.stderr.write(`${text}\n`),
    async ask(question) {
      if (!process.stdin.isTTY) return false
      const prompt = createInterface({ input: process.stdin, output: process.stderr })
      const answer = await prompt.question(`${question} [y/N] `, { signal })
      prompt.close()
      return /^y(es)?$/i.test(answer.trim())
    },
  }
}

async function serve(file: string, voice: Voice): Promise<number> {
  const read = readConfig(file, { withoutModem: true })
  if ('mistakes' in read) {
    for (const mistake of read.mistakes) voice.complain(formatMistake(mistake))
    return exit.config
  }
  const { config } = read
  try {
    keepCapabilities()
    const sink = pinoSink({ level: config.log.level, clock: systemClock })
    const daemon = await startDaemon(config, {
      file,
      setClock: setSystemClock,
      rights: ownRights(),
      sink,
      equipment: read.equipment.map(formatMistake),
    })
    await systemClock.sleep(Number.POSITIVE_INFINITY, voice.signal)
    await daemon.close()
    return exit.ok
  } catch (fault) {
    const { code, message } = fault instanceof Error ? (fault as NodeJS.ErrnoException) : { code: undefined, message: String(fault) }
    voice.complain(`dialpost: ${message}`)
    return code === 'EACCES' || code === 'EPERM' ? exit.permission : exit.unavailable
  }
}

const startSmarthost: StartSmarthost = (received) =>
  pretendSmarthost({
    hostname: 'smtp.isp-b.example',
    openDoor: smtpDoor,
    open: (id) => mailHole(id, received),
    clock: systemClock,
  })

async function demo(stay: boolean, voice: Voice): Promise<number> {
  const display = screen((text) => process.stdout.write(text), process.stdout.isTTY)
  const stage = await setStage(startSmarthost)
  try {
    const read = readConfig(stage.settings)
    if ('mistakes' in read) throw new Error(read.mistakes.map(formatMistake).join('\n'))
    const daemon = await startDaemon(read.config, { passwd: stage.passwd })
    const door = daemon.addresses[0]?.port ?? 0
    const program = process.argv[1] ?? 'dialpost'
    const faults = await playDemo({
      clock: systemClock,
      stage,
      house: daemon.house,
      screen: display,
      submit: (from, to, letter) => submit(door, from, to, letter),
      program,
    })
    for (const fault of faults) voice.complain(`dialpost demo: ${fault}`)
    if (stay && faults.length === 0) await stayOn(stage, door, program, voice)
    await daemon.close()
    return faults.length === 0 ? exit.ok : exit.software
  } finally {
    await stage.close()
  }
}

async function stayOn(stage: Stage, door: number, program: string, voice: Voice): Promise<void> {
  voice.say(`\nEverything keeps running until ^C. The LAN's door is 127.0.0.1:${door}. From another terminal:
   ${program} status -C ${stage.settings}
   ${program} queue -C ${stage.settings}
   swaks --server 127.0.0.1:${door} --from eddy@shire.lan --to linda@far.example
   echo up ppp0 > ${stage.folder}/run/hook; sleep 20; echo down ppp0 > ${stage.folder}/run/hook`)
  stage.modem.pickUp()
  await systemClock.sleep(Number.POSITIVE_INFINITY, voice.signal)
}

/** As sendmail, mailq or newaliases, for anybody who may start this program. */
function asSendmail(name: ProgramName, words: readonly string[], voice: Voice): Promise<number> {
  const parts = {
    outline(file: string | undefined) {
      const { outline, trouble } = outlineOf(file ?? usualFile)
      return file !== undefined && trouble !== undefined ? { mistake: trouble } : outline
    },
    user: loginName,
    input: () => addAbortSignal(voice.signal, process.stdin),
    dial,
    relay: (door: Parameters<typeof relay>[0]) => relay(door, process.stdin, process.stdout),
    ask: askRun,
    mayAsk,
    aliasFiles: (aliases: readonly string[]) => mailFiles({ aliases, forwardFiles: false, find: () => undefined }).aliases(),
    bury: (letter: AsyncIterable<Uint8Array>, from: ReversePath) => bury(letter, { from, at: systemClock.now(), home: homedir() }),
  }
  return sendmail(name, words, parts, voice)
}

/** Where the file cannot be read, the daemon is looked for at its usual place. */
function outlineOf(file: string): ReturnType<typeof readOutline> {
  const read = readOutline(file)
  return read.trouble === undefined ? read : { ...read, outline: { ...read.outline, run: usualRun() } }
}

/** A uid without an account has a name, too. */
function loginName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid-${process.getuid?.()}`
  }
}

async function terminal(tty: string | undefined): Promise<LentTerminal | { readonly trouble: string }> {
  const { openTty, ownTerminal } = await import('./console/tty.ts')
  if (tty !== undefined) return openTty(tty)
  return ownTerminal() ?? { trouble: 'this wants a terminal; name one, such as /dev/ttyS0, or start it at one' }
}

function askRun(run: string, words: readonly string[], voice: Voice): Promise<number | undefined> {
  return askDaemon(join(run, 'control'), words, voice)
}

function mayAsk(run: string): boolean {
  try {
    accessSync(join(run, 'control'), constants.W_OK)
    return true
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code !== 'EACCES'
  }
}

/** In the single executable, too, argv[1] is the name by which it was called. */
function typedWords([, called = '', ...words]: readonly string[]): readonly string[] {
  const name = programNames.find((one) => one === basename(called))
  return name ? [name, ...words] : words
}

async function main(): Promise<void> {
  const ending = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort())
  // Who reads no further, as in `mailq | head`, has seen enough.
  process.stdout.on('error', () => ending.abort())
  process.exitCode = await commandLine(
    typedWords(process.argv),
    {
      version,
      check(file) {
        const read = readConfig(file)
        return 'config' in read ? [] : read.mistakes.map(formatMistake)
      },
      runOf: (file) => outlineOf(file).outline.run,
      serve,
      demo,
      settings: (name) => (name === undefined || isSetting(name) ? describeSettings(name) : undefined),
      ask: askRun,
      settingsFolder: async (...asked) => (await import('./settings-folder.ts')).settingsFolderAtShell(...asked),
      terminal,
      sendmail: asSendmail,
    },
    shellVoice(ending.signal),
  )
}

if (import.meta.main) {
  // The executable is a snapshot taken here (scripts/build.ts): nothing above may have asked the world, which will be another.
  if (startupSnapshot.isBuildingSnapshot()) startupSnapshot.setDeserializeMainFunction(() => void main())
  else void main()
}
