/** rootfs's usr/lib/dialpost/apply.d/50-firewall, before two neighbours: the LAN's cable, and a line called ppp0. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onDevice, skip } from './device.ts'

/** `lan SCRIPT` and `world SCRIPT` run at the other ends. What listens says its name to whoever connects. */
const neighbours = `
mkdir -p /run/netns
for name in lan world; do
  unshare --net sleep 60 & echo $! >/run/$name.pid
  until [ "$(readlink /proc/$!/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do usleep 10000; done
done
lan() { nsenter --net=/proc/$(cat /run/lan.pid)/ns/net sh -c "$1"; }
world() { nsenter --net=/proc/$(cat /run/world.pid)/ns/net sh -c "$1"; }
ip link set lan netns $(cat /run/lan.pid)
ip link add ppp0 type veth peer name far
ip link set far netns $(cat /run/world.pid)
ip link set lo up
ip address add 10.1.0.2/24 dev ppp0; ip link set ppp0 up
lan 'ip link set lo up; ip address add 192.168.1.7/24 dev lan; ip link set lan up; ip route add default via 192.168.1.1'
world 'ip link set lo up; ip address add 10.1.0.1/24 dev far; ip link set far up; ip route add 192.168.1.0/24 via 10.1.0.2'
/usr/lib/dialpost/apply.d/40-lan
/usr/lib/dialpost/apply.d/50-firewall
for port in 25 80 2049; do busybox nc -ll -p $port -e echo hub & done
world 'busybox nc -ll -p 80 -e netstat -tn' &
lan 'busybox nc -ll -p 80 -e echo client' &
for port in 25 80 2049; do until busybox netstat -ltn | grep -q ":$port "; do usleep 10000; done; done
for who in lan world; do $who 'until busybox netstat -ltn | grep -q ":80 "; do usleep 10000; done'; done
`
const box = 'HOSTNAME=moriah.shire.lan\nLAN_ADDRESS=192.168.1.1/24\nLAN_DHCP=no\n'
const ask = (address: string, port: number): string => `busybox nc -w 2 ${address} ${port} </dev/null 2>&1 || echo no`

async function asked(who: 'lan' | 'world', question: string, given = box): Promise<string> {
  const { code, out, err } = await onDevice(`${neighbours}\n${who} '${question}'`, { box: given })
  assert.equal(code, 0, err)
  return out.trim()
}

test('the LAN reaches what the box serves, and is told at once of what it does not', { skip }, async () => {
  assert.equal(await asked('lan', ask('192.168.1.1', 25)), 'hub')
  assert.equal(await asked('lan', ask('192.168.1.1', 2049)), 'hub')
  assert.match(await asked('lan', ask('192.168.1.1', 80)), /refused/)
  assert.match(await asked('lan', 'ping -c 1 -W 2 192.168.1.1'), / 0% packet loss/)
})

test('the world reaches nothing, neither of the box nor through it', { skip }, async () => {
  const there = [ask('10.1.0.2', 25), ask('10.1.0.2', 2049), ask('192.168.1.1', 25), ask('192.168.1.7', 80)]
  const answers = await asked('world', there.join('; echo; '))
  assert.equal(answers.match(/timed out/g)?.length, there.length, answers)
  assert.doesNotMatch(answers, /hub|client/)
})

test('the LAN reaches the world under the address of the line', { skip }, async () => {
  const seen = await asked('lan', ask('10.1.0.1', 80))
  assert.match(seen, /10\.1\.0\.1:80 .*10\.1\.0\.2:\d+/)
  assert.doesNotMatch(seen, /192\.168/)
})

test('without an address on the LAN nothing is passed on, and the box is closed', { skip }, async () => {
  const script = `/usr/lib/dialpost/apply.d/50-firewall; cat /proc/sys/net/ipv4/ip_forward; nft list chain ip box input | grep -c accept`
  const { out } = await onDevice(script)
  // Itself, and what it asked for.
  assert.equal(out, '0\n2\n')
})
