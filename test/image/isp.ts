/**
 * The ISP as a machine: it answers what rings on its modem, lets in whom it knows by CHAP, and routes to its servers (provider.ts), which
 * are in a network namespace of their own, `world`, behind it.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Isp } from '../bench/line/far.ts'
import { addresses } from './addresses.ts'
import type { ModemPort } from './emulator.ts'
import { type Guest, startGuest, waitFor } from './guest.ts'
import { startServers } from './mail.ts'

export type Provider = {
  readonly machine: Guest
  readonly ports: Isp
  /** Lays a letter into a box. */
  put(user: string, octets: Uint8Array): Promise<void>
  /** How many letters lie in a box. */
  left(user: string): Promise<number>
  /** What the smarthost has taken, in that order. */
  received(): readonly Buffer[]
  readonly stop: () => Promise<void>
}

export async function startIsp(folder: string, modem: ModemPort): Promise<Provider> {
  const machine = await startGuest({ name: 'isp', folder, modem })
  const ordered = async (order: string, done: string): Promise<void> =>
    void (await machine.must(`echo ${order} >/run/box; ${waitFor(`[ -e /share/${done} ]`)}`))
  let count = 0
  try {
    await machine.must(worldBehind)
    // It ends with its machine.
    machine.run(answering(30)).catch(() => {})
    const ports = JSON.parse(await startServers(machine)) as Isp
    return {
      machine,
      ports,
      async put(user, octets) {
        const name = `put-${++count}`
        writeFileSync(join(machine.share, name), octets)
        await ordered(`put ${user} ${name}`, `laid-${name}`)
      },
      async left(user) {
        const name = `left-${++count}`
        await ordered(`left ${user} ${name}`, name)
        return Number(readFileSync(join(machine.share, name), 'utf8'))
      },
      received() {
        const letters = join(machine.share, 'letters')
        const names = existsSync(letters) ? readdirSync(letters).sort((a, b) => Number(a) - Number(b)) : []
        return names.map((name) => readFileSync(join(letters, name)))
      },
      stop: machine.stop,
    }
  } catch (cause) {
    await machine.stop()
    throw cause
  }
}

/** A script of sh, run once: the servers' network. */
export const worldBehind: string = `
set -e
ip netns add world
ip link add side type veth peer name eth0 netns world
ip address add 10.1.0.1/24 dev side
# Packets as they come from afar: none is several in one, none lacks its checksum.
ip link set side up gso_max_segs 1
nsenter --net=/run/netns/world sh -ec '
  ip link set lo up
  ip address add ${addresses.world}/24 dev eth0
  ip link set eth0 up gso_max_segs 1
  ip route add default via 10.1.0.1'
echo 1 >/proc/sys/net/ipv4/ip_forward
`

/**
 * One call after another: waits for a ring, takes it, and lets in whom it knows. The modem may still be in the call before. Who says nothing for
 * that many seconds is gone; a gateway of 64 MB, emulated, has been silent for more than six as its first call came up.
 */
export const answering = (patience: number): string => `
umask 077
echo 'shofar isp walls *' >/etc/ppp/chap-secrets
cat >/run/ring <<'end'
until chat -t 2 '' ATZ OK; do :; done
exec chat -t 86400 ABORT 'NO CARRIER' RING ATA CONNECT '\\c'
end
while :; do
  pppd /dev/ttyS1 115200 nodetach modem crtscts connect 'sh /run/ring' auth require-chap name isp ms-dns ${addresses.world} \
    ${addresses.far}:${addresses.near} lcp-echo-interval 2 lcp-echo-failure ${patience / 2} debug logfile /share/pppd.log
done
`
