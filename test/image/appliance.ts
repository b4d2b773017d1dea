/**
 * The gateway: a machine with 64 MB that boots its flash as the device does, with a person at its serial console, a modem on its other port,
 * and a card. Its mains plug can be pulled at any moment; its disk has what it was told has been written, and nothing more is promised.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Status } from '../../src/console/house.ts'
import { type Entry, loggedDisk, loggedWrites } from './disk-writes.ts'
import { end, type ModemPort, noMachines, patience, startEmulator } from './emulator.ts'
import { image } from './flash.ts'
import { type DiskTraffic, diskTraffic, type Monitor, openMonitor } from './monitor.ts'
import { openConsole, type SerialConsole } from './serial-console.ts'

export type ApplianceOptions = {
  /** Where `disk` is, and its sockets are made. */
  readonly folder: string
  /** QEMU's arguments for its card. */
  readonly card: readonly string[]
  /** Its modem, if it has one. */
  readonly modem?: ModemPort
  /** MB; default 64. */
  readonly memory?: number
  /** QEMU's backend for its serial console, where another one than `console` is wanted. */
  readonly terminal?: string
  /** Its disk has a cache, and what it writes is logged (disk-writes.ts). */
  readonly logged?: boolean
  /** Another computer than QEMU's PC, by its command (board.ts). */
  readonly computer?: readonly string[]
  /** More arguments for QEMU. */
  readonly more?: readonly string[]
}

export type Appliance = {
  readonly console: SerialConsole
  /** With the time on its clock (`2026-11-25T12:00:00`); it has no battery, and so the usual one is 1970. */
  switchOn(clock?: string): Promise<void>
  /** Resolves with the seconds since it was switched on when its console takes commands. */
  ready(seconds?: number): Promise<number>
  /** What its console says to a command. */
  ask(command: string): Promise<string>
  status(): Promise<Status>
  /** Resolves with its status as soon as that is so. */
  statusIs(holds: (now: Status) => boolean): Promise<Status>
  disk(): Promise<DiskTraffic>
  /**
   * It goes on as a machine whose time is what its processor has done, and passes at once while that has nothing to do (-icount, sleep=off): an
   * hour in seconds. What it waits for from outside, its disk or a person, takes it hours then.
   */
  hurry(): Promise<void>
  /** What its clock shows, in seconds. */
  time(): Promise<number>
  /** Of a disk that is logged, since the machine was last switched on; it is off again. */
  writes(): readonly Entry[]
  readonly monitor: () => Monitor
  /** Resolves when it has switched itself off. */
  switchedOff(): Promise<void>
  /** It is off at once, whatever it was about. */
  pullPlug(): Promise<void>
  readonly stop: () => Promise<void>
}

/** Why it cannot be had here, or false: what node:test wants as `skip`. */
export function noAppliance(...trees: readonly string[]): string | false {
  return noMachines(...trees) || (!existsSync(image) && 'dist/image/qemu-x86_64.img is not there; scripts/image qemu-x86_64 makes it')
}

export const diskIn = (folder: string): string => join(folder, 'disk')

const logIn = (folder: string): string => join(folder, 'writes')

/** The name before it, and what the line is. */
const prompt = /(?:^|\n)\S+ \([\w-]+\) > $/
const promptOrPause = new RegExp(`(${prompt.source})|--more--`)

export async function appliance(options: ApplianceOptions): Promise<Appliance> {
  const { folder } = options
  mkdirSync(folder, { recursive: true })
  const console = await openConsole(join(folder, 'console'))
  let machine: ChildProcess | undefined
  let monitor: Monitor | undefined
  let since = 0
  const pullPlug = async (): Promise<void> => {
    if (machine) await end(machine)
    monitor?.close()
    machine = monitor = undefined
  }
  const told = (): Monitor => {
    if (!monitor) throw new Error('it is switched off')
    return monitor
  }
  const ask = async (command: string): Promise<string> => {
    console.passOver()
    console.type(`${command}\r`)
    let said = ''
    for (;;) {
      const { input, index, 1: prompted } = await console.expect(promptOrPause)
      said += input.slice(0, index)
      const answer = said.split(`${command}\n`)[1]
      if (prompted === undefined) console.type(' ')
      // A prompt without the echo before it is an earlier one.
      else if (answer !== undefined) return answer
    }
  }
  /** As a person does who wants to know whether somebody listens: what is typed while the port is opened is lost. */
  const pressed = async (tries = 30): Promise<void> => {
    console.passOver()
    console.type('\r')
    await console.expect(prompt, 5).catch((cause: unknown) => (tries > 0 ? pressed(tries - 1) : Promise.reject(cause as Error)))
  }
  const status = async (): Promise<Status> => JSON.parse((await ask('status --json')).replaceAll(/\n */g, ' ')) as Status
  const start = async (clock: string, more: readonly string[] = []): Promise<void> => {
    console.passOver()
    rmSync(join(folder, 'monitor'), { force: true })
    monitor = await openMonitor(join(folder, 'monitor'))
    const ports = ['-serial', 'chardev:console', ...(options.modem ? ['-serial', 'chardev:modem'] : [])]
    machine = startEmulator([...parts(options), '-rtc', `base=${clock},clock=vm`, ...monitor.words, ...ports, ...more], {
      modem: options.modem,
      computer: options.computer,
      translations: 256,
    })
    since = performance.now()
    await once(machine, 'spawn')
  }
  return {
    console,
    ask,
    status,
    pullPlug,
    monitor: told,
    writes: () => loggedWrites(logIn(folder)),
    switchOn: (clock = '1970-01-01') => start(clock),
    async hurry() {
      const state = join(folder, 'state')
      await told().order('stop')
      await told().order('migrate', { uri: `exec:cat >${state}` })
      const migrated = async (): Promise<boolean> => {
        const { status } = (await told().order('query-migrate')) as { status: string }
        if (status === 'failed') throw new Error('QEMU could not write down the state of the machine')
        return status === 'completed'
      }
      while (!(await migrated())) await delay(100)
      await pullPlug()
      await start('1970-01-01', ['-icount', 'shift=3,sleep=off', '-incoming', `exec:cat ${state}`])
      // It stands still where it stopped, as soon as all of it is there.
      const { order } = told()
      while (((await order('query-status')) as { status: string }).status !== 'paused') await delay(100)
      await order('cont')
    },
    async time() {
      const clock = (await told().order('qom-get', { path: '/machine', property: 'rtc-time' })) as Record<string, number>
      const { tm_year = 0, tm_mon = 0, tm_mday = 0, tm_hour = 0, tm_min = 0, tm_sec = 0 } = clock
      return Date.UTC(1900 + tm_year, tm_mon, tm_mday, tm_hour, tm_min, tm_sec) / 1000
    },
    async ready(seconds = patience) {
      await console.expect(/help lists the commands/, seconds)
      await console.expect(prompt)
      await pressed()
      return (performance.now() - since) / 1000
    },
    async statusIs(holds) {
      const until = performance.now() + patience * 1000
      for (;;) {
        const now = await status()
        if (holds(now)) return now
        if (performance.now() > until) throw new Error(`${JSON.stringify(now)}\n${console.text().slice(-3000)}`)
        // A look takes it a second of its processor.
        await delay(2000)
      }
    },
    disk: () => diskTraffic(told()),
    async switchedOff() {
      if (machine?.exitCode === null) await once(machine, 'exit', { signal: AbortSignal.timeout(patience * 1000) })
    },
    async stop() {
      await pullPlug()
      console.close()
    },
  }
}

function parts({ folder, card, terminal, memory = 64, logged = false, more = [] }: ApplianceOptions): readonly string[] {
  // Past the host's own cache: what is said to be written is, and nothing else.
  const disk = ['-drive', `file=${diskIn(folder)},if=virtio,format=raw,cache=directsync,aio=threads`]
  return [
    ['-name', 'gateway', '-m', `${memory}`],
    logged ? loggedDisk(diskIn(folder), logIn(folder)) : disk,
    card,
    ['-device', 'virtio-rng-pci', '-chardev', `${terminal ?? `socket,path=${join(folder, 'console')}`},id=console`],
    more,
  ].flat()
}
