/** rootfs's apply.d/80-readers with Debian's Dovecot, as an image with PACKAGES=dovecot has it: the LAN reads its mailboxes by POP3 and IMAP. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { wordOf } from '../../src/setup/readers.ts'
import { onDevice, skip as noDevice } from './device.ts'

const skip =
  noDevice ||
  (!existsSync(join(import.meta.dirname, '../../.cache/peers/dovecot/.stamp')) &&
    'dovecot not in .cache/peers; scripts/peers fetches what Debian has')

const bySetup = `'${wordOf('sesame')}'`
const byDoveadm = '$(doveadm pw -s SHA512-CRYPT -p sesame)'

const box = 'LAN_ADDRESS=192.168.1.1/24\nPEOPLE=eddy:1001 keith:1002\n'

/** Eddy has two letters, and a password kept as that word of the shell; says what a client that has typed all of it at once is told. */
const served = (word: string, port: number, ...typed: readonly string[]): string => `
ip link set lo up
for part in 20-people 80-readers; do /usr/lib/dialpost/apply.d/$part; done
for name in first second; do
	printf 'From linda@far.example Wed Nov 25 12:00:00 2026\\nFrom: linda@far.example\\nSubject: %s\\n\\nHere.\\n\\n' $name
done >/var/mail/eddy
word=${word}
echo "eddy:$word" >/data/settings/dialpost.d/readers
/usr/lib/dialpost/apply.d/80-readers
grep -c 'service dovecot' /etc/inittab
/usr/lib/dialpost/service dovecot &
until grep -q "^ *[0-9]*: 00000000:$(printf %04X ${port}) " /proc/net/tcp; do usleep 100000; done
(printf '${typed.join('\\r\\n')}\\r\\n'; sleep 2) | nc 127.0.0.1 ${port} | tr -d '\\r'
stat -c '%U:%G %a' /var/mail/eddy
grep '^Subject' /var/mail/eddy || echo empty
find /home/eddy -type f
kill $!
wait
`

test('a letter is read and deleted by POP3, and the mailbox stays its owner’s', { skip }, async () => {
  const { out, err } = await onDevice(served(bySetup, 110, 'USER eddy', 'PASS sesame', 'RETR 1', 'DELE 1', 'QUIT'), {
    box,
    also: 'dovecot',
  })
  assert.match(out, /^1\n\+OK[^]*\nSubject: first\n[^]*Here\.\n[^]*\+OK Logging out/, err)
  assert.match(out, /\neddy:mail 660\nSubject: second\n$/)
})

test('a letter is read by IMAP', { skip }, async () => {
  const { out, err } = await onDevice(served(byDoveadm, 143, 'a LOGIN eddy sesame', 'b SELECT INBOX', 'c FETCH 2 BODY[TEXT]', 'd LOGOUT'), {
    box,
    also: 'dovecot',
  })
  assert.match(out, /\* 2 EXISTS[^]*\nHere\.\n[^]*c OK Fetch[^]*d OK Logout/, err)
  assert.match(out, /Subject: first\nSubject: second\n$/)
})

test('a wrong password is refused', { skip }, async () => {
  const { out, err } = await onDevice(served(bySetup, 110, 'USER eddy', 'PASS wrong', 'STAT'), { box, also: 'dovecot' })
  assert.match(out, /^1\n\+OK[^\n]*\n\+OK\n-ERR \[AUTH\]/, out + err)
  assert.doesNotMatch(out, /\+OK \d/)
})

test('without a password for anybody there is no server', { skip }, async () => {
  const { out } = await onDevice('/usr/lib/dialpost/apply.d/80-readers; grep -c dovecot /etc/inittab || :', { box, also: 'dovecot' })
  assert.equal(out, '0\n')
})
