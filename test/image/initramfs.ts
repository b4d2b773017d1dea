/**
 * What a machine of test/image starts with: busybox, the kernel's modules that it needs and a first program, packed in RAM from the tree
 * .cache/peers/guest. It lays a writable layer over its own tree, which it sees through QEMU, and goes on there.
 */
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { modulesInOrder } from '../../scripts/firmware/modules.ts'
import { file, folder, pack, program } from '../../scripts/firmware/newc.ts'
import { tree } from './emulator.ts'

/** Which tree a machine is made of, and what its kernel must know. */
export type Role = keyof typeof wanted

/** Drivers of QEMU's PC, and the shared folders. */
const basic = ['virtio_pci', '9pnet_virtio', '9p', 'overlay', 'virtio_console']

/** ppp with all that it can compress with, and queue disciplines; a card, and NFS. */
const wanted: Readonly<Record<'guest' | 'client', readonly string[]>> = {
  guest: ['ppp_async', 'ppp_deflate', 'bsd_comp', 'veth', 'sch_prio', 'sch_tbf', 'sch_htb', 'cls_u32'],
  client: ['virtio_net', 'nfsv3', 'nfsv4'],
}

const first = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
while read -r module; do insmod "/modules/$module"; done </modules/order
share() { mount -t 9p -o "trans=virtio,version=9p2000.L,msize=262144,$3" "$1" "$2"; }
mount -t tmpfs -o size=75% layer /layer
mkdir /layer/upper /layer/work
share tree /tree ro,cache=loose
mount -t overlay -o lowerdir=/tree,upperdir=/layer/upper,workdir=/layer/work root /root
cd /root
mkdir -p repo share sys dev/shm dev/pts var/log var/mail var/spool var/lib var/tmp
share repo repo ro,cache=loose
share share share rw,cache=none
for folder in proc sys dev; do mount --move /$folder $folder; done
exec switch_root . /bin/sh /share/start
`

export function initramfs(role: Role): Buffer {
  const modules = modulesInOrder(join(tree('guest'), 'lib/modules'), [...basic, ...wanted[role]])
  return pack([
    ...['bin', 'proc', 'sys', 'dev', 'modules', 'layer', 'tree', 'root'].map(folder),
    program('bin/busybox', readFileSync(join(tree('guest'), 'bin/busybox'))),
    program('init', first),
    ...modules.map((path) => file(`modules/${basename(path)}`, readFileSync(path))),
    file('modules/order', modules.map((path) => `${basename(path)}\n`).join('')),
  ])
}
