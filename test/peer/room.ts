/**
 * A room: one real program from Debian, run from its own tree (.cache/peers/NAME, see scripts/peers) in mount, process and
 * host-name namespaces of its own. It sees the test's folder as /mnt, fresh /var, /run and /tmp, and this machine's loopback;
 * nothing on the machine is touched. A room ends wholly with its first process, and dies with the test process at the latest.
 */
import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Peer = 'postfix' | 'exim' | 'dovecot' | 'sendmail' | 'opensmtpd' | 'tools'

const trees: string = join(import.meta.dirname, '../../.cache/peers')

/** Why tests of these peers cannot run here, or false: what node:test wants as `skip`. */
export function missing(...peers: readonly Peer[]): string | false {
  if (!namespaces()) return 'real peers are run in namespaces of their own, which this user may not make'
  const absent = peers.filter((peer) => !existsSync(join(trees, peer, '.stamp')))
  return absent.length > 0 && `${absent.join(', ')} not in .cache/peers; scripts/peers fetches what Debian has`
}

let allowed: boolean | undefined
function namespaces(): boolean {
  allowed ??= spawnSync('unshare', ['--mount', '--uts', '--pid', '--fork', 'true']).status === 0
  return allowed
}

export type Room = {
  readonly process: ChildProcess
  /** Ends every process of the room, at once; resolves when they are gone. */
  readonly stop: () => Promise<void>
}

export type RoomOptions = {
  /** Seen inside as /mnt. */
  readonly folder: string
  /** More folders: path inside (one of scripts/peers' `folders`, or below /var) → path outside. */
  readonly mounts?: Readonly<Record<string, string>>
  /** The machine's name inside. Default `isp.example`. */
  readonly hostname?: string
  /** Who the program runs as, `1001:8` (user and group). Default root. */
  readonly owner?: string
}

/** A room whose program writes its output and errors to a file. */
export type Daemon = Room & { readonly log: () => string }

/** Starts a server, by its path inside; it has no input. */
export function serve(peer: Peer, options: RoomOptions, command: readonly string[]): Daemon {
  // A file, since Postfix opens /dev/stdout anew, which cannot be done to Node's pipes.
  const path = join(options.folder, 'log')
  const log = openSync(path, 'a')
  const room = enter(peer, options, command, ['ignore', log, log])
  closeSync(log)
  return { ...room, log: () => readFileSync(path, 'utf8') }
}

/** Starts a program, by its path inside, as the first process of a new room. */
export function enter(
  peer: Peer,
  { folder, mounts = {}, hostname = 'isp.example', owner = '0:0' }: RoomOptions,
  command: readonly string[],
  stdio: StdioOptions = 'pipe',
): Room {
  const binds = Object.entries({ '/mnt': folder, ...mounts }).flat()
  const child = spawn(
    'setpriv',
    // A death signal outlives exec: the room goes when this process goes, however it goes.
    ['--pdeathsig', 'KILL', 'unshare', '--mount', '--uts', '--pid', '--fork', '--kill-child', 'sh', '-euc', furnish, 'room'].concat(
      [join(trees, peer), hostname, owner, String(binds.length / 2)],
      binds,
      command,
    ),
    { stdio, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', TERM: 'xterm', HOME: '/tmp' } },
  )
  const gone = once(child, 'exit')
  gone.catch(() => {})
  return {
    process: child,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) killFirst(child)
      await gone
    },
  }
}

export type Ended = { readonly code: number | null; readonly out: Buffer; readonly err: string }

/** Runs a program in a room until it ends by itself, with this on its standard input. */
export async function run(peer: Peer, options: RoomOptions, command: readonly string[], input: Uint8Array | string = ''): Promise<Ended> {
  const room = enter(peer, options, command)
  const { stdin, stdout, stderr } = room.process
  if (!stdin || !stdout || !stderr) throw new Error('a room that is run has pipes')
  const collected: [Buffer[], Buffer[]] = [[], []]
  stdout.on('data', (chunk: Buffer) => collected[0].push(chunk))
  stderr.on('data', (chunk: Buffer) => collected[1].push(chunk))
  // A program that ends without reading its input is no fault of ours.
  stdin.on('error', () => {})
  stdin.end(input)
  const [code] = (await once(room.process, 'close')) as [number | null]
  return { code, out: Buffer.concat(collected[0]), err: Buffer.concat(collected[1]).toString('latin1') }
}

/** A folder for one test's peers; `remove` when they have stopped. */
export async function makeFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'dialpost-peer-'))
  // Servers look into it as users of their own.
  await chmod(path, 0o755)
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) }
}

/** Lays the mounts and becomes the program. A file system is only ever mounted inside the new namespace. */
const furnish = `
root=$1 host=$2 owner=$3 binds=$4; shift 4
# Some servers close every descriptor there could be, and there may be a million.
ulimit -n 4096
mount --make-rprivate /
hostname "$host" 2>/dev/null || echo "$host" >/proc/sys/kernel/hostname
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
for folder in var run tmp; do mount -t tmpfs -o mode=1777 room "$root/$folder"; done
mkdir -p "$root/var/spool" "$root/var/lib" "$root/var/log" "$root/var/mail" "$root/var/tmp"
mount --rbind /dev "$root/dev"
mount -t proc room "$root/proc"
while [ "$binds" -gt 0 ]; do
  mkdir -p "$root$1"
  mount --bind "$2" "$root$1"
  binds=$((binds - 1)); shift 2
done
exec chroot --userspec="$owner" --groups="" "$root" "$@"
`

/** Kills the room's first process, and with it the kernel kills the rest; the outer process then sees it end. */
function killFirst(child: ChildProcess): void {
  const first = children(child.pid)[0]
  if (first === undefined) child.kill('SIGKILL')
  else process.kill(first, 'SIGKILL')
}

function children(pid: number | undefined): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
