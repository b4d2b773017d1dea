/** dialpost: subcommands. The daemon is put together in daemon.ts; the commands that it performs are in console/. */
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { smtpDoor } from './accept/esmtp.ts'
import { systemClock } from './clock.ts'
import { describeSettings, isSetting } from './config/describe.ts'
import { formatMistake, readConfig } from './config/read.ts'
import { askDaemon } from './console/control.ts'
import { commandLine } from './console/commandline.ts'
import { exit, type Voice } from './console/voice.ts'
import { submit } from './demo/client.ts'
import { playDemo } from './demo/demo.ts'
import { screen } from './demo/screen.ts'
import { type Received, setStage, type Stage, type StartSmarthost } from './demo/stage.ts'
import { events } from './log/events.ts'
import { pinoSink } from './log/pino.ts'
import { formatAddress } from './mail/address.ts'
import { collectHeader } from './mail/header.ts'
import type { Intake } from './queue/intake.ts'
import { startDaemon, version } from './daemon.ts'

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
  const read = readConfig(file)
  if ('mistakes' in read) {
    for (const mistake of read.mistakes) voice.complain(formatMistake(mistake))
    return exit.config
  }
  const { config } = read
  try {
    const daemon = await startDaemon(config, { sink: pinoSink({ level: config.log.level, clock: systemClock }) })
    await systemClock.sleep(Number.POSITIVE_INFINITY, voice.signal)
    await daemon.close()
    return exit.ok
  } catch (fault) {
    const { code, message } = fault instanceof Error ? (fault as NodeJS.ErrnoException) : { code: undefined, message: String(fault) }
    voice.complain(`dialpost: ${message}`)
    return code === 'EACCES' || code === 'EPERM' ? exit.permission : exit.unavailable
  }
}

/** The smarthost of the demo is our own LAN door with nothing behind it. */
const startSmarthost: StartSmarthost = async (received) => {
  const log = events(() => {})
  let count = 0
  const door = await smtpDoor({
    hostname: 'smtp.isp-b.example',
    software: 'pretend ISP',
    listen: [{ host: '127.0.0.1', port: 0 }],
    networks: [{ octets: [127, 0, 0, 0], bits: 8 }],
    maxMessage: 1e9,
    maxClients: 20,
    receivedLimit: 25,
    router: {
      isLocal: () => true,
      route: async ({ address }, from) => ({
        kind: 'copies',
        copies: [{ from, recipient: address, to: { courier: 'smarthost' } }],
        rules: [],
      }),
    },
    open: () => mailHole(`${++count}`, received),
    onEtrn: () => undefined,
    clock: systemClock,
    clockKnown: () => true,
    log,
  })
  return { port: door.addresses()[0]?.port ?? 0, close: () => door.close() }
}

/** An intake that counts what it swallows. */
function mailHole(id: string, received: (letter: Received) => void): Intake {
  const header = collectHeader()
  let whole = false
  let octets = 0
  return {
    id,
    async write(piece) {
      octets += piece.length
      whole ||= header.push(piece)
    },
    async keep({ from, copies }) {
      const to = copies.map(({ recipient }) => formatAddress(recipient))
      received({ from: from ? formatAddress(from) : '<>', to, octets, header: Buffer.from(header.octets()).toString('latin1') })
    },
    discard() {},
  }
}

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

async function main(): Promise<void> {
  const ending = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort())
  process.exitCode = await commandLine(
    process.argv.slice(2),
    {
      version,
      check(file) {
        const read = readConfig(file)
        return 'config' in read ? { run: read.config.run } : { mistakes: read.mistakes.map(formatMistake) }
      },
      serve,
      demo,
      settings: (name) => (name === undefined || isSetting(name) ? describeSettings(name) : undefined),
      ask: (run, words, voice) => askDaemon(join(run, 'control'), words, voice),
      usualRun: process.env['DIALPOST_RUN'] ?? '/run/dialpost',
    },
    shellVoice(ending.signal),
  )
}

if (import.meta.main) void main()
