/**
 * What a machine of test/image starts with: busybox, the kernel's modules that it needs and a first program, packed in RAM from the tree
 * .cache/peers/guest. It lays a writable layer over that tree, which it sees through QEMU, and goes on there.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Drivers of QEMU's PC, the shared folders, ppp with all that it can compress with, and queue disciplines. */
const wanted = [
  ['virtio_pci', '9pnet_virtio', '9p', 'overlay', 'virtio_console'],
  ['ppp_async', 'ppp_deflate', 'bsd_comp', 'veth'],
  ['sch_prio', 'sch_tbf', 'sch_htb', 'cls_u32'],
].flat()

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

/** The archive, of the kernel's newc format (Documentation/driver-api/early-userspace/buffer-format.rst); gzip or not is all the same to it. */
export function initramfs(tree: string): Buffer {
  const modules = closure(join(tree, 'lib/modules'), wanted)
  const folders = ['bin', 'proc', 'sys', 'dev', 'modules', 'layer', 'tree', 'root']
  return pack([
    ...folders.map((path): Entry => ({ path, mode: 0o040755, content: nothing })),
    { path: 'bin/busybox', mode: 0o100755, content: readFileSync(join(tree, 'bin/busybox')) },
    { path: 'init', mode: 0o100755, content: Buffer.from(first) },
    ...modules.map((path): Entry => ({ path: `modules/${basename(path)}`, mode: 0o100644, content: readFileSync(path) })),
    { path: 'modules/order', mode: 0o100644, content: Buffer.from(modules.map((path) => `${basename(path)}\n`).join('')) },
  ])
}

const nothing = Buffer.alloc(0)

/** Files of these modules and of all they depend on, in an order in which they can be loaded. What is built into the kernel has no file. */
function closure(folder: string, names: readonly string[]): readonly string[] {
  const files = new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ko'))
      .map((path) => [nameOf(path), join(folder, path)]),
  )
  const ordered = new Set<string>()
  const add = (name: string): void => {
    const path = files.get(name)
    if (path === undefined || ordered.has(path)) return
    for (const other of needs(path)) add(other)
    ordered.add(path)
  }
  for (const name of names) add(name)
  return [...ordered]
}

const nameOf = (path: string): string => basename(path, '.ko').replaceAll('-', '_')

function needs(path: string): readonly string[] {
  const depends = /\0depends=([^\0]*)\0/.exec(readFileSync(path, 'latin1'))?.[1] ?? ''
  return depends.split(',').filter(Boolean).map(nameOf)
}

type Entry = { readonly path: string; readonly mode: number; readonly content: Buffer }

function pack(entries: readonly Entry[]): Buffer {
  const all = [...entries, { path: 'TRAILER!!!', mode: 0, content: nothing }]
  return Buffer.concat(
    all.flatMap(({ path, mode, content }, at) => [head(at + 1, mode, content.length, path), content, padding(content.length)]),
  )
}

/** Magic, then 13 numbers of 8 hexadecimal digits, then the name with its NUL. */
function head(inode: number, mode: number, size: number, path: string): Buffer {
  const numbers = [inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, path.length + 1, 0]
  const text = `070701${numbers.map((number) => number.toString(16).padStart(8, '0')).join('')}${path}\0`
  return Buffer.concat([Buffer.from(text), padding(text.length)])
}

const padding = (length: number): Buffer => Buffer.alloc(-length & 3)

/** The only kernel in the tree. */
export function kernel(tree: string): string {
  const name = readdirSync(join(tree, 'boot')).find((file) => file.startsWith('vmlinuz-'))
  if (name === undefined) throw new Error(`${tree}/boot has no kernel`)
  return join(tree, 'boot', name)
}
