/** The LAN's clients: people's mail programs, each one run of the real program to its end. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { stuffed } from './client.ts'
import { makeFolder, run, type Ended, type RoomOptions } from './room.ts'

/**
 * Sends one letter, or talks as the arguments say (swaks(1)). Exit code 0: all was accepted; 24: a recipient or 26: the content
 * was refused; 28: AUTH failed; 29: no TLS.
 */
export async function swaks(port: number, args: readonly string[], letter?: Uint8Array): Promise<Ended> {
  const folder = await makeFolder()
  try {
    // swaks adds the CRLF behind the dot.
    if (letter) await writeFile(join(folder.path, 'letter'), stuffed(letter).subarray(0, -2))
    const data = letter ? ['--data', '@/mnt/letter', '--no-data-fixup'] : []
    const options = { folder: folder.path, hostname: 'herring' }
    return await run('tools', options, ['/usr/bin/swaks', '--server', '127.0.0.1', '--port', `${port}`, ...data, ...args])
  } finally {
    await folder.remove()
  }
}

/**
 * The letters mutt finds in a mailbox, as it would pipe each to a program: LF line ends, mbox quoting left as it is. The mailbox is an mbox's
 * path or, with user and password in it, the URL of one at a server that does not offer TLS: `imap://eddy:sesame@127.0.0.1:143/`, `pop://…`.
 */
export async function readWithMutt(mailbox: string): Promise<readonly Buffer[]> {
  const folder = await makeFolder()
  try {
    await mkdir(join(folder.path, 'letters'))
    await writeFile(join(folder.path, 'save'), '#!/bin/sh\ncat >/var/mutt/letters/$(printf %06d $(ls /var/mutt/letters | wc -l))\n', {
      mode: 0o755,
    })
    await mutt(mailbox, folder.path, '<tag-pattern>~A<enter><tag-prefix><pipe-message>/var/mutt/save<enter><exit>')
    const names = (await readdir(join(folder.path, 'letters'))).sort()
    return await Promise.all(names.map((name) => readFile(join(folder.path, 'letters', name))))
  } finally {
    await folder.remove()
  }
}

/**
 * Deletes from a mailbox, named as for `readWithMutt`, what matches a pattern of mutt's (`~s subject`), with mutt's own locks on an mbox. False
 * if mutt did not get them in its own five seconds and stood asking whether to take them by force.
 */
export async function deleteWithMutt(mailbox: string, pattern: string): Promise<boolean> {
  const folder = await makeFolder()
  try {
    return await mutt(mailbox, folder.path, `<delete-pattern>${pattern}<enter><sync-mailbox><exit>`)
  } finally {
    await folder.remove()
  }
}

/** One line a letter: number, sender, date, size and subject, as `mail -H` prints it. */
export async function listWithMail(mbox: string): Promise<readonly string[]> {
  const { code, out, err } = await run('tools', beside(mbox), ['/usr/bin/s-nail', '-:/', '-R', '-H', '-f', `/mnt/${basename(mbox)}`])
  if (code !== 0) throw new Error(`mail could not read ${mbox}:\n${err}`)
  return out.toString('utf8').split('\n').filter(Boolean)
}

/** Takes procmail's lock on a file, or does not get it: the exit code is lockfile's. The lock stays. */
export async function lockfile(lock: string, args: readonly string[] = ['-r', '0']): Promise<Ended> {
  return run('tools', beside(lock), ['/usr/bin/lockfile', ...args, `/mnt/${basename(lock)}`])
}

/** A muttrc for one who types everything beforehand. */
export const muttSettings = `set pipe_split=yes pipe_decode=no wait_key=no quit=yes move=no delete=yes mark_old=no confirmappend=no sleep_time=0
set header_cache="" message_cachedir="" folder=/mnt alias_file=/dev/null tmpdir=/tmp charset=utf-8 auto_tag=no check_new=no
set ssl_starttls=no ssl_force_tls=no
`

/** mutt needs a terminal: script(1) is one. False if it was still there after a minute. */
async function mutt(mailbox: string, folder: string, keys: string): Promise<boolean> {
  await writeFile(join(folder, 'muttrc'), `${muttSettings}push "${keys}"\n`)
  const atServer = mailbox.includes('://')
  const options = { ...beside(atServer ? join(folder, 'none') : mailbox), mounts: { '/var/mutt': folder } }
  const name = atServer ? mailbox : `/mnt/${basename(mailbox)}`
  const ended = await run('tools', options, [
    '/usr/bin/timeout',
    '60',
    '/usr/bin/script',
    '-qec',
    `mutt -n -F /var/mutt/muttrc -f ${name}`,
    '/dev/null',
  ])
  if (ended.code === 124) return false
  if (ended.code !== 0) throw new Error(`mutt ended with ${ended.code}:\n${ended.out.toString('utf8')}${ended.err}`)
  return true
}

function beside(file: string): RoomOptions {
  return { folder: dirname(file), hostname: 'herring' }
}
