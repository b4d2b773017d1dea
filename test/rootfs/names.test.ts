/** rootfs's usr/lib/dialpost/apply.d/70-dns: whom the LAN's name server asks, and when; and what it hands out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onDevice, skip } from './device.ts'

const box = 'HOSTNAME=moriah.shire.lan\nLAN_ADDRESS=192.168.1.1/26\nLAN_DHCP=yes\n'

/** Runs what the table says, as init does. */
const init = `
export DIALPOST_KMSG=/tmp/kmsg
while :; do
  ! grep -q 'service dnsmasq$' /etc/inittab || /usr/lib/dialpost/service dnsmasq >/dev/null 2>&1 || :
  usleep 20000
done &
`

/** The ISP's name server is at 10.1.0.1, the end of the line ppp0; `line up` and `line down` is what pppd does. */
const isp = `
unshare --net sleep 60 & world=$!
until [ "$(readlink /proc/$world/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do usleep 10000; done
ip link set lo up
ip link add ppp0 type veth peer name far
ip link set far netns $world
ip address add 10.1.0.2/24 dev ppp0; ip link set ppp0 up
nsenter --net=/proc/$world/ns/net sh -c '
  ip link set lo up; ip address add 10.1.0.1/24 dev far; ip link set far up
  mkdir -p /tmp/isp
  dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --log-queries --log-facility=/tmp/isp/asked --pid-file=/tmp/isp/pid --user=root \
    --address=/far.example/10.9.9.9 --local-ttl=600'
line() {
  case $1 in
  up) echo "nameserver 10.1.0.1" >/etc/ppp/resolv.conf ;;
  down) /etc/ppp/ip-down ppp0 /dev/ttyS1 115200 10.1.0.2 10.1.0.1 isp ;;
  esac
}
listens() { until grep -q '^ *[0-9]*: 0101A8C0:0035 ' /proc/net/udp; do usleep 20000; done; }
pid() { cat /run/box/services/dnsmasq.pid; }
ask() { nslookup $1 127.0.0.1 | sed -n 's/^Address: //p; s/^.*mail exchanger = //p; s/^.*REFUSED$/refused/p' | sort -u; }
until_is() { until [ "$(ask "-type=a $1")" = "$2" ]; do usleep 20000; done; }
for part in 10-names 40-lan 70-dns; do /usr/lib/dialpost/apply.d/$part; done
${init}
listens
until_is moriah.shire.lan 192.168.1.1
`

async function lines(script: string): Promise<readonly string[]> {
  const { code, out, err } = await onDevice(`${isp}${script}`, { box })
  assert.equal(code, 0, err)
  return out.trimEnd().split('\n')
}

test('the hub is known by its name, and is where the mail of its domain goes', { skip }, async () => {
  assert.deepEqual(await lines('ask moriah.shire.lan; ask moriah; ask "-type=mx shire.lan"'), [
    '192.168.1.1',
    '192.168.1.1',
    '10 moriah.shire.lan',
  ])
})

test('while the line is down nobody is asked, and the answer comes at once', { skip }, async () => {
  assert.deepEqual(await lines('ask www.far.example; grep -c far.example /tmp/isp/asked || :'), ['refused', '0'])
})

test('while it is up the ISP is asked; when it has gone, what is known still is, and nobody is asked', { skip }, async () => {
  const call = 'line up; until_is www.far.example 10.9.9.9; line down; until_is new.far.example refused\n'
  const after = ': >/tmp/isp/asked; ask "-type=a www.far.example"; ask "-type=a other.far.example"; grep -c far.example /tmp/isp/asked || :'
  assert.deepEqual(await lines(`${call}${after}`), ['10.9.9.9', 'refused', '0'])
})

test('run again it stays as it is; with other settings it starts anew, or ends', { skip }, async () => {
  const again = '/usr/lib/dialpost/apply.d/70-dns\n'
  const before = 'before=$(pid)\n'
  assert.deepEqual(await lines(`${before}${again} [ "$before" = "$(pid)" ] && echo same`), ['same'])
  const other = `${before}sed -i s/moriah.shire/gondor.south/ /data/settings/box; /usr/lib/dialpost/apply.d/10-names; ${again}`
  assert.deepEqual(await lines(`${other} listens; until_is gondor.south.lan 192.168.1.1; [ "$before" = "$(pid)" ] || echo other`), [
    'other',
  ])
  const off = `${before}sed -i s/LAN_DHCP=yes/LAN_DHCP=no/ /data/settings/box; ${again} while kill -0 $before; do usleep 20000; done 2>/dev/null`
  assert.deepEqual(await lines(`${off}; grep -c dnsmasq /etc/inittab || :`), ['0'])
})

test('one that ends is started again, and waits the longer the less it stays', { skip }, async () => {
  const killed = 'last=$(pid); kill -9 $last; while [ $(pid) = $last ]; do usleep 20000; done\n'
  assert.deepEqual(await lines(`${killed} listens; ${killed} listens; cat /tmp/kmsg`), [
    'dialpost: dnsmasq has ended, and is started again in 1 s',
    'dialpost: dnsmasq has ended, and is started again in 3 s',
  ])
})

test('addresses are handed out from the upper half of the LAN', { skip }, async () => {
  assert.deepEqual(await lines('grep ^dhcp-range /etc/dnsmasq.conf'), ['dhcp-range=192.168.1.32,192.168.1.62,12h'])
})
