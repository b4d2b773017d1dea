/** passwd(5): the system's accounts, one a line. */

export type Account = {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly shell: string
}

/** Accounts in the order of the file; lines that are none are passed over, as getpwent(3) does. */
export function parsePasswd(text: string): readonly Account[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = '', , home = '', shell = ''] = line.split(':')
    return /^[^#+-]/.test(name) && /^\d+$/.test(uid) && /^\d+$/.test(gid) ? [{ name, uid: Number(uid), gid: Number(gid), home, shell }] : []
  })
}

/** People, as opposed to the accounts of daemons: root, and whoever has a uid from 1000 on, nobody (65534) aside. */
export function isPerson({ uid }: Account): boolean {
  return uid === 0 || (uid >= 1000 && uid !== 65_534)
}
