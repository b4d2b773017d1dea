/** Whose mailbox or program it is: files are made theirs, and programs run as them. */
import type { Account } from '../config/passwd.ts'

export interface Accounts {
  find(user: string): Account | undefined
}
