/**
 * The ISP's servers, inside the far machine: real Postfix and real Dovecot, with a corpus in the box.
 *   node provider.ts CORPUS SHARE FOLDER
 * Writes the ports to FOLDER/ports as JSON, then each letter that the smarthost took to FOLDER/letters/N as it comes.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startDovecot } from '../peer/dovecot.ts'
import { startPostfix } from '../peer/postfix.ts'
import { box, inwardSeed, type Isp } from '../bench/line/far.ts'
import { corpus, type CorpusName } from '../bench/line/corpus.ts'

const [name = '', share = '', folder = ''] = process.argv.slice(2)
const dovecot = await startDovecot({ users: { [box.user]: box.password }, listen: '*' })
const postfix = await startPostfix({ network: '10.0.0.0/8' })
for (const { octets } of corpus(name as CorpusName, inwardSeed, Number(share))) await dovecot.put(box.user, octets)
mkdirSync(join(folder, 'letters'), { recursive: true })
const ports: Isp = { smtp: postfix.port, pop3: dovecot.pop3, imap: dovecot.imap }
put('ports', JSON.stringify(ports))
for (let number = 0; ; number++) {
  const letter = (await postfix.sink.received(number + 1, 2 ** 31 - 1))[number]
  if (letter) put(`letters/${number}`, letter.octets)
}

/** Whoever sees the file sees all of it. */
function put(path: string, content: string | Uint8Array): void {
  writeFileSync(join(folder, 'new'), content)
  renameSync(join(folder, 'new'), join(folder, path))
}
