/**
 * A device's files without the device: rootfs/ laid over what it has of Debian (.cache/peers/device, see scripts/peers), with busybox for
 * everything else, in mount, process, host-name and network namespaces of their own. Everything is fresh, in RAM, and gone with the script.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir, uptime as hostUptime } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const peers = join(root, '.cache/peers')
const tree = join(peers, 'device')

/** What node:test wants as `skip`. */
export const skip: string | false = absence()

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

export type DeviceOptions = {
  /** /data/settings/box. */
  readonly box?: string
  /** Seen as /run/dialpost. */
  readonly run?: string
  /** What else it has of Debian: a tree of scripts/peers. */
  readonly also?: string
  /** Seconds since it was switched on; default: as long as this machine. */
  readonly uptime?: number
}

/** Runs a script of sh on a fresh device, as root, its words behind it as $1 and so on. The LAN is eth0; the other end of its cable is `lan`. */
export async function onDevice(
  script: string,
  { box = '', run, also, uptime }: DeviceOptions = {},
  words: readonly string[] = [],
): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-device-'))
  const since = uptime === undefined ? [] : ['--time', '--boottime', `${uptime - Math.floor(hostUptime())}`]
  const namespaces = ['--mount', '--uts', '--pid', '--net', ...since, '--fork', '--kill-child']
  const trees = [tree, ...(also === undefined ? [] : [join(peers, also)])].join(':')
  const places = [trees, join(root, 'rootfs'), folder, run ?? '', box]
  const child = spawn('unshare', [...namespaces, 'sh', '-euc', furnish, 'device', ...places, script, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' },
  })
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text))
  const [code] = (await once(child, 'close')) as [number | null]
  rmSync(folder, { recursive: true })
  return { code, ...said }
}

const furnish = `
trees=$1 rootfs=$2 folder=$3 run=$4 box=$5; shift 5
mount --make-rprivate /
mount -t tmpfs device "$folder"
mkdir "$folder/changes" "$folder/work" "$folder/root"
mount -t overlay -o "lowerdir=$trees,upperdir=$folder/changes,workdir=$folder/work" device "$folder/root"
root=$folder/root
cp -r "$rootfs/." "$root"
mkdir -p "$root/sys" "$root/data/settings/dialpost.d" "$root/home" "$root/var/mail" "$root/run/box" "$root/run/dialpost" "$root/run/lock" "$root/var/lib/nfs"
printf %s "$box" >"$root/data/settings/box"
chown -R 100:100 "$root/data/settings"
chmod 700 "$root/data/settings"
chown root:8 "$root/var/mail"
chmod 2775 "$root/var/mail"
mount -t proc device "$root/proc"
mount -t sysfs device "$root/sys"
mount --rbind /dev "$root/dev"
[ -z "$run" ] || mount --bind "$run" "$root/run/dialpost"
chroot "$root" /bin/busybox --install -s /bin 2>/dev/null || :
ip link add eth0 type veth peer name lan
echo LAN=eth0 >"$root/run/box/facts"
exec chroot "$root" /bin/sh -euc "$@"
`

function absence(): string | false {
  if (spawnSync('unshare', ['--mount', '--uts', '--pid', '--net', '--fork', 'ip', 'link', 'add', 'type', 'veth']).status !== 0)
    return 'a device is made in namespaces of its own, which this user may not make'
  return !existsSync(join(tree, '.stamp')) && 'device not in .cache/peers; scripts/peers fetches what Debian has'
}
