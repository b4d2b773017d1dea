/** ~/dead.letter, where sendmail leaves what nobody will take: an mbox, the user's own, and bounded, for programs go on and on. */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fromLine } from '../deliver/from-line.ts'
import { bareLines, chained, quoting } from '../deliver/mboxrd.ts'
import type { ReversePath } from '../mail/address.ts'

/** Octets at which nothing more is added. */
const full = 1024 * 1024

/** Where the letter is now; undefined if it could not be saved. Follows no link, and waits for nobody. */
export async function bury(
  letter: AsyncIterable<Uint8Array>,
  {
    from,
    at,
    home = homedir(),
  }: { readonly from: ReversePath /** Wall clock, milliseconds. */; readonly at: number; readonly home?: string },
): Promise<string | undefined> {
  const path = join(home, 'dead.letter')
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK
  try {
    await using file = await open(path, flags, 0o600)
    const facts = await file.stat()
    if (!facts.isFile() || facts.size >= full) return undefined
    const mbox = chained(bareLines(), quoting())
    await file.appendFile(fromLine(from, at))
    for await (const octets of letter) await file.appendFile(mbox.push(octets))
    await file.appendFile(mbox.end())
    await file.appendFile('\n')
    return path
  } catch {
    return undefined
  }
}
