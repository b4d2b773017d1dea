/**
 * Who may read their mail by POP3 and IMAP: the file `dialpost.d/readers`, Dovecot's passwd-file (doc.dovecot.org, "Passwd-file"), lines
 * `eddy:{SCHEME}WORD`; and the questions that fill it, one for each person, where the box has Dovecot. Pure but for the salt.
 */
import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { no, ok, type Parsed } from '../config/kinds.ts'
import { orNone, password } from './checks.ts'
import { namesOf } from './other-answers.ts'
import { type Answers, answer, none, type Question } from './question.ts'

export const readersFile = 'dialpost.d/readers'

export function readerQuestions(answers: Answers): readonly Question[] {
  return namesOf(answers).map((name) => ({
    name: questionOf(name),
    part: 'POP3 and IMAP',
    asks: `POP3 and IMAP password of ${name}, or -`,
    help: `With which ${name} reads mail from a computer that does not mount the mailboxes. Only what it can be compared with is kept; so the one that holds is not shown again. What "doveadm pw" prints can be given in its place. - is for who does not read so.`,
    usual: () => none,
    check: orNone(readersPassword),
    secret: true,
  }))
}

/** The answers that the file gives for these people. */
export function readersIn(text: string, names: readonly string[]): readonly (readonly [question: string, answer: string])[] {
  const words = new Map(linesOf(text).map(({ name, word }) => [name, word]))
  return names.map((name) => [questionOf(name), words.get(name) ?? none])
}

/** The file with these answers; other lines stay, and so do all whose word is the same still. Empty: there is nobody. */
export function readersOf(answers: Answers, old: string): string {
  const asked = namesOf(answers).filter((name) => answers.has(questionOf(name)))
  const kept = linesOf(old).filter(({ name, word }) => !asked.includes(name) || word === answer(answers, questionOf(name)))
  const added = asked.flatMap((name) => {
    const given = answer(answers, questionOf(name))
    return given === none || kept.some((line) => line.name === name) ? [] : [`${name}:${isWord(given) ? given : wordOf(given)}`]
  })
  return [...kept.map(({ line }) => line), ...added].map((line) => `${line}\n`).join('')
}

/** What Dovecot compares a password with, by its scheme PBKDF2 (RFC 8018 with HMAC-SHA-1), which needs no crypt(3) that we do not have. */
export function wordOf(plain: string, salt: string = randomBytes(12).toString('base64url')): string {
  return `{PBKDF2}$1$${salt}$${rounds}$${pbkdf2Sync(plain, salt, rounds, 20, 'sha1').toString('hex')}`
}

/** Twice Dovecot's own: some hundredths of a second on a slow box, at each login. */
const rounds = 10_000

/** A person's, or a word such as `wordOf` and `doveadm pw` give, in which a colon would be the end. */
function readersPassword(typed: string): Parsed<string> {
  if (!isWord(typed)) return password(typed)
  return /[\s:]/.test(typed) ? no('what doveadm pw prints has neither blanks nor colons; give it as it is, or type a password') : ok(typed)
}

const isWord = (given: string): boolean => /^\{[A-Z0-9.-]+\}/.test(given)

const questionOf = (name: string): string => `reader.${name}`

const linesOf = (text: string): readonly { readonly line: string; readonly name: string; readonly word: string }[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', word = ''] = line.split(':')
      return { line, name, word }
    })
