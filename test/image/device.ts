/**
 * A machine as the device has it: `rootfs/` laid over its files, the daemon's own user with its groups, and the owner and mode of each thing
 * that it needs. Nothing that the daemon does here may need root.
 */

/** Of the daemon's user. */
export const dialpost = { uid: 100, gid: 100 } as const

/** Runs the rest of a line of sh with the daemon's rights. */
export const asDialpost = '/usr/lib/dialpost/as-dialpost'

/** A script of sh, run once as root. Debian's tree of files knows the groups of a device by their numbers alone. */
export const asOnTheDevice: string = `
set -e
echo "127.0.0.1 localhost" >/etc/hosts
cp -a /repo/rootfs/. /
chmod 755 /etc/ppp/ip-up /etc/ppp/ip-down ${asDialpost}
echo "dialpost:x:${dialpost.uid}:${dialpost.gid}::/var/spool/dialpost:/bin/false" >>/etc/passwd
printf '%s\\n' dialpost:x:${dialpost.gid}: dialout:x:20:dialpost dip:x:30:dialpost >>/etc/group
chmod 2750 /etc/ppp/peers && chown -R root:dip /etc/ppp/peers && chmod 640 /etc/ppp/peers/*
chown root:dialout /dev/ttyS1 /run/lock && chmod 660 /dev/ttyS1 && chmod 775 /run/lock
mkdir -p /etc/dialpost.d /var/spool/dialpost /run/dialpost /var/mail
chown dialpost:dialpost /etc/dialpost.d /var/spool/dialpost /run/dialpost
chmod 700 /etc/dialpost.d /var/spool/dialpost && chmod 750 /run/dialpost
chown root:mail /var/mail && chmod 2775 /var/mail
: >/var/mail/root && chmod 660 /var/mail/root
[ "$(stat -c %U:%G:%a /var/mail/root)" = root:mail:660 ]
`
