/**
 * Every question of the setup, in the order in which they are asked: one table. What an answer must be is said in checks.ts and config/;
 * here stands what depends on other answers. Pure.
 */
import { smarthostsAlone } from '../config/agreement-mail.ts'
import { no, ok, type Parsed, show } from '../config/kinds.ts'
import * as checks from './checks.ts'
import { maildropQuestions } from './maildrop-questions.ts'
import { localDomains, smarthostOf } from './meaning.ts'
import { namesOf, passwordOfSame, verdict } from './other-answers.ts'
import { type Answers, answer, type Facts, none, type Question } from './question.ts'
import { readerQuestions } from './readers.ts'

/** Those that make sense with these answers, on such a box. */
export function questionsFor(answers: Answers, { readers }: Pick<Facts, 'readers'>): readonly Question[] {
  const boxes = Array.from({ length: Number(answer(answers, 'boxes')) || 0 }, (_, at) => maildropQuestions(at + 1))
  return [...table, ...(readers ? readerQuestions(answers) : []), boxCount, ...boxes.flat(), ...afterBoxes].filter(
    ({ name }) => name !== 'smarthost.password' || hasLogin(answers),
  )
}

const table: readonly Question[] = [
  {
    name: 'hostname',
    part: 'Name',
    asks: 'Name of this box, with its domain',
    help: 'What the LAN calls this box: a name, a dot, and the domain of the house. Mail for that domain is delivered here, so take one that nobody else has, such as moriah.shire.lan.',
    usual: () => 'dialpost.lan',
    check: checks.hostname,
  },
  {
    name: 'lan',
    part: 'LAN address',
    asks: 'Its address on the LAN',
    help: 'This box is the gateway of the LAN. 192.168.1.1/24 is: address 192.168.1.1, and all that begins with 192.168.1 (24 bits) is the LAN.',
    usual: () => '192.168.1.1/24',
    check: checks.lanAddress,
  },
  {
    name: 'dhcp',
    part: 'DHCP',
    asks: 'Hand out addresses there (DHCP)',
    help: 'yes, unless another computer of the LAN does so already.',
    usual: () => 'yes',
    check: checks.yesOrNo,
  },
  {
    name: 'modem',
    part: 'Modem',
    asks: 'Serial port of the modem',
    help: 'Such as /dev/ttyS1; /dev/ttyUSB0 or /dev/ttyACM0 for a modem on USB.',
    usual: (_, { modem }) => modem ?? '/dev/ttyS0',
    check(typed, _answers, facts) {
      const parsed = checks.serialPort(typed)
      if ('wrong' in parsed) return parsed
      if (parsed.value === facts.console?.tty) return no(`${parsed.value} is this console; write the port of the modem`)
      const trouble = facts.ttyTrouble(parsed.value)
      return trouble === undefined ? parsed : no(trouble)
    },
  },
  {
    name: 'speed',
    part: 'Modem',
    asks: 'Speed of that port, bit/s',
    help: 'Between box and modem: faster than the line, so that what the modem compresses fills it. 115200 suits all modems of the last thirty years.',
    usual: () => '115200',
    check: checks.speed,
  },
  {
    name: 'numbers',
    part: "ISP's numbers",
    asks: "The ISP's telephone numbers, ; between",
    help: 'As the modem is to dial them, with what your exchange wants before (0, for an outside line). Several are tried in turn: 08451234567; 08457654321. A comma waits two seconds.',
    usual: () => '',
    check: checks.numbers,
  },
  {
    name: 'isp.user',
    part: 'ISP login',
    asks: 'Your user name at the ISP',
    help: 'With which this box logs in when the ISP has answered (PAP or CHAP).',
    usual: () => '',
    check: checks.userName,
  },
  {
    name: 'isp.password',
    part: 'ISP login',
    asks: 'Your password there',
    help: 'It is not shown while you type, and stands in a file of its own that only the mail program can read.',
    usual: () => '',
    check: checks.password,
    secret: true,
  },
  {
    name: 'smarthost',
    part: 'Outgoing mail',
    asks: "The ISP's server for outgoing mail",
    help: 'Its smarthost (SMTP), such as smtp.isp.example, with its port if that is not 25: smtp.isp.example:587.',
    usual: () => '',
    check: (typed, answers) => smarthost(typed, answers),
  },
  {
    name: 'smarthost.user',
    part: 'Outgoing mail',
    asks: 'User name for that, or -',
    help: 'Many ISPs take mail from their own lines without a login: then -.',
    usual: () => none,
    check: checks.orNone(checks.userName),
  },
  {
    name: 'smarthost.password',
    part: 'Outgoing mail',
    asks: 'Password for that',
    help: 'Not shown while you type. Nothing typed means what stands in brackets.',
    usual: (answers) => passwordOfSame(answers, 'smarthost.user'),
    check: checks.password,
    secret: true,
  },
  {
    name: 'appearance',
    part: 'Seen outside',
    asks: 'Domain or address seen outside, or -',
    help: 'The world cannot answer to a name of this LAN. Give the domain that your ISP gave you (shofar.isp.example: eddy is eddy@shofar.isp.example outside), or the one address that you all share. - leaves senders as they are.',
    usual: () => '',
    check: checks.orNone(checks.appearance),
  },
  {
    name: 'people',
    part: 'Mailboxes',
    asks: 'Who has a mailbox: names',
    help: 'Names with blanks between. Who reads the mailboxes over NFS needs the same number (uid) here as there, behind a colon: eddy:1000 keith:1001. The first without one is 1000.',
    usual: () => '',
    check: (typed, _, { system }) => checks.people(typed, system),
  },
  {
    name: 'postmaster',
    part: 'Postmaster',
    asks: 'Who of them is postmaster',
    help: 'Gets what has nowhere else to go, and the mail for root.',
    usual: (answers) => namesOf(answers)[0] ?? '',
    check: (typed, answers) => checks.somebody(typed, namesOf(answers)),
  },
]

const boxCount: Question = {
  name: 'boxes',
  part: 'Boxes at ISPs',
  asks: 'How many boxes at ISPs to collect',
  help: '0 to 9. A box may hold the letters of one person, or those of everybody here.',
  usual: () => '1',
  check: (typed) => (/^\d$/.test(typed) ? ok(typed) : no(`${show(typed)} is not a number from 0 to 9; write how many there are`)),
}

const afterBoxes: readonly Question[] = [
  {
    name: 'time',
    part: 'Time server',
    asks: "The ISP's time server, or -",
    help: "Asked in each call; without one this box goes by the dates of the ISP's mail servers.",
    usual: () => none,
    check: checks.orNone(checks.server(123, 'ntp.isp.example')),
  },
  {
    name: 'zone',
    part: 'Time zone',
    asks: 'Time zone, or - for UTC',
    help: 'As POSIX has it: GMT0BST,M3.5.0/1,M10.5.0 in Britain, CET-1CEST,M3.5.0,M10.5.0/3 in Middle Europe, EST5EDT,M3.2.0,M11.1.0 in New York. Hours of cheap rate go by it.',
    usual: () => none,
    check: checks.orNone(checks.timeZone),
  },
]

function hasLogin(answers: Answers): boolean {
  return (answers.get('smarthost.user') ?? none) !== none
}

function smarthost(typed: string, answers: Answers): Parsed<string> {
  const parsed = checks.server(25, 'smtp.isp.example')(typed)
  if ('wrong' in parsed) return parsed
  const hostname = answer(answers, 'hostname')
  const hub = { hostname, local_domains: localDomains(hostname) }
  return verdict(smarthostsAlone([{ value: smarthostOf(parsed.value), path: ['smarthost'] }], hub), parsed.value)
}
