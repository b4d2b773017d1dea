/** The whole daemon in the test's own process, a pretend ISP at the other end of its line, and a LAN client at its door. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../src/clock.ts'
import type { Config } from '../../src/config/config.ts'
import { formatMistake, readConfig } from '../../src/config/read.ts'
import { startDaemon } from '../../src/daemon.ts'
import type { Line } from '../../src/log/events.ts'
import type { Box } from '../../src/update/box.ts'
import { boxTables, type Hub, makeHub, masqueradeTable, people, smarthostTable } from './hub.ts'
import { type Isp, type IspOptions, startIsp } from './isp.ts'
import { submit } from './lan.ts'
import { type Arrived, arrivedAt, type Sample } from './letters.ts'

export type House = Hub & {
  readonly isp: Isp
  /** Everything it has logged, and the last of an event. */
  readonly lines: readonly Line[]
  said(event: string): Line | undefined
  /** The LAN's door. */
  readonly port: number
  /** Hands a letter in at the LAN's door; it must be taken. */
  submit(letter: Sample): Promise<void>
  /** Looks until it holds; rejects after `patience` (milliseconds), with the last lines of the log. */
  until(what: string, holds: () => boolean | Promise<boolean>, patience?: number): Promise<void>
  /** Until nothing waits in the queue and nothing lies in the ISP's boxes. */
  untilIdle(): Promise<void>
  /** What is in everybody's mbox. */
  mail(): readonly Arrived[]
  close(): Promise<void>
}

export type HouseOptions = {
  readonly isp?: IspOptions
  readonly aliases?: string
  readonly tables?: (isp: Isp) => string
  readonly clock?: Clock
  /** Sets that clock; without it nobody may, the machine's least of all. */
  readonly setClock?: (wall: number) => void
  /** What an update is written to; without it the computer is no box. */
  readonly box?: Box
  /** Last changes to the settings. */
  readonly adjust?: (config: Config) => Config
}

/** Ends with the test, if the test does not end it before. */
export async function openHouse(t: Pick<TestContext, 'after'>, options: HouseOptions = {}): Promise<House> {
  const isp = await startIsp(options.isp)
  const tables = options.tables ?? (({ near }) => smarthostTable(near.smarthost) + boxTables(near.pop3) + masqueradeTable)
  const hub = makeHub({ tables: tables(isp), ...(options.aliases === undefined ? {} : { aliases: options.aliases }) })
  const read = readConfig(hub.settings)
  if ('mistakes' in read) throw new Error(read.mistakes.map(formatMistake).join('\n'))
  const lines: Line[] = []
  const daemon = await startDaemon((options.adjust ?? same)(read.config), {
    passwd: hub.passwd,
    sink: (line) => lines.push(line),
    ...(options.clock ? { clock: options.clock } : {}),
    ...(options.box ? { box: options.box } : {}),
    ...(options.setClock ? { setClock: options.setClock } : {}),
  })
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await daemon.close()
    await isp.close()
    hub.remove()
  }
  t.after(() => (closing ??= close()))
  const port = daemon.addresses[0]?.port ?? 0
  const until = async (what: string, holds: () => boolean | Promise<boolean>, patience = 15_000): Promise<void> => {
    for (const deadline = performance.now() + patience; !(await holds()); await delay(10))
      if (performance.now() > deadline) throw new Error(`it does not come to this: ${what}\n${lastWords(lines)}`)
  }
  const mbox = (user: string) => wholeMbox(() => hub.mbox(user))
  return {
    ...hub,
    mbox,
    isp,
    lines,
    said: (event) => lines.findLast((line) => line.event === event),
    port,
    async submit(letter) {
      assert.match((await submit(port, letter)) ?? 'no answer', /^250/)
    },
    until,
    untilIdle: () =>
      until(
        'nothing waits anywhere',
        async () => isp.pop3.box('eddyy').length + isp.pop3.box('shofar').length + (await hub.queue()).length === 0,
      ),
    mail: () => people.flatMap((user) => mbox(user).map(({ octets }) => arrivedAt(user, octets))),
    close: () => (closing ??= close()),
  }
}

/** While a letter is being written the mbox ends in the middle of it, as for any reader who takes no lock: then there is nothing to read yet. */
function wholeMbox<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read()
  } catch {
    return []
  }
}

function same(config: Config): Config {
  return config
}

function lastWords(lines: readonly Line[]): string {
  return lines
    .slice(-30)
    .map(({ level, text }) => `${level} ${text}`)
    .join('\n')
}
