/** The hub, in the near namespace: one program, or two at once, that send and collect. A process of its own, steered over IPC: `prepared`, then on `run` it works, then `done`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CorpusName, corpus } from './corpus.ts'
import { dialpost } from './drivers/dialpost.ts'
import type { StartDriver } from './drivers/driver.ts'
import { fetchmail } from './drivers/fetchmail.ts'
import { mpop } from './drivers/mpop.ts'
import { postfix } from './drivers/postfix.ts'
import { sendmail } from './drivers/sendmail.ts'
import { type Isp, outwardSeed } from './far.ts'

export type DriverName = 'dialpost' | 'fetchmail' | 'mpop' | 'postfix' | 'sendmail'

const drivers: Readonly<Record<DriverName, StartDriver>> = { dialpost, fetchmail, mpop, postfix, sendmail }

export type NearOptions = {
  readonly drivers: readonly DriverName[]
  readonly out: { readonly corpus: CorpusName; readonly share: number } | undefined
  readonly waiting: number
  readonly protocol: 'pop3' | 'imap'
  readonly tls: boolean
  readonly settings: string
  readonly isp: Isp
  /** Where what was collected is laid. */
  readonly collected: string
}

export async function runNear({ collected, ...options }: NearOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-line-'))
  const out = options.out ? corpus(options.out.corpus, outwardSeed, options.out.share) : []
  const started = options.drivers.map((name) => {
    const own = join(folder, name)
    mkdirSync(own, { mode: 0o755 })
    return drivers[name]({ ...options, out, folder: own })
  })
  const together = <Result>(work: (driver: ReturnType<StartDriver>) => Promise<Result>): Promise<Result[]> => Promise.all(started.map(work))
  try {
    await together((driver) => driver.prepare())
    process.send?.('prepared')
    await new Promise((resolve) => process.once('message', resolve))
    await together((driver) => driver.run())
    const letters = (await together((driver) => driver.arrived())).flat()
    for (const [at, octets] of letters.entries()) writeFileSync(join(collected, `${at}`), octets)
    process.send?.('done')
  } finally {
    await together((driver) => driver.stop())
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

if (import.meta.main) {
  process.on('disconnect', () => process.exit(1))
  await runNear(JSON.parse(process.argv[2] ?? '') as NearOptions)
  process.exit()
}
