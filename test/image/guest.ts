/**
 * A machine of its own in QEMU: Debian's kernel on Debian's files (.cache/peers/guest or client, see scripts/peers) under a writable layer that
 * goes with it, this project read-only at /repo, and the folder of its shared files at /share. It has no network but what its serial port gives
 * it, or its card's cable.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { card, type Plug } from './cable.ts'
import { end, type ModemPort, patience, project, startEmulator, tree } from './emulator.ts'
import { kernel } from './guest-kernel.ts'
import { initramfs, type Role } from './initramfs.ts'

export type GuestOptions = {
  readonly name: string
  /** For its sockets, its console's log and its shared files; made here. */
  readonly folder: string
  /** Default: `guest`, which has pppd. */
  readonly role?: Role
  /** What is on /dev/ttyS1. */
  readonly modem?: ModemPort
  /** The end of a cable in its card, eth0. */
  readonly lan?: Plug
  /** MB; default 384. */
  readonly memory?: number
}

export type Ended = { readonly code: number; readonly out: string }

export type Guest = {
  /** Seen inside as /share. */
  readonly share: string
  /** Runs a script of sh as root, beside those that run already. Rejects when the machine ends first. */
  run(script: string): Promise<Ended>
  /** The same, and rejects with what it said when it fails. */
  must(script: string): Promise<string>
  readonly console: () => string
  readonly stop: () => Promise<void>
}

/** A script that looks twice a second until a command of sh succeeds, and fails when it has not after so many seconds. */
export function waitFor(command: string, seconds: number = patience): string {
  return `left=${seconds * 2}; until ${command}; do left=$((left - 1)); [ $left -gt 0 ] || exit; sleep 0.5; done`
}

/** Resolves when it takes commands, some seconds later; rejects with its console when it does not. */
export async function startGuest(options: GuestOptions): Promise<Guest> {
  const { name, folder, role = 'guest' } = options
  const share = join(folder, 'share')
  mkdirSync(share, { recursive: true })
  writeFileSync(join(share, 'start'), agent(name))
  writeFileSync(join(folder, 'initramfs'), initramfs(role))
  const server = createServer().listen(join(folder, 'agent'))
  await once(server, 'listening')
  const qemu = boot(options)
  const gone = once(qemu, 'exit')
  const console = (): string => (existsSync(join(folder, 'console')) ? readFileSync(join(folder, 'console'), 'utf8') : '')
  const stop = async (): Promise<void> => {
    await end(qemu)
    server.close()
  }
  try {
    const signal = AbortSignal.timeout(patience * 1000)
    const [socket] = (await Promise.race([once(server, 'connection', { signal }), ended(gone)])) as [Socket]
    const commands = talk(share, socket)
    await Promise.race([commands.ready, ended(gone), once(signal, 'abort').then(() => Promise.reject(new Error('it does not start')))])
    return { share, ...commands, console, stop }
  } catch (cause) {
    await stop()
    throw new Error(`${name}: ${console()}`, { cause })
  }
}

const ended = (gone: Promise<unknown[]>): Promise<never> => gone.then(() => Promise.reject(new Error('the machine ended')))

/** What runs inside behind the initramfs: takes numbers of scripts, and says each one's exit code. */
const agent = (name: string): string => `
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:/busybox LANG=C.UTF-8 HOME=/tmp
mkdir /busybox && /bin/busybox --install -s /busybox
mount -t tmpfs -o mode=1777 tmp /tmp
mount -t tmpfs run /run
mkdir /run/lock && rm -rf /var/run /var/lock && ln -s /run /var/run && ln -s /run/lock /var/lock
mkdir -p /dev/pts && mount -t devpts devpts /dev/pts
hostname ${name}
ip link set lo up
# Its number is its place among all the virtual devices.
set -- /dev/vport*p1
exec 3<>"$1" >/dev/ttyS0 2>&1
echo ready >&3
while read -r number <&3; do
  (/bin/sh "/share/$number.sh" </dev/null >"/share/$number.out" 2>&1 3<&-; echo "$number $?" >&3) &
done
`

function talk(share: string, socket: Socket): Pick<Guest, 'run' | 'must'> & { readonly ready: Promise<unknown> } {
  const waiting = new Map<string, { resolve: (code: number) => void; reject: (cause: Error) => void }>()
  const lines = createInterface({ input: socket })
  const ready = once(lines, 'line')
  lines.on('line', (line) => {
    const [number = '', code] = line.split(' ')
    waiting.get(number)?.resolve(Number(code))
    waiting.delete(number)
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the machine ended'))
  })
  let count = 0
  const run = async (script: string): Promise<Ended> => {
    const number = String(++count)
    writeFileSync(join(share, `${number}.sh`), script)
    const code = await new Promise<number>((resolve, reject) => {
      if (socket.destroyed) reject(new Error('the machine ended'))
      waiting.set(number, { resolve, reject })
      socket.write(`${number}\n`)
    })
    return { code, out: readFileSync(join(share, `${number}.out`), 'utf8') }
  }
  const must = async (script: string): Promise<string> => {
    const { code, out } = await run(script)
    if (code !== 0) throw new Error(`${script}\nended with ${code}:\n${out}`)
    return out
  }
  return { run, must, ready }
}

/** Why the last three are there, board/qemu-x86_64/meta says. */
const parameters = 'console=ttyS0 quiet panic=-1 no_timer_check norandmaps mitigations=off'

function boot({ name, folder, role = 'guest', modem, lan, memory = 384 }: GuestOptions): ChildProcess {
  const shared = (tag: string, path: string, more = ''): readonly string[] => [
    '-virtfs',
    `local,path=${path},mount_tag=${tag},security_model=passthrough,multidevs=remap${more}`,
  ]
  return startEmulator(
    [
      ['-name', name, '-m', String(memory), '-no-reboot'],
      ['-kernel', kernel(), '-initrd', join(folder, 'initramfs'), '-append', parameters],
      ['-serial', `file:${join(folder, 'console')}`],
      modem === undefined ? [] : ['-serial', 'chardev:modem'],
      lan === undefined ? [] : card(lan),
      ['-device', 'virtio-serial-pci', '-chardev', `socket,id=agent,path=${join(folder, 'agent')}`],
      ['-device', 'virtserialport,chardev=agent,nr=1', '-device', 'virtio-rng-pci'],
      shared('tree', tree(role), ',readonly=on'),
      shared('repo', project, ',readonly=on'),
      shared('share', join(folder, 'share')),
    ].flat(),
    { modem },
  )
}
