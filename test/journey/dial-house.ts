/** A house that dials: the virtual modem on a pseudo-terminal, and in pppd's place a few lines of sh that tell the hook what pppd's would. */
import type { TestContext } from 'node:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../src/config/config.ts'
import { answerCalls } from '../modem/answering.ts'
import { type Exchange, openExchange } from '../modem/exchange.ts'
import { virtualModem } from '../modem/modem.ts'
import { openPty } from '../modem/pty.ts'
import { type House, type HouseOptions, openHouse } from './house.ts'

export type DialHouse = House & {
  /** What becomes of the next calls. */
  readonly exchange: Exchange
  /** Numbers dialled so far. */
  calls(): readonly string[]
  /** Off the hook. */
  connected(): boolean
}

export type DialHouseOptions = HouseOptions & {
  /** How many times as fast the modem's time passes, where the daemon's does. */
  readonly hurry?: number
  /** What is done in pppd's place; by default the line comes up, and goes down when it is told to end. */
  readonly pppd?: string
}

export async function openDialHouse(t: Pick<TestContext, 'after'>, options: DialHouseOptions = {}): Promise<DialHouse> {
  const pty = openPty()
  const exchange = openExchange({ hurry: options.hurry ?? 1 })
  answerCalls(exchange)
  const modem = virtualModem({ port: pty.master, exchange, hurry: options.hurry ?? 1 })
  t.after(async () => {
    exchange.close()
    modem.close()
    await pty.close()
  })
  const adjust = (config: Config): Config => {
    const program = join(config.run, '../pppd.sh')
    writeFileSync(program, `#!/bin/sh\necho "$@" >>${config.run}/../pppd\n${options.pppd ?? pppd(config.run)}\n`, { mode: 0o755 })
    const settings = {
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
    const dialling = { ...config, link: { mode: 'dial' as const, modem: settings } }
    return options.adjust?.(dialling) ?? dialling
  }
  const house = await openHouse(t, { ...options, adjust })
  return {
    ...house,
    exchange,
    calls: () => exchange.calls().map(({ number }) => number),
    connected: () => modem.state().phase.kind !== 'command',
  }
}

const pppd = (run: string): string => `tell() { echo "$@" 1<>${run}/hook; }
trap 'tell down ppp0 $3 $4 10.0.0.2 10.0.0.1 isp 7 1000 2000; exit 5' TERM
tell up ppp0 $3 $4 10.0.0.2 10.0.0.1 isp
while :; do sleep 0.05; done`
