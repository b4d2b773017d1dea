/** What an answer takes from the others, or what it must not be beside them. Pure. */
import type { Finding } from '../config/finding.ts'
import { no, ok, type Parsed } from '../config/kinds.ts'
import { personsOf } from './checks.ts'
import { type Answers, answer } from './question.ts'

/** Of the people with a mailbox. */
export function namesOf(answers: Answers): readonly string[] {
  return personsOf(answer(answers, 'people')).map(({ name }) => name)
}

/** The ISP's password where the user's name is the ISP's as well. */
export function passwordOfSame(answers: Answers, user: string): string {
  return answer(answers, user) === answer(answers, 'isp.user') ? answer(answers, 'isp.password') : ''
}

/** What `dialpost check` would say, without the setting's name, for which nobody has asked. */
export function verdict([first]: readonly Finding[], value: string): Parsed<string> {
  return first === undefined ? ok(value) : no(first.message.replace(/^[\w.]+: /, ''))
}
