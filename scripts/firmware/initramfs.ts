/**
 * What Debian's kernel is given to start with: busybox, the modules that a board lists, and a first program that loads them and goes on in the
 * root file system. After that this kernel has what a built one has, and nothing is left to be loaded later.
 *   node initramfs.ts BOARD KERNEL BUSYBOX        KERNEL: where linux-image is unpacked; prints it, not packed
 */
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { modulesInOrder } from './modules.ts'
import { file, folder, pack, program } from './newc.ts'

const [board = '', kernel = '', busybox = ''] = process.argv.slice(2)
const lists = ['board/kernel.modules', join('board', board, 'kernel.modules')].filter((path) => existsSync(path))
const names = lists.flatMap((path) => readFileSync(path, 'utf8').replaceAll(/#.*/g, '').split(/\s+/).filter(Boolean))
const modules = modulesInOrder(join(kernel, 'lib/modules'), names)
process.stdout.write(
  pack([
    ...['bin', 'proc', 'sys', 'dev', 'modules', 'root'].map(folder),
    program('bin/busybox', readFileSync(busybox)),
    program('init', readFileSync(join(import.meta.dirname, 'init'))),
    file('partitions', readFileSync('rootfs/usr/lib/dialpost/partitions')),
    ...modules.map((path) => file(`modules/${basename(path)}`, readFileSync(path))),
    file('modules/order', modules.map((path) => `${basename(path)}\n`).join('')),
  ]),
)
