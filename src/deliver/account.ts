/** Whose mailbox or program it is, as passwd(5) says: files are made theirs, and programs run as them. */
export type Account = {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly shell: string
}

export interface Accounts {
  find(user: string): Account | undefined
}
