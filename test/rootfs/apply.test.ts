/** rootfs's usr/lib/dialpost/apply.d: what the box is made into by its settings, at boot and again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onDevice, skip } from './device.ts'

const box = `HOSTNAME=moriah.shire.lan
LAN_ADDRESS=192.168.1.1/24
LAN_DHCP=no
ISP_USER=sho"f\\ar
ISP_PASSWORD_FILE=dialpost.d/isp
PEOPLE=eddy:1000 keith:1001
`
const parts = (...names: readonly string[]): string => names.map((name) => `/usr/lib/dialpost/apply.d/${name}\n`).join('')

async function lines(script: string, given = box): Promise<readonly string[]> {
  const { code, out, err } = await onDevice(script, { box: given })
  assert.equal(code, 0, err)
  return out.trimEnd().split('\n')
}

test('the box bears its name, and asks itself for names', { skip }, async () => {
  assert.deepEqual(await lines(`${parts('10-names')} hostname; cat /etc/hosts; head -n 1 /etc/resolv.conf`), [
    'moriah.shire.lan',
    '127.0.0.1 localhost',
    '192.168.1.1 moriah.shire.lan moriah',
    'nameserver 127.0.0.1',
  ])
})

const show = "stat -c '%n %U:%G %a %s' /var/mail/*; grep -c . /etc/passwd; id eddy"

test('everybody has an account and a mailbox of their own, and keeps both when all is made again', { skip }, async () => {
  const first = ['/var/mail/eddy eddy:mail 660 0', '/var/mail/keith keith:mail 660 0', '/var/mail/root root:mail 660 0']
  const people = parts('20-people')
  assert.deepEqual((await lines(`${people}${show}`)).slice(0, 3), first)
  assert.deepEqual(await lines(`${people}${people}${show}`), await lines(`${people}${show}`))
  const [eddy] = await lines(`${people} echo letter >>/var/mail/eddy; ${people} cat /var/mail/eddy`)
  assert.equal(eddy, 'letter')
})

test('dialpost may look for a .forward in a home, and not at what else is in it', { skip }, async () => {
  const as = 'setpriv --reuid dialpost --regid dialpost --clear-groups'
  const old = 'mkdir -m 700 /home/eddy; chown 1000 /home/eddy; echo keith >/home/eddy/.forward\n'
  const said = await lines(`${old}${parts('20-people')} ${as} cat /home/eddy/.forward; ${as} ls /home/keith 2>&1 || stat -c %U /home/keith`)
  assert.deepEqual(said, ['keith', "ls: can't open '/home/keith': Permission denied", 'keith'])
})

test('who has gone from the settings has no account, and the mailbox stays', { skip }, async () => {
  const gone = `${parts('20-people')} sed -i 's/ keith:1001//' /data/settings/box\n${parts('20-people')}`
  assert.deepEqual(await lines(`${gone} id keith 2>/dev/null || echo nobody; ls /var/mail; grep -c '^dialpost:' /etc/passwd`), [
    'nobody',
    'eddy',
    'keith',
    'root',
    '1',
  ])
})

test('root follows no link that somebody laid into the mailboxes, and takes no folder for one', { skip }, async () => {
  const trap = 'ln -s /etc/passwd /var/mail/eddy; mkdir /var/mail/keith; chmod 644 /etc/passwd\n'
  const said = await lines(`${trap}${parts('20-people')} stat -c '%U %a' /etc/passwd; stat -c %U /var/mail/keith`)
  assert.deepEqual(said, [
    'dialpost: /var/mail/eddy is no mailbox: it is left alone',
    'dialpost: /var/mail/keith is no mailbox: it is left alone',
    'root 644',
    'root',
  ])
})

const password = `printf '%s\\n' 'pass "w\\ord' >/data/settings/dialpost.d/isp; chown 100 /data/settings/dialpost.d/isp\n`

test('pppd gets name and password as words of its own, and nobody else may read them', { skip }, async () => {
  const said = await lines(`${password}${parts('30-ppp')} cd /etc/ppp; cat pap-secrets; cmp pap-secrets chap-secrets
    stat -c '%a %U:%G' chap-secrets peers peers/isp; tail -n 1 peers/isp`)
  assert.deepEqual(said, [
    '"sho\\"f\\\\ar" * "pass \\"w\\\\ord" *',
    '600 root:root',
    '2750 root:dip',
    '640 root:dip',
    'user "sho\\"f\\\\ar"',
  ])
  assert.deepEqual(await lines(`${password}${parts('30-ppp', '30-ppp')} grep -c '^user ' /etc/ppp/peers/isp`), ['1'])
})

test('root reads no password file that the daemon could not read', { skip }, async () => {
  const trap = 'echo secret >/root.only; chmod 600 /root.only; ln -s /root.only /data/settings/dialpost.d/isp\n'
  const said = await lines(`${trap}${parts('30-ppp')} grep -c secret /etc/ppp/pap-secrets || :`)
  assert.deepEqual(said, ["dialpost: the ISP's password cannot be read: ISP_PASSWORD_FILE=dialpost.d/isp", '0'])
})

test('the LAN has its address; one that is there already is left alone, and another one goes', { skip }, async () => {
  const shown = "ip -4 -o address show dev eth0 | awk '{ print $4, $6, $9 }'"
  const other = 'ip address add 10.0.0.1/8 dev eth0\n'
  assert.deepEqual(await lines(`${other}${parts('40-lan')}${shown}`), ['192.168.1.1/24 192.168.1.255 eth0\\'])
  const marked = 'ip address add 192.168.1.1/24 broadcast + dev eth0 label eth0:old\n'
  assert.deepEqual(await lines(`${marked}${parts('40-lan')}${shown}`), ['192.168.1.1/24 192.168.1.255 eth0:old\\'])
})
