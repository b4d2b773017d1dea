/**
 * The gateway without machines around it, for what is asked of it alone: it boots the same flash, and has in place of its line a way over its
 * card to pretend servers of an ISP in this process, always up. What they cannot show is a line; what is on the flash is the same.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Pop3Server, pretendPop3 } from '../../src/demo/pop3d.ts'
import { box } from '../bench/line/far.ts'
import { freePort } from '../peer/port.ts'
import { type Sink, startSink } from '../peer/sink.ts'
import { type Appliance, appliance, type ApplianceOptions, diskIn } from './appliance.ts'
import { patience } from './emulator.ts'
import { flash, layData } from './flash.ts'
import { gatewayAddress, layHousehold } from './household.ts'
import { work } from './people.ts'

export type LoneGateway = {
  readonly gateway: Appliance
  readonly disk: string
  /** On this machine: leads to its port 25. */
  readonly port: number
  readonly smarthost: Sink
  readonly boxes: Pop3Server
  /** While it is so, the smarthost takes nothing. */
  readonly mood: { busy: boolean }
  /** When the smarthost has said of a letter that it is taken (`performance.now()`), in their order. */
  readonly takenAt: readonly number[]
  /** Resolves when it greets the LAN. */
  greets(seconds?: number): Promise<void>
  /** Something that is thrown away with it. */
  readonly folder: string
  readonly stop: () => Promise<void>
}

export type LoneOptions = Partial<Pick<ApplianceOptions, 'computer' | 'logged' | 'memory' | 'more' | 'terminal'>> & {
  /** Lines of dialpost.toml in place of those that say that the line is always up. */
  readonly link?: string
  /** What is flashed; default: QEMU's PC's. */
  readonly image?: string
  /** Of its disk. */
  readonly megabytes?: number
  /** What else lies in its data partition: laid below this folder. */
  readonly also?: (data: string) => void
}

/** It is switched off still. */
export async function loneGateway({
  link = alwaysUp,
  also = () => {},
  image,
  megabytes = 256,
  memory = plenty,
  ...options
}: LoneOptions = {}): Promise<LoneGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-lone-'))
  const takenAt: number[] = []
  const mood = { busy: false }
  const smarthost = await startSink({
    answer(command) {
      if (mood.busy && /^(MAIL|RCPT|DATA)/.test(command)) return '451 4.3.2 Later'
      if (command === '.') takenAt.push(performance.now())
      return undefined
    },
  })
  const boxes = await pretendPop3(
    new Map([
      [work.user, work.password],
      [box.user, box.password],
    ]),
  )
  const data = join(folder, 'data')
  mkdirSync(data)
  const isp = { smtp: smarthost.port, pop3: boxes.port, imap: 0, smtpHost: thisMachine, popHost: thisMachine }
  layHousehold(data, { isp, link })
  also(data)
  flash(diskIn(folder), megabytes, image)
  layData(diskIn(folder), data, megabytes)
  const port = await freePort()
  const gateway = await appliance({ folder, card: userNetwork(port), memory, ...options })
  return {
    gateway,
    disk: diskIn(folder),
    port,
    smarthost,
    boxes,
    mood,
    takenAt,
    folder,
    async greets(seconds = patience) {
      const until = performance.now() + seconds * 1000
      while (!(await greeting(port))) {
        if (performance.now() > until) throw new Error(`it does not greet the LAN:\n${gateway.console.text().slice(-3000)}`)
        await delay(100)
      }
    },
    async stop() {
      await gateway.stop()
      await Promise.all([smarthost.stop(), boxes.close()])
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** MB. What it needs is shown elsewhere; with less than 96 a boot takes twice as long here, for it reads its programs again and again. */
export const plenty = 128

/** As the gateway sees it. */
export const thisMachine = '192.168.1.2'

export const alwaysUp = `
[call]
poll_every = "10s"
[link]
mode = "always"
`

/** A LAN that QEMU makes up: the gateway reaches this machine's loopback, and this machine its port 25, and more of its ports by these of ours. */
export function userNetwork(port: number, more: ReadonlyMap<number, number> = new Map()): readonly string[] {
  const forwards = [[25, port], ...more].map(([there, here]) => `hostfwd=tcp:127.0.0.1:${here}-${gatewayAddress}:${there}`)
  const network = `user,id=lan,net=192.168.1.0/24,host=${thisMachine},${forwards.join()}`
  return ['-netdev', network, '-device', 'virtio-net-pci,netdev=lan,romfile=']
}

/** Before anybody listens inside, QEMU takes the call and says nothing. */
function greeting(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const done = (greeted: boolean): void => {
      socket.destroy()
      resolve(greeted)
    }
    socket.setTimeout(1000, () => done(false))
    socket.once('data', () => done(true))
    socket.once('error', () => done(false))
    socket.once('close', () => done(false))
  })
}
