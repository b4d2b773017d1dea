/** The questions about one box at an ISP, asked as often as there are boxes; part of the one table (questions.ts). Pure. */
import { mailboxesTogether } from '../config/agreement-mail.ts'
import { no, ok, type Parsed, show } from '../config/kinds.ts'
import { inTheWorld, password, server, userName } from './checks.ts'
import { mailboxOf } from './meaning.ts'
import { namesOf, passwordOfSame, verdict } from './other-answers.ts'
import { type Answers, answer, type Question } from './question.ts'

/** Of box `number`, from 1. Its user's name tells it from others at the same server, so that is where a second one of the kind is noticed. */
export function maildropQuestions(number: number): readonly Question[] {
  const at = `box.${number}`
  const part = `Box ${number}`
  return [
    {
      name: `${at}.host`,
      part,
      asks: `${part}: its server`,
      help: 'POP3, such as pop.isp.example. With a port where it is another than 110; with 143 or 993 it is IMAP.',
      usual: (answers) => answer(answers, `box.${number - 1}.host`),
      check: server(110, 'pop.isp.example'),
    },
    {
      name: `${at}.user`,
      part,
      asks: `${part}: user name`,
      help: 'With which the box is opened.',
      usual: (answers) => (number === 1 ? answer(answers, 'isp.user') : ''),
      check: (typed, answers) => boxUser(typed, number, answers),
    },
    {
      name: `${at}.password`,
      part,
      asks: `${part}: password`,
      help: 'Not shown while you type. Nothing typed means what stands in brackets.',
      usual: (answers) => passwordOfSame(answers, `${at}.user`),
      check: password,
      secret: true,
    },
    {
      name: `${at}.whose`,
      part,
      asks: `${part}: a person, or a domain`,
      help: 'Who of the people here gets all that is in it. If it holds the letters of a whole domain (multidrop), give the domain: each letter goes to the person of that name, and others to the postmaster.',
      usual: (answers) => {
        const seen = answer(answers, 'appearance')
        return number === 1 && seen.includes('.') && !seen.includes('@') ? seen : (namesOf(answers)[number - 1] ?? '')
      },
      check: (typed, answers) => whose(typed, namesOf(answers)),
    },
  ]
}

function boxUser(typed: string, number: number, answers: Answers): Parsed<string> {
  const parsed = userName(typed)
  if ('wrong' in parsed) return parsed
  const given = new Map([...answers, [`box.${number}.user`, typed]])
  const boxes = Array.from({ length: number }, (_, at) => ({ value: mailboxOf(at + 1, given), path: ['mailbox'] }))
  return verdict(mailboxesTogether(boxes), typed)
}

function whose(typed: string, names: readonly string[]): Parsed<string> {
  if (names.includes(typed)) return ok(typed)
  if (inTheWorld(typed)) return ok(typed.toLowerCase())
  return no(
    `${show(typed)} is neither a person here nor a domain; write one of ${names.join(', ')}, or a domain such as "shofar.isp.example"`,
  )
}
