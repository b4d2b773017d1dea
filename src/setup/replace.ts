/**
 * One settings folder takes the place of another, all or nothing: it is put together beside it, judged there, and changes places with it in
 * one instant. On flash, at every moment:
 *
 *   FOLDER the former one   FOLDER.new nothing, part or all of the new one    whatever goes wrong, the former one holds
 *   FOLDER the new one      FOLDER.new the former one                         the new one holds
 *   FOLDER the new one      FOLDER.old the former one, without dialpost.d     done
 *
 * What is kept is what somebody may want to look up or put back by hand; former passwords and keys only lie about.
 */
import { dirname, join } from 'node:path'
import type { Folder } from './folder.ts'
import type { Disk } from './disk.ts'

export type Replaced =
  /** Where the former one is, without its dialpost.d, if there was one. */
  { readonly former: string | undefined } | { readonly mistakes: readonly string[] }

/** `judge` names what is wrong with the settings in that folder; throws what the disk throws, the former folder then being what it was. */
export function replaceFolder(folder: string, contents: Folder, disk: Disk, judge: (staged: string) => readonly string[]): Replaced {
  const [staged, former, parent] = [`${folder}.new`, `${folder}.old`, dirname(folder)]
  const present = disk.list(folder)
  disk.remove(staged)
  try {
    build(staged, contents, disk, folder)
    const mistakes = judge(staged)
    if (mistakes.length > 0) {
      disk.remove(staged)
      return { mistakes }
    }
    // From here the new settings hold.
    if (present) disk.exchange(staged, folder)
    else disk.rename(staged, folder)
  } catch (fault) {
    tidy(staged, disk)
    throw fault
  }
  try {
    disk.sync(parent)
    if (!present || present.length === 0) {
      disk.remove(staged)
      return { former: undefined }
    }
    disk.remove(join(staged, 'dialpost.d'))
    disk.remove(former)
    disk.rename(staged, former)
    return { former }
  } catch {
    return { former: present ? staged : undefined }
  }
}

/** dialpost.toml comes last: whoever looks for it finds it in a whole folder only. */
function build(staged: string, contents: Folder, disk: Disk, folder: string): void {
  const owner = disk.owner(folder)
  disk.make(staged, owner)
  disk.make(join(staged, 'dialpost.d'), owner)
  const files = [...contents].sort(([one], [other]) => Number(one === 'dialpost.toml') - Number(other === 'dialpost.toml'))
  for (const [name, kept] of files) disk.write(join(staged, name), kept, owner)
  for (const made of [join(staged, 'dialpost.d'), staged]) disk.sync(made)
}

/** The disk that has just failed may fail again, and what lies there does no harm. */
function tidy(staged: string, disk: Disk): void {
  try {
    disk.remove(staged)
  } catch {
    // The next setup or restore removes it.
  }
}
