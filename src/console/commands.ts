/**
 * Every command that the daemon performs, in one table: pattern, options, help, and what it does. They read and steer the house
 * through its port and speak in short lines; `--json` prints the same as data, one object a line.
 */
import { callsCsv, callsJson, callsWords, leftWords, sumsJson } from './calls.ts'
import type { Pattern } from './grammar.ts'
import type { Answer, House, QueuedLetter, ShownLetter, Status } from './house.ts'
import { exit, type Voice } from './voice.ts'
import { count, moment, printable, short, size, span, table } from './words.ts'

export type Given = { readonly values: readonly string[]; readonly options: ReadonlyMap<string, string | true>; readonly json: boolean }

export type Command = Pattern & { readonly run: (house: House, given: Given, voice: Voice) => Promise<number> | number }

const json = { name: '--json' }

export const commands: readonly Command[] = [
  { pattern: 'status', options: [json], help: 'line, call, queue, mailboxes, memory, flash written', run: status },
  { pattern: 'queue', options: [json], help: 'what waits, for whom, since when, why, when next', run: queue },
  { pattern: 'show ID', options: [json], help: 'one message: envelope, headers, history', run: show },
  {
    pattern: 'flush [ID|DOMAIN]',
    help: 'send now what waits',
    run: (house, { values }, voice) => answer(house.flush(values[0]), voice),
  },
  { pattern: 'poll [MAILBOX]', help: 'collect now', run: (house, { values }, voice) => answer(house.poll(values[0]), voice) },
  { pattern: 'preview MAILBOX', options: [json], help: 'what lies at the ISP, by size, sender, subject', run: preview },
  {
    pattern: 'fetch MAILBOX UID…',
    help: 'collect these though they are large',
    run: (house, { values: [box = '', ...uids] }, voice) => answer(house.request('fetch', box, uids), voice),
  },
  {
    pattern: 'drop MAILBOX UID…',
    options: [{ name: '--yes' }],
    help: 'delete these at the ISP, unread',
    run: async (house, { values: [box = '', ...uids], options }, voice) =>
      (await sure(`Delete ${count(uids.length, 'letter')} at ${box}, unread?`, options, voice))
        ? answer(house.request('drop', box, uids), voice)
        : exit.tryAgain,
  },
  { pattern: 'hold ID…', help: 'park messages', run: (house, { values }, voice) => each(values, (id) => house.hold(id), voice) },
  {
    pattern: 'release ID…',
    help: 'free parked messages',
    run: (house, { values }, voice) => each(values, (id) => house.release(id), voice),
  },
  {
    pattern: 'delete ID…',
    options: [{ name: '--yes' }],
    help: 'throw messages away; nobody is told',
    run: async (house, { values, options }, voice) =>
      (await sure(`Throw away ${values.join(', ')}? Nobody will be told.`, options, voice))
        ? each(values, (id) => house.delete(id), voice)
        : exit.tryAgain,
  },
  { pattern: 'dial [ISP]', help: 'dial now, whatever it costs', run: (house, { values }, voice) => answer(house.dial(values[0]), voice) },
  { pattern: 'hangup', help: 'end the call', run: (house, _given, voice) => answer(house.hangUp(), voice) },
  {
    pattern: 'calls',
    options: [json, { name: '--csv' }],
    help: 'every call: when, how long, why, letters, cost; sums, budget left',
    run: calls,
  },
  {
    pattern: 'explain ADDRESS',
    options: [{ name: '--from', value: 'A' }],
    help: 'how an address is rewritten and routed; sends nothing',
    run: explain,
  },
  { pattern: 'log', options: [{ name: '-f' }, { name: '-n', value: 'N' }], help: 'the last lines; -f follows', run: log },
  {
    pattern: 'link up [WORD…]',
    help: 'tell the daemon that the line is up',
    run: (house, { values }, voice) => answer(house.tellLine(true, values), voice),
  },
  {
    pattern: 'link down [WORD…]',
    help: 'tell the daemon that the line is down',
    run: (house, { values }, voice) => answer(house.tellLine(false, values), voice),
  },
]

function status(house: House, given: Given, voice: Voice): number {
  const now = house.status()
  voice.say(given.json ? JSON.stringify(now) : statusWords(now, house.sums().left.map(leftWords)))
  return exit.ok
}

function statusWords(now: Status, budgets: readonly string[]): string {
  const { queue, memory, flash, call } = now
  const poll = now.nextPoll === undefined ? '' : `; next poll in ${span(now.nextPoll)}`
  const traffic =
    call && `${count(call.out.letters, 'letter')} out (${size(call.out.octets)}), ${call.in.letters} in (${size(call.in.octets)})${poll}`
  return table([
    ['dialpost', `${now.version} on ${now.hostname}, running for ${span(now.running)}`],
    ['line', now.line.words],
    ...(now.plan === '' ? [] : [['plan', now.plan]]),
    ...budgets.map((words) => ['budget', words]),
    ...(now.modem === '' ? [] : [['modem', now.modem]]),
    ...(traffic ? [['call', traffic]] : []),
    [
      'queue',
      `${count(queue.letters, 'letter')}, ${size(queue.octets)}: ${queue.forIsp} for the ISP${queue.lineSeconds > 0 ? ` (about ${span(queue.lineSeconds)} of line)` : ''}, ${queue.local} local, ${queue.held} held`,
    ],
    ...now.boxes.map(({ name, words }) => [`box ${name}`, words]),
    ...now.stuck.map((words) => ['stuck', words]),
    ['clock', now.clock],
    ['memory', `${size(memory.pss)} PSS, of which ${size(memory.anonymous)} anonymous`],
    ['flash', `${size(flash.octets)} written, ${count(flash.flushes, 'flush').replace('flushs', 'flushes')} since the start`],
  ])
}

function queue(house: House, given: Given, voice: Voice): number {
  let letters = 0
  let octets = 0
  for (const letter of house.queue()) {
    if (voice.signal.aborted) return exit.ok
    letters++
    octets += letter.size
    voice.say(given.json ? JSON.stringify(letter) : queueWords(letter))
  }
  if (!given.json) voice.say(letters === 0 ? 'The queue is empty.' : `${count(letters, 'letter')}, ${size(octets)}`)
  return exit.ok
}

function queueWords(letter: QueuedLetter): string {
  const line = letter.lineSeconds > 0 ? `, about ${span(letter.lineSeconds)} of line` : ''
  const urgency = letter.priority === 'normal' ? '' : `, ${letter.priority}`
  const head = `${letter.id.padEnd(6)} ${size(letter.size).padStart(5)}  ${moment(letter.kept, letter.keptKnown)}  ${printable(short(letter.from, 40))}${urgency}${line}`
  return [head, ...letter.deliveries.map(deliveryWords)].join('\n')
}

function deliveryWords({ recipient, courier, words, nextIn, possibleDuplicate }: QueuedLetter['deliveries'][number]): string {
  const when = nextIn === undefined ? '' : `; next try in ${span(nextIn)}`
  const doubt = possibleDuplicate ? '; possible duplicate' : ''
  return `         → ${printable(short(recipient, 40))} by ${courier}: ${printable(words)}${when}${doubt}`
}

async function show(house: House, { values: [id = ''], json }: Given, voice: Voice): Promise<number> {
  const letter = await house.letter(id.toUpperCase())
  if (!letter) {
    voice.complain(`dialpost: there is no message ${id}; dialpost queue lists those that wait`)
    return exit.data
  }
  voice.say(json ? JSON.stringify(letter) : showWords(letter))
  return exit.ok
}

function showWords(letter: ShownLetter): string {
  const { readable } = letter
  const about = table([
    ['message', `${letter.id}, ${letter.size} octets, ${letter.priority}`],
    ['kept', `${moment(letter.kept, letter.keptKnown)}, ${letter.origin}`],
    ['sender', letter.from],
    ['From', readable.from],
    ['To', readable.to],
    ['Subject', readable.subject],
    ['Date', readable.date],
  ])
  const parts = [about, letter.deliveries.map(deliveryWords).join('\n'), letter.history.join('\n'), letter.header, readable.text]
  return parts
    .filter((part) => part !== '')
    .map((part) => printable(part))
    .join('\n\n')
}

async function preview(house: House, { values: [box = ''], json }: Given, voice: Voice): Promise<number> {
  const letters = await house.preview(box, voice.signal)
  if ('refused' in letters) return answer(letters, voice)
  if (json) for (const letter of letters) voice.say(JSON.stringify(letter))
  else if (letters.length === 0) voice.say(`Nothing lies at ${box}.`)
  else
    voice.say(
      printable(
        table(
          letters.map(({ uidl, size: octets, from, subject, state }) => [
            size(octets).padStart(5),
            uidl,
            state,
            short(from, 24),
            short(subject, 40),
          ]),
        ),
      ),
    )
  return exit.ok
}

function calls(house: House, { json: asJson, options }: Given, voice: Voice): number {
  const all = house.calls()
  if (options.has('--csv')) voice.say(callsCsv(all).trimEnd())
  else if (asJson) for (const line of [...callsJson(all), `{"sums":${sumsJson(house.sums())}}`]) voice.say(line)
  else voice.say(callsWords(all, house.sums()))
  return exit.ok
}

async function explain(house: House, { values: [address = ''], options }: Given, voice: Voice): Promise<number> {
  const from = options.get('--from')
  const rules = await house.explain(address, typeof from === 'string' ? from : undefined)
  for (const rule of rules) voice.say(rule)
  return exit.ok
}

async function log(house: House, { options }: Given, voice: Voice): Promise<number> {
  const wanted = Number(options.get('-n') ?? 20)
  if (!Number.isSafeInteger(wanted) || wanted < 0) {
    voice.complain('dialpost: -n wants a number of lines')
    return exit.usage
  }
  for (const line of house.log(wanted)) voice.say(printable(line))
  if (options.has('-f')) await house.followLog((line) => voice.say(printable(line)), voice.signal)
  return exit.ok
}

/** The same for each; the worst answer is the exit code, and the others are still done. */
function each(ids: readonly string[], act: (id: string) => Answer, voice: Voice): number {
  return Math.max(...ids.map((id) => answer(act(id.toUpperCase()), voice)))
}

function answer(said: Answer | { readonly refused: string }, voice: Voice): number {
  if ('refused' in said) {
    voice.complain(`dialpost: ${said.refused}`)
    return exit.unavailable
  }
  if (said.done !== '') voice.say(said.done)
  return exit.ok
}

async function sure(question: string, options: Given['options'], voice: Voice): Promise<boolean> {
  if (options.has('--yes') || (await voice.ask(question))) return true
  voice.complain('dialpost: nothing was done; --yes does it without asking')
  return false
}
