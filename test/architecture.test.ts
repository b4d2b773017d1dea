/** The rules of the drawing, asserted over the import statements of src/ (design.md, "Rules that a test asserts"). */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

const source = join(import.meta.dirname, '..', 'src')

type Import = { from: string; to: string; value: boolean; local: boolean }

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const imports = files.flatMap(importsOf)

const doors = ['accept', 'collect', 'send', 'deliver']
const mailFolders = ['mail', 'route', 'queue', 'bounce', ...doors]

/** Files that touch the world. Everything else is pure or gets the world handed in. */
const adapters = new Set([
  'addon.ts',
  'box.ts',
  'clock.ts',
  'libc.ts',
  'resolver.ts',
  'accept/esmtp.ts',
  'collect/imap.ts',
  'collect/pop3.ts',
  'collect/headers.ts',
  'collect/socket.ts',
  'config/accounts.ts',
  'config/equipment.ts',
  'config/files.ts',
  'config/read.ts',
  'console/control.ts',
  'console/serial.ts',
  'console/tty.ts',
  'demo/client.ts',
  'demo/modem.ts',
  'demo/pop3d.ts',
  'demo/stage.ts',
  'deliver/dotlock.ts',
  'deliver/files.ts',
  'deliver/lmtp.ts',
  'deliver/lock.ts',
  'deliver/maildir.ts',
  'deliver/mbox-file.ts',
  'deliver/mbox.ts',
  'deliver/plain-file.ts',
  'deliver/program.ts',
  'import/disk.ts',
  'link/chat.ts',
  'link/hayes.ts',
  'link/hook.ts',
  'link/pppd.ts',
  'link/lock-file.ts',
  'link/serial.ts',
  'link/sim-pin.ts',
  'memory.ts',
  'pace.ts',
  'setup/disk.ts',
  'setup/terminal.ts',
  'rights.ts',
  'traffic.ts',
  'log/pino.ts',
  'log/syslog.ts',
  'queue/disk.ts',
  'queue/sqlite.ts',
  'queue/wal.ts',
  'send/outflow.ts',
  'send/socket.ts',
  'time/datagram.ts',
  'tls.ts',
  'update/run-box.ts',
  'update/slot-device.ts',
  'update/web-file.ts',
  'sendmail/client.ts',
  'sendmail/dead-letter.ts',
])

/** Those that put everything together: the daemon, its telephone line, its time, its settings, its operators, and the subcommands around it. */
const wiring = new Set([
  'main.ts',
  'daemon.ts',
  'local-delivery.ts',
  'maildrops.ts',
  'operators.ts',
  'settings-folder.ts',
  'smarthosts.ts',
  'telephone.ts',
  'timekeeper.ts',
])

/** Adapters of one technology may be cut into files; a part may use its own technology's adapters. */
const worldly = /^node:(fs|net|tls|dns|dgram|child_process|http|https|timers|ffi|worker_threads|cluster)(\/.*)?$/
const worldlyGlobals = /\b(setTimeout|setInterval|Date\.now|new Date\(\)|process\.env|performance\.now)\b/

test('every source file is read', () => {
  assert.ok(files.length > 20)
  assert.ok(imports.length > 20)
})

test('imports have no cycle', () => {
  const state = new Map<string, 'open' | 'done'>()
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'done') return
    assert.notEqual(state.get(file), 'open', `cycle: ${[...path, file].join(' → ')}`)
    state.set(file, 'open')
    for (const { to } of imports.filter((one) => one.from === file && one.local)) visit(to, [...path, file])
    state.set(file, 'done')
  }
  for (const file of files) visit(file, [])
})

test('a door never imports another door', () => {
  none(({ from, to }) => doors.includes(folder(from)) && doors.includes(folder(to)) && folder(from) !== folder(to))
})

test('link and the mail folders never import each other', () => {
  none(({ from, to }) => folder(from) === 'link' && mailFolders.includes(folder(to)))
  none(({ from, to }) => mailFolders.includes(folder(from)) && folder(to) === 'link')
})

test('each npm package is imported by exactly one file', () => {
  const importers = new Map<string, Set<string>>()
  for (const { from, to } of imports.filter((one) => !one.local && !one.to.startsWith('node:'))) {
    const name = to.startsWith('@') ? to.split('/').slice(0, 2).join('/') : (to.split('/')[0] ?? to)
    importers.set(name, (importers.get(name) ?? new Set()).add(from))
  }
  assert.deepEqual(
    [...importers].filter(([, from]) => from.size > 1).map(([name, from]) => `${name}: ${[...from].join(', ')}`),
    [],
  )
})

test('only adapters and what wires them touch files, sockets, names, processes and timers', () => {
  none(({ from, to, value }) => value && worldly.test(to) && !adapters.has(from) && !wiring.has(from))
  const offenders = files.filter((file) => !adapters.has(file) && !wiring.has(file) && worldlyGlobals.test(withoutComments(file)))
  assert.deepEqual(offenders, [])
})

test('adapters are imported as values by those that put everything together alone, or by another part of the same adapter', () => {
  none(({ from, to, value }) => value && adapters.has(to) && !wiring.has(from) && !adapters.has(from))
})

test('every adapter in the list exists', () => {
  assert.deepEqual(
    [...adapters].filter((file) => !files.includes(file)),
    [],
  )
})

test('mail and route import no node: module at all', () => {
  none(({ from, to }) => ['mail', 'route'].includes(folder(from)) && to.startsWith('node:'))
})

function none(broken: (one: Import) => boolean): void {
  assert.deepEqual(
    imports.filter(broken).map(({ from, to }) => `${from} imports ${to}`),
    [],
  )
}

function folder(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : ''
}

function importsOf(file: string): Import[] {
  const text = withoutComments(file)
  const statements = [...text.matchAll(/(?:^|\n)\s*(?:import|export)\s+(type\s+)?([^'"()]*?\sfrom\s+)?['"]([^'"]+)['"]/g)]
  const dynamic = [...text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)]
  return [
    ...statements.map(([, type, names, to]) => toImport(file, to ?? '', type === undefined && !onlyTypes(names))),
    ...dynamic.map(([, to]) => toImport(file, to ?? '', true)),
  ]
}

/** `import { type A, type B } from` is erased too. */
function onlyTypes(names: string | undefined): boolean {
  const inside = /^\{(.*)\}\s+from\s+$/s.exec(names?.trimStart() ?? '')?.[1]
  return inside?.split(',').every((name) => name.trim() === '' || name.trim().startsWith('type ')) ?? false
}

function toImport(from: string, to: string, value: boolean): Import {
  const local = to.startsWith('.')
  return { from, to: local ? normalize(join(dirname(from), to)) : to, value, local }
}

function withoutComments(file: string): string {
  return readFileSync(join(source, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '$1')
}
