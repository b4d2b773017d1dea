/** Answers as any house might give them, for tests: typed texts by question, some of which the table will refuse. */
import fc from 'fast-check'
import { begin, given, step, type State } from '../../src/setup/dialogue.ts'
import type { Answers } from '../../src/setup/question.ts'
import { questionsFor } from '../../src/setup/questions.ts'
import { facts } from './world.ts'

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
const domain = fc.tuple(name, name, name).map((parts) => parts.join('.'))
const octet = fc.integer({ min: 0, max: 255 })
const oneLine = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
const awkward = fc.constantFrom('"', '\\', "'", ' x ', '#', '=', '\t', 'é', '\u2028', '$(x)', '<', '?', '-', 'none', '0', '\u007f')
const secret = fc.oneof(awkward, oneLine, fc.string({ minLength: 1 }))
const server = fc.oneof(
  domain,
  fc.tuple(domain, fc.constantFrom(25, 110, 143, 465, 587, 993, 995, 70000)).map((parts) => parts.join(':')),
)
const person = fc.constantFrom('eddy', 'keith', 'sam', 'frodo', 'postmaster', 'eddy@far.example')

const typedFor: Readonly<Record<string, fc.Arbitrary<string>>> = {
  hostname: domain,
  lan: fc.tuple(octet, octet, octet, octet, fc.integer({ min: 6, max: 32 })).map(([a, b, c, d, bits]) => `${a}.${b}.${c}.${d}/${bits}`),
  dhcp: fc.constantFrom('yes', 'no', 'y', ''),
  modem: fc.constantFrom('', 'ttyS1', 'ttyUSB3'),
  speed: fc.constantFrom('', '9600', '115200'),
  numbers: fc.array(fc.stringMatching(/^[0-9 ,*#+-]{1,12}$/), { minLength: 1, maxLength: 3 }).map((all) => all.join(';')),
  'isp.user': secret,
  'isp.password': secret,
  smarthost: server,
  'smarthost.user': fc.oneof(fc.constant('-'), secret),
  'smarthost.password': secret,
  appearance: fc.oneof(
    fc.constant('-'),
    domain,
    fc.tuple(name, domain).map((parts) => parts.join('@')),
  ),
  people: fc
    .uniqueArray(fc.tuple(person, fc.option(fc.integer({ min: 990, max: 1010 }))), { minLength: 1, maxLength: 4 })
    .map((all) => all.map(([who, uid]) => (uid === null ? who : `${who}:${uid}`)).join(' ')),
  postmaster: person,
  boxes: fc.constantFrom('0', '1', '2', '3'),
  host: fc.oneof(server, fc.constant('pop.isp.example')),
  user: fc.oneof(secret, fc.constant('shofar')),
  password: secret,
  whose: fc.oneof(person, domain),
  reader: fc.oneof(fc.constantFrom('-', '{PLAIN}sesame', '{SHA512-CRYPT}$6$salt$word', '{PLAIN}a:b'), secret),
  time: fc.oneof(fc.constant('-'), server),
  zone: fc.constantFrom('-', 'UTC0', 'CET-1CEST,M3.5.0,M10.5.0/3'),
}

/** What is taken where all that was typed is refused. */
const safe: Readonly<Record<string, string>> = {
  hostname: 'moriah.shire.lan',
  lan: '192.168.1.1/24',
  numbers: '0845',
  'isp.user': 'shofar',
  'isp.password': 'secret',
  smarthost: 'smtp.isp.example',
  'smarthost.password': 'secret',
  appearance: '-',
  people: 'eddy keith sam',
  host: 'pop.isp.example',
  password: 'secret',
}

/** Any answers that the table accepts, in a whole conversation of somebody who types anything. */
export const answers: fc.Arbitrary<Answers> = fc
  .record(Object.fromEntries(Object.entries(typedFor).map(([key, typed]) => [key, fc.array(typed, { minLength: 1, maxLength: 4 })])))
  .map((typed) => conversation(new Map(), typed))

/** The same person, who has been here before. */
function conversation(earlier: Answers, typed: Readonly<Record<string, readonly string[]>>): Answers {
  let { state } = begin(earlier, facts)
  const turns = new Map<string, number>()
  for (let step = 0; step < 400 && state.at !== undefined; step++) state = next(state, typed, turns)
  if (state.at !== undefined) throw new Error(`the conversation does not end: ${state.at}`)
  return given(state.answers, facts)
}

function next(state: State, typed: Readonly<Record<string, readonly string[]>>, turns: Map<string, number>): State {
  const at = state.at ?? ''
  const key = at.replace(/^box\.\d\./, '').replace(/^reader\..*/, 'reader')
  const turn = turns.get(at) ?? 0
  turns.set(at, turn + 1)
  const list = typed[key] ?? ['']
  const number = Number(/^box\.(\d)/.exec(at)?.[1] ?? 0)
  const last = key === 'user' ? `user-${number}` : (safe[key] ?? '')
  const stepped = step(state, turn < 2 ? (list[(turn + number) % list.length] ?? '') : last, facts)
  // Whom a person who is gone was to be: somebody who is there.
  if (turn < 3 || stepped.state.at !== at) return stepped.state
  const people = questionsFor(state.answers, facts).some(({ name }) => name === 'people') ? (state.answers.get('people') ?? '') : ''
  return step(state, people.split(':')[0] ?? '', facts).state
}
