/** What cannot be meant: the path at which it stands, and what to write instead. */
import { show } from './kinds.ts'
import type { Path } from './positions.ts'

export type Finding = {
  readonly path: Path
  readonly message: string
  /** Something is not there, which a broken line may have said. */
  readonly missing?: true
}

export function when(wrong: boolean, path: Path, message: string): readonly Finding[] {
  return wrong ? [{ path, message }] : []
}

/** What two of a list have in common and should not; %s in the message, which is put behind the setting's name, stands for it. */
export function twice(names: readonly { readonly name: string; readonly path: Path }[], message: string): readonly Finding[] {
  return names.flatMap(({ name, path }, index) => {
    const earlier = names.slice(0, index).some((other) => other.name === name)
    return when(earlier, path, `${settingAt(path)}: ${message.replace('%s', () => show(name))}`)
  })
}

/** `isp.mailbox.port`: the setting's name, as in `dialpost settings`. */
export function settingAt(path: Path): string {
  return path.filter((part) => typeof part === 'string').join('.')
}
