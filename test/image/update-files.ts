/** Update files as a builder makes them of what scripts/image has built: good ones, ones of a stranger, ones that hold nothing that boots. */
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { filled, type Header, newKeys, seal } from '../../src/update/package.ts'
import { update } from './flash.ts'

export type UpdateName = 'good' | 'foreign' | 'rootless' | 'kernelless' | 'daemonless'

/** None says the version that runs, so that nothing is asked. */
export const nextVersion = '99.0'

export function updateFile(name: UpdateName): Buffer {
  const { header, payload } = built()
  const kernel = payload.subarray(filled(header.root))
  const nonsense = randomBytes(8192)
  switch (name) {
    case 'good':
      return sealed(header, payload, builder())
    case 'foreign':
      return sealed(header, payload, newKeys().privateKey)
    case 'rootless':
      return sealed(...joined(header, nonsense, kernel), builder())
    case 'kernelless':
      return sealed({ board: header.board, version: header.version, root: 4096, kernel: 4096, sha256: '' }, nonsense, builder())
    case 'daemonless':
      return sealed(...joined(header, withoutDaemon(payload.subarray(0, header.root)), kernel), builder())
  }
}

/** The same system, but that its daemon ends as soon as it is started. */
function withoutDaemon(root: Buffer): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-root-'))
  const [from, to, tree] = [join(folder, 'from'), join(folder, 'to'), join(folder, 'tree')]
  try {
    writeFileSync(from, root)
    execFileSync('unsquashfs', ['-quiet', '-no-progress', '-dest', tree, '-excludes', from, 'usr/lib/dialpost/dialpost'])
    writeFileSync(join(tree, 'usr/lib/dialpost/dialpost'), '#!/bin/sh\necho "This one wants other settings." >&2\nexit 78\n', {
      mode: 0o755,
    })
    execFileSync('mksquashfs', [tree, to, '-quiet', '-no-progress', '-comp', 'zstd', '-Xcompression-level', '1', '-b', '16K'])
    return readFileSync(to)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function joined(header: Header, root: Buffer, kernel: Buffer): [Header, Buffer] {
  return [{ ...header, root: root.length }, Buffer.concat([root, Buffer.alloc(filled(root.length) - root.length), kernel])]
}

/** What a slot holds after the good one. */
export const goodPayload = (): Buffer => built().payload

/** What scripts/image has built. */
export function built(): { readonly header: Header; readonly payload: Buffer } {
  const file = update()
  const first = file.indexOf('\n')
  const header = JSON.parse(file.toString('utf8', 0, first)) as Header
  return { header, payload: file.subarray(file.indexOf('\n', first + 1) + 1) }
}

function sealed(header: Header, payload: Buffer, privateKey: string): Buffer {
  const sha256 = createHash('sha256').update(payload).digest('hex')
  return Buffer.concat([seal({ ...header, version: nextVersion, sha256 }, privateKey), payload])
}

const { UPDATE_KEY, DIALPOST_CACHE, XDG_CACHE_HOME = join(homedir(), '.cache') } = process.env

/** Where scripts/image keeps what is fetched and built once. */
export const cache: string = DIALPOST_CACHE ?? join(XDG_CACHE_HOME, 'dialpost')

/** The key that it has signed with. */
const builder = (): string => readFileSync(UPDATE_KEY ?? join(cache, 'update.key'), 'utf8')
