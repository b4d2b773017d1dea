/**
 * The ISP's servers, inside the far machine: real Postfix, real Dovecot, and a name server that knows where they are.
 *   node provider.ts FOLDER
 * Writes the ports to FOLDER/ports as JSON, then each letter that the smarthost took to FOLDER/letters/N as it comes. Lines in the FIFO /run/box:
 *   CORPUS SHARE SEED     lays such letters into the box, after which there is FOLDER/laid-SEED
 *   put USER FILE         lays the letter FOLDER/FILE into USER's box, after which there is FOLDER/laid-FILE
 *   left USER FILE        writes to FOLDER/FILE how many letters lie in USER's box
 */
import { execFileSync } from 'node:child_process'
import { createReadStream, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { startDovecot } from '../peer/dovecot.ts'
import { startPostfix } from '../peer/postfix.ts'
import { box, type Isp } from '../bench/line/far.ts'
import { corpus, type CorpusName } from '../bench/line/corpus.ts'
import { addresses } from './addresses.ts'
import { startNameServer } from './name-server.ts'
import { work } from './people.ts'

const [folder = ''] = process.argv.slice(2)
const dovecot = await startDovecot({ users: { [box.user]: box.password, [work.user]: work.password }, listen: '*' })
const postfix = await startPostfix({ network: '10.0.0.0/8' })
await startNameServer(addresses.world)
execFileSync('mkfifo', ['/run/box'])
void obey('/run/box')
mkdirSync(join(folder, 'letters'), { recursive: true })
const ports: Isp = { smtp: postfix.port, pop3: dovecot.pop3, imap: dovecot.imap }
put('ports', JSON.stringify(ports))
for (let number = 0; ; number++) {
  const letter = (await postfix.sink.received(number + 1, 2 ** 31 - 1))[number]
  if (letter) put(`letters/${number}`, letter.octets)
}

async function obey(fifo: string): Promise<void> {
  // Open for writing too: it does not end with whoever wrote a line.
  for await (const line of createInterface({ input: createReadStream(fifo, { flags: 'r+' }) })) {
    const [name = '', one = '', other = ''] = line.split(' ')
    if (name === 'put') {
      await dovecot.put(one, readFileSync(join(folder, other)))
      put(`laid-${other}`, '')
    } else if (name === 'left') put(other, `${(await dovecot.list(one)).length}`)
    else {
      for (const { octets } of corpus(name as CorpusName, Number(other), Number(one))) await dovecot.put(box.user, octets)
      put(`laid-${other}`, '')
    }
  }
}

/** Whoever sees the file sees all of it. */
function put(path: string, content: string | Uint8Array): void {
  writeFileSync(join(folder, 'new'), content)
  renameSync(join(folder, 'new'), join(folder, path))
}
