/** The settings folder as data: its files by their names, of which those in dialpost.d have a folder in front. Pure. */

export type Kept = { readonly mode: number; readonly octets: Uint8Array }

export type Folder = ReadonlyMap<string, Kept>

/** What a file of it may be called: nothing that leads elsewhere, nothing hidden. */
export function isName(name: string): boolean {
  return /^(?:dialpost\.d\/)?[A-Za-z0-9_][\w.+@~-]{0,99}$/.test(name) && name !== 'dialpost.d'
}

/** Passwords and keys: what lies in dialpost.d and its owner alone may read. */
export function isSecret(name: string, { mode }: Kept): boolean {
  return name.startsWith('dialpost.d/') && (mode & 0o077) === 0
}

export function textOf(folder: Folder, name: string): string | undefined {
  const file = folder.get(name)
  return file && Buffer.from(file.octets).toString('utf8')
}
