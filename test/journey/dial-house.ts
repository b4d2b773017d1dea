/** A house that dials: a modem on a pseudo-terminal that answers to AT, and in pppd's place a few lines of sh that tell the hook what pppd's would. */
import type { TestContext } from 'node:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../src/config/config.ts'
import { openPty } from '../link/pty.ts'
import { type House, type HouseOptions, openHouse } from './house.ts'

export type DialHouse = House & {
  readonly modem: {
    /** Dial commands so far. */
    calls(): readonly string[]
    connected(): boolean
    /** What it answers to the next ones; CONNECT when there is none. */
    answers(...answers: readonly string[]): void
  }
}

export type DialHouseOptions = HouseOptions & {
  /** What is done in pppd's place; by default the line comes up, and goes down when it is told to end. */
  readonly pppd?: string
}

export async function openDialHouse(t: Pick<TestContext, 'after'>, options: DialHouseOptions = {}): Promise<DialHouse> {
  const pty = openPty()
  t.after(() => pty.close())
  const calls: string[] = []
  const waiting: string[] = []
  let connected = false
  let typed = ''
  pty.read((text) => {
    typed += text
    if (connected && typed.endsWith('+++')) {
      typed = ''
      connected = false
      pty.write('\r\nOK\r\n')
    }
    for (let end = typed.indexOf('\r'); end >= 0 && !connected; end = typed.indexOf('\r')) {
      const command = typed.slice(0, end).trim()
      typed = typed.slice(end + 1)
      if (command.startsWith('ATD')) {
        calls.push(command)
        const answer = waiting.shift() ?? 'CONNECT 33600/ARQ/V34'
        connected = answer.startsWith('CONNECT')
        pty.write(`\r\n${answer}\r\n`)
      } else if (command !== '') pty.write('\r\nOK\r\n')
    }
  })
  const adjust = (config: Config): Config => {
    const program = join(config.run, '../pppd.sh')
    writeFileSync(program, `#!/bin/sh\necho "$@" >>${config.run}/../pppd\n${options.pppd ?? pppd(config.run)}\n`, { mode: 0o755 })
    const modem = {
      tty: pty.path,
      speed: 115_200,
      init: ['ATZ'],
      numbers: ['08451234567'],
      attempts: 12,
      answer_within: 10_000,
      peer: 'isp',
      pppd: program,
      lock_dir: config.run,
    }
    const dialling = { ...config, link: { mode: 'dial' as const, modem } }
    return options.adjust?.(dialling) ?? dialling
  }
  const house = await openHouse(t, { ...options, adjust })
  return { ...house, modem: { calls: () => calls, connected: () => connected, answers: (...more) => void waiting.push(...more) } }
}

const pppd = (run: string): string => `tell() { echo "$@" 1<>${run}/hook; }
trap 'tell down ppp0 $3 $4 10.0.0.2 10.0.0.1 isp 7 1000 2000; exit 5' TERM
tell up ppp0 $3 $4 10.0.0.2 10.0.0.1 isp
while :; do sleep 0.05; done`
