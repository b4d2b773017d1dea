/**
 * The conversation of the setup as a machine: what was typed goes in, what is said and asked next comes out. Refuses to know of terminals
 * and files. Nothing that was answered is ever lost: a wrong answer changes nothing, and the summary is not reached before every answer
 * fits all others. Pure.
 */
import { short, table } from '../console/words.ts'
import { type Answers, type Facts, none, type Question } from './question.ts'
import { questionsFor } from './questions.ts'

export type State = {
  readonly answers: Answers
  /** The question's name; undefined is the summary. */
  readonly at: string | undefined
  /** From one question to the next, rather than back to the summary. */
  readonly touring: boolean
}

export type Step = { readonly state: State; readonly said: readonly string[]; readonly agreed?: true }

export const welcome: readonly string[] = [
  'Setup. Enter takes what stands in brackets, < goes back to the question',
  'before, ? explains one, ^C leaves and writes nothing. Who has an export of',
  'settings types restore, and pastes it.',
]

/** Whoever has been here before begins with the summary. */
export function begin(earlier: Answers, facts: Facts): Step {
  const state: State = { answers: earlier, at: 'hostname', touring: true }
  return earlier.size > 0 ? settle({ ...state, touring: false }, facts) : { state, said: [] }
}

export function prompt({ answers, at }: State, facts: Facts): { readonly text: string; readonly secret: boolean } {
  const { question, number } = find(answers, at, facts)
  if (!question) return { text: 'Write this? [Y/n, or the number of an answer to change] ', secret: false }
  const usual = shown(question, byDefault(question, answers, facts))
  const brackets = usual === '' ? '' : ` [${usual}]`
  return { text: `${String(number).padStart(2)}. ${question.asks}${brackets}: `, secret: question.secret === true }
}

/** `typed` is a line without its end. */
export function step(state: State, typed: string, facts: Facts): Step {
  const word = typed.trim()
  if (word === '<') return back(state, facts)
  const { question } = find(state.answers, state.at, facts)
  if (!question) return atSummary(state, word, facts)
  if (word === '?') return { state, said: wrapped(question.help) }
  const given = question.secret ? typed : word
  const meant = given === '' ? byDefault(question, state.answers, facts) : given
  if (meant === '') return { state, said: ['  An answer is wanted here; ? explains what.'] }
  const parsed = question.check(meant, state.answers, facts)
  if ('wrong' in parsed) return { state, said: parsed.wrong.flatMap(({ message }) => wrapped(sentence(message))) }
  return onward({ ...state, answers: new Map([...state.answers, [question.name, parsed.value]]) }, facts)
}

/** What stands in the summary: at most 80 columns, and 24 lines for a house of six boxes. */
export function summary(answers: Answers, facts: Facts): string {
  const lines: { readonly part: string; readonly from: number; readonly values: string[] }[] = []
  for (const [at, question] of questionsFor(answers, facts).entries()) {
    const value = shown(question, answers.get(question.name) ?? '')
    const last = lines.at(-1)
    if (last?.part === question.part) last.values.push(value)
    else lines.push({ part: question.part, from: at + 1, values: [value] })
  }
  return table(lines.map(({ part, from, values }) => [numbers(from, values.length), part, short(values.join(', '), 56)]))
}

function numbers(from: number, many: number): string {
  return many === 1 ? String(from).padStart(2) : `${String(from).padStart(2)}-${from + many - 1}`
}

/** The answers to the questions that were asked, and no others. */
export function given(answers: Answers, facts: Facts): Answers {
  return new Map(questionsFor(answers, facts).map(({ name }) => [name, answers.get(name) ?? '']))
}

function onward(state: State, facts: Facts): Step {
  const questions = questionsFor(state.answers, facts)
  const next = state.touring ? questions[questions.findIndex(({ name }) => name === state.at) + 1] : undefined
  return next ? { state: { ...state, at: next.name }, said: [] } : settle(state, facts)
}

/** To the first question whose answer is missing or does not fit the others, else to the summary. */
function settle(state: State, facts: Facts): Step {
  for (const { name, check } of questionsFor(state.answers, facts)) {
    const value = state.answers.get(name)
    if (value === undefined) return { state: { ...state, at: name, touring: false }, said: [] }
    const parsed = check(value, state.answers, facts)
    if ('wrong' in parsed)
      return { state: { ...state, at: name, touring: false }, said: parsed.wrong.flatMap(({ message }) => wrapped(sentence(message))) }
  }
  return { state: { ...state, at: undefined, touring: false }, said: ['', summary(state.answers, facts), ''] }
}

function back(state: State, facts: Facts): Step {
  const questions = questionsFor(state.answers, facts)
  const here = state.at === undefined ? questions.length : questions.findIndex(({ name }) => name === state.at)
  const before = questions[here - 1]
  return before ? { state: { ...state, at: before.name }, said: [] } : { state, said: ['This is the first question.'] }
}

function atSummary(state: State, word: string, facts: Facts): Step {
  if (word === '' || /^y(?:es)?$/i.test(word)) return { state, said: [], agreed: true }
  const questions = questionsFor(state.answers, facts)
  if (/^no?$/i.test(word))
    return { state: { ...state, at: questions[0]?.name, touring: true }, said: ['Once more, then; Enter keeps an answer.'] }
  const chosen = /^\d+$/.test(word) ? questions[Number(word) - 1] : undefined
  return chosen
    ? { state: { ...state, at: chosen.name, touring: false }, said: [] }
    : { state, said: [`Y writes it, n asks all again, 1 to ${questions.length} asks that one, ^C leaves.`] }
}

function find(
  answers: Answers,
  at: string | undefined,
  facts: Facts,
): { readonly question: Question | undefined; readonly number: number } {
  const questions = questionsFor(answers, facts)
  const index = questions.findIndex(({ name }) => name === at)
  return { question: questions[index], number: index + 1 }
}

function byDefault({ name, usual }: Question, answers: Answers, facts: Facts): string {
  return answers.get(name) ?? usual(answers, facts)
}

function shown({ secret }: Question, value: string): string {
  return secret && value !== '' && value !== none ? '***' : value
}

function sentence(message: string): string {
  return `  ${message}.`
}

/** Lines of at most 79 columns: a terminal of 80 breaks a full one twice. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(/(?<=\S) /)) {
    const line = lines.at(-1)
    if (line === undefined || line.length + 1 + word.length > 77) lines.push(line === undefined ? word : `  ${word}`)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}
