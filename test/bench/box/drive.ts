/**
 * Letters by Postfix's own smtp-source(1): ten sessions, letters of 4 KB. Each has a recipient of its own, whose number tells it
 * from all others. Run on the machine with the libraries of the peers' tree, since making a room would be part of the time.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

export type Drive = {
  readonly port: number
  readonly letters: number
  /** One connection for many letters, not one each. */
  readonly kept: boolean
  readonly to: string
  /** Each letter is for a person of its own: its number stands before the local part. */
  readonly numbered: boolean
  /** A file that is sent, header and body; else smtp-source's own 4096 octets, all X. */
  readonly letter?: string
}

const tree = join(import.meta.dirname, '../../../.cache/peers/postfix')
const libraries = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu', 'usr/lib/postfix'].map((path) => join(tree, path)).join(':')
const program = ['--library-path', libraries, join(tree, 'usr/sbin/smtp-source')]

/** Seconds it took until the last letter was accepted. Rejects if one was not. */
export async function drive({ port, letters, kept, to, numbered, letter }: Drive): Promise<number> {
  const what = letter === undefined ? ['-l', '4096'] : ['-F', letter]
  const words = [
    '-s',
    '10',
    '-m',
    String(letters),
    ...what,
    '-f',
    'frodo@far.example',
    '-t',
    to,
    ...(numbered ? ['-N'] : []),
    ...(kept ? ['-d'] : []),
  ]
  const began = performance.now()
  const child = spawn(join(tree, 'lib64/ld-linux-x86-64.so.2'), [...program, ...words, `127.0.0.1:${port}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (octets) => (said += String(octets)))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`smtp-source ended with ${code}: ${said}`)
  return (performance.now() - began) / 1000
}

/** The letters of a queue that is a folder of files: those whose name fits are read for their recipients. */
export async function numbersIn(folder: string, isEntry: RegExp, whom: string): Promise<readonly number[]> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const entries = files.filter((file) => file.isFile() && isEntry.test(join(file.parentPath, file.name)))
  const texts = await Promise.all(entries.map((file) => readFile(join(file.parentPath, file.name), 'latin1').catch(() => '')))
  return texts.flatMap((text) => numberOf(text, whom) ?? [])
}

/** The number of that person's letter that this text is about, if it is. */
export function numberOf(text: string, whom: string): number | undefined {
  const found = new RegExp(`(\\d+)${whom}@far\\.example`, 'i').exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}
