/**
 * The ISP, in the far namespace: real Postfix and real Dovecot. A process of its own, steered over IPC: it is told what
 * Postfix shall not offer and what lies in the box, says at which ports it listens, and later gives what came.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startDovecot } from '../../peer/dovecot.ts'
import { startPostfix } from '../../peer/postfix.ts'
import { type CorpusName, corpus } from './corpus.ts'

export type FarOptions = {
  readonly box: { readonly corpus: CorpusName; readonly share: number } | undefined
  /** What Postfix does not offer: `chunking`. */
  readonly without: readonly string[]
}

export type Isp = { readonly smtp: number; readonly pop3: number; readonly imap: number }

export const box = { user: 'shofar', password: 'walls' } as const

/** `received N FOLDER`: when N letters are here, or no more come, they are laid into the folder. */
export type FarOrder = { readonly received: number; readonly folder: string }

export async function runFar(options: FarOptions): Promise<void> {
  const dovecot = await startDovecot({ users: { [box.user]: box.password }, listen: '*', settings: compression })
  const postfix = await startPostfix({ without: options.without, network: '10.77.0.0/24' })
  const letters = options.box ? corpus(options.box.corpus, inwardSeed, options.box.share) : []
  for (const { octets } of letters) await dovecot.put(box.user, octets)
  process.on('message', ({ received, folder }: FarOrder) => void give(received, folder))
  process.on('disconnect', () => void Promise.all([dovecot.stop(), postfix.stop()]).then(() => process.exit()))
  const ports: Isp = { smtp: postfix.port, pop3: dovecot.pop3, imap: dovecot.imap }
  process.send?.(ports)

  async function give(count: number, folder: string): Promise<void> {
    await postfix.sink.received(count).catch(() => {})
    for (const [at, { octets }] of postfix.sink.letters.entries()) writeFileSync(join(folder, `${at}`), octets)
    process.send?.({ left: (await dovecot.list(box.user)).length })
  }
}

export const outwardSeed = 1
export const inwardSeed = 2

const compression = `
protocol imap {
  mail_plugins = imap_zlib
}
`

if (import.meta.main) await runFar(JSON.parse(process.argv[2] ?? '') as FarOptions)
