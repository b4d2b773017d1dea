/** A computer on which settings could hold: passwords, people, aliases and certificates are there. What the real reader has against them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Config } from '../../src/config/config.ts'
import { draftOf, formatMistake, readConfig } from '../../src/config/read.ts'

export function mistakesIn(toml: string): readonly string[] {
  const root = mkdtempSync(join(tmpdir(), 'dialpost-import-'))
  const put = (path: string, text: string, mode = 0o644): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text, { mode })
  }
  try {
    const draft = draftOf(toml)
    put('/etc/passwd', 'root:x:0:0::/root:/bin/sh\neddy:x:1000:1000::/home/eddy:/bin/sh\nkeith:x:1001:1001::/home/keith:/bin/sh\n')
    for (const path of ['/etc/aliases', ...draft.aliases]) put(path, '')
    put(draft.aliases[0] ?? '/etc/aliases', namesIn(draft).join('\n'))
    for (const { password_file: path } of draft.mailbox) if (path !== undefined) put(path, 'walls\n', 0o600)
    for (const path of Object.values(draft.accept.tls ?? {})) put(path, '-----BEGIN X-----\n', 0o600)
    put('/etc/dialpost.toml', toml)
    const read = readConfig(join(root, '/etc/dialpost.toml'), { root, machine: { hostname: 'moriah.shire.lan' } })
    return 'config' in read ? [] : read.mistakes.map((mistake) => formatMistake({ ...mistake, file: '' }))
  } finally {
    rmSync(root, { recursive: true })
  }
}

/** An alias for everybody who is named. */
function namesIn({ mailbox, postmaster }: Config): readonly string[] {
  const named = [postmaster, ...mailbox.flatMap(({ deliver_to, multidrop }) => [deliver_to, ...(multidrop?.users.values() ?? [])])]
  const others = new Set(
    named.filter((name) => name !== undefined && !['root', 'eddy', 'keith', '*'].includes(name) && !name.includes('@')),
  )
  return [...others].map((name) => `${name}: root`)
}
