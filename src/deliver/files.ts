/**
 * The file system as the mailbox adapters use it: node:fs/promises, passed in as an argument, so that tests can let the
 * nth write, flush or close fail.
 */
import * as promises from 'node:fs/promises'

export type Files = Pick<
  typeof promises,
  'open' | 'link' | 'lstat' | 'rename' | 'unlink' | 'mkdir' | 'readdir' | 'readFile' | 'utimes' | 'chown'
>

export type Handle = promises.FileHandle

export const systemFiles: Files = promises
