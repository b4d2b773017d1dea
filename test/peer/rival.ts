/** Another program at the same mailbox: appends its own letters and deletes some of them until it is told to stop, with its own ways of locking. */
import { once } from 'node:events'
import { copyFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { enter, makeFolder } from './room.ts'

const programs = {
  /** Its lockfile: a dotlock alone. */
  procmail: { interpreter: '/usr/bin/perl', file: 'procmail.pl' },
  /** Its mailbox module: fcntl and a dotlock, rewriting by rename. */
  python: { interpreter: '/usr/bin/python3', file: 'python.py' },
} as const

export type Rival = {
  /** Lets it end its round; resolves with the X-Rival names of those of its letters that must be in the mbox. Rejects when it found the mbox torn or missed a letter. */
  finish(): Promise<readonly string[]>
}

/** As a mail reader it runs with the rights of the mailbox's owner, `1001:8`; default root. */
export async function startRival(kind: keyof typeof programs, mbox: string, owner = '0:0'): Promise<Rival> {
  const { interpreter, file } = programs[kind]
  const folder = await makeFolder()
  await copyFile(join(import.meta.dirname, 'rivals', file), join(folder.path, file))
  const options = { folder: dirname(mbox), mounts: { '/var/rival': folder.path }, hostname: 'herring', owner }
  const room = enter('tools', options, [interpreter, `/var/rival/${file}`, `/mnt/${basename(mbox)}`, '/var/rival/stop'])
  const said = { out: '', err: '' }
  room.process.stdout?.on('data', (chunk) => (said.out += String(chunk)))
  room.process.stderr?.on('data', (chunk) => (said.err += String(chunk)))
  const closed = once(room.process, 'close') as Promise<[number | null]>
  return {
    async finish() {
      await writeFile(join(folder.path, 'stop'), '')
      const [code] = await closed
      await folder.remove()
      if (code !== 0) throw new Error(`${kind} gave up: ${said.err}`)
      return said.out.split('\n').filter(Boolean)
    },
  }
}
