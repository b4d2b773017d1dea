/**
 * The telephone line of the daemon, put together: the one that dialpost dials, with its modem, pppd and planner, or the one that others dial. With
 * daemon.ts and main.ts the only file that may.
 */
import { join } from 'node:path'
import type { Meter } from './call/meter.ts'
import { openPlanning, type Planning } from './call/planning.ts'
import type { Policy, Waiting } from './call/wish-state.ts'
import type { Clock } from './clock.ts'
import type { Config, Modem } from './config/config.ts'
import { ispsOf, mailboxesOf } from './config/isps.ts'
import { dialLine, type DialledLine } from './link/dialled.ts'
import { hayesModem } from './link/hayes.ts'
import type { Line } from './link/line.ts'
import type { LinkEvent } from './link/machine.ts'
import type { ModemFacts } from './link/modem.ts'
import { pppds } from './link/pppd.ts'
import { tariffOf } from './link/tariff.ts'
import { watchLine } from './link/watch.ts'
import type { Log } from './log/events.ts'
import { formatAddress } from './mail/address.ts'
import type { Queue } from './queue/queue.ts'

export type Telephone = {
  readonly line: Line & { tell(event: LinkEvent): void; close(): Promise<void> }
  /** Absent where somebody else decides about the line. */
  readonly planning?: Planning
  /** What the modem last said of itself, in words. */
  readonly modem: () => string
}

export type TelephoneParts = {
  readonly clock: Clock
  readonly log: Log
  readonly queue: Queue
  readonly meter: Meter
  readonly clockKnown: () => boolean
}

export async function telephone(config: Config, { clock, log, queue, meter, clockKnown }: TelephoneParts): Promise<Telephone> {
  const { mode, modem } = config.link
  if (mode !== 'dial' || !modem) {
    const line = watchLine({ mode: mode === 'always' ? 'always' : 'hooks', clock })
    return { line: { ...line, close: async () => {} }, modem: () => '' }
  }
  const line = await dialled(modem, config, clock, log)
  const policy = policyOf(config, meter, queue)
  const planning = openPlanning({
    line,
    clock,
    clockKnown,
    policy,
    spent: meter.spentBefore(),
    waiting: () => waitingOf(queue, clock),
    log,
  })
  return { line, planning, modem: () => modemWords(line.modem()) }
}

/** Where dialpost dials, a pppd that an earlier run left behind is ended first: two cannot share a modem. */
async function dialled(modem: Modem, config: Config, clock: Clock, log: Log): Promise<DialledLine> {
  const { tty, speed, init, attempts, answer_within, chat, pin_file, lock_dir } = modem
  const isps = ispsOf(config)
  const peers = new Map(isps.map(({ name, peer }) => [name, peer]))
  const pppd = pppds({ program: modem.pppd, tty, speed, log, clock })
  await pppd.clear()
  return dialLine({
    isps,
    attempts,
    tty,
    peerOf: (isp) => peers.get(isp) ?? '',
    modem: hayesModem({
      tty,
      speed,
      init,
      answerWithin: answer_within,
      lockFolder: lock_dir,
      clock,
      ...(pin_file === undefined ? {} : { pin: { file: pin_file, mark: join(config.spool, 'sim-pin') } }),
      ...(chat === undefined ? {} : { chat: { script: chat } }),
    }),
    pppd,
    clock,
  })
}

function policyOf(config: Config, meter: Meter, queue: Queue): Policy {
  const { call, tariff, isp } = config
  return {
    ...call,
    tariff: tariff.length === 0 ? undefined : tariffOf(tariff),
    hasBoxes: mailboxesOf(config).length > 0,
    ownBoxes: isp.filter(({ mailbox }) => mailbox.length > 0).map(({ name }) => name),
    hasRoom: queue.hasRoom,
    learned: () => {
      const { outRate, inRate, setupSeconds } = meter.learned()
      return { rate: { out: outRate, in: inRate }, setupSeconds, expected: meter.expected() }
    },
  }
}

function waitingOf(queue: Queue, clock: Clock): Waiting {
  const { letters, octets, bulk, oldest, urgent } = queue.backlog()
  return {
    letters,
    octets,
    oldest: oldest === undefined ? undefined : clock.elapsed() - oldest,
    ...(urgent ? { urgent: { id: urgent.id, from: urgent.from ? formatAddress(urgent.from) : '<>' } } : {}),
    bulkOnly: letters > 0 && bulk === letters,
  }
}

function modemWords({ identity, signal, sim }: ModemFacts): string {
  return [identity, signal && `signal ${signal}`, sim && `SIM ${sim}`].filter((words) => words !== undefined && words !== '').join(', ')
}
