/**
 * Every command that the daemon performs, in one table: pattern, options, help, and what it does. They read and steer the house
 * through its port and speak in short lines; `--json` prints the same as data, one object a line.
 */
import { callsCsv, callsJson, callsWords, leftWords, sumsJson } from './calls.ts'
import type { Pattern } from './grammar.ts'
import type { Answer, House } from './house.ts'
import { previewWords, queueWords, showWords, statusWords } from './shown.ts'
import { exit, type Voice } from './voice.ts'
import { watchHouse } from './watch.ts'
import { count, printable, size } from './words.ts'

export type Given = { readonly values: readonly string[]; readonly options: ReadonlyMap<string, string | true>; readonly json: boolean }

export type Command = Pattern & { readonly run: (house: House, given: Given, voice: Voice) => Promise<number> | number }

const json = { name: '--json' }

/** Letters that are said before it is asked whether anybody reads them. */
const batch = 20

export const commands: readonly Command[] = [
  { pattern: 'status', options: [json], help: 'line, call, queue, mailboxes, memory, flash written', run: status },
  { pattern: 'watch', help: 'live: the call in progress, its time left, queue and boxes; q ends', run: watch },
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
  {
    pattern: 'update FILE',
    options: [{ name: '--yes' }],
    help: 'check a new system, write it beside this one, boot it; what fails falls back',
    run: async (house, { values: [file = ''], options }, voice) =>
      answer(await house.update(file, { ...voice, sure: async (question) => options.has('--yes') || voice.ask(question) }), voice),
  },
  { pattern: 'check', help: 'read the settings, name every mistake', run: (house, _given, voice) => sayMistakes(house.check(), voice) },
  {
    pattern: 'settings [NAME]',
    help: 'every setting with type, default, range and help',
    run: (house, { values }, voice) => saySettings(values[0], house.settings(values[0]), voice),
  },
  {
    pattern: 'reboot',
    options: [{ name: '--yes' }],
    help: 'start the box anew',
    run: (house, given, voice) => ofBox('reboot', 'Start the box anew?', house, given, voice),
  },
  {
    pattern: 'poweroff',
    options: [{ name: '--yes' }],
    help: 'end the box; somebody must switch it on again',
    run: (house, given, voice) => ofBox('poweroff', 'End the box? Somebody must switch it on again.', house, given, voice),
  },
]

/** The settings file, as `check` tells of it. */
export function sayMistakes({ file, mistakes }: { readonly file: string; readonly mistakes: readonly string[] }, voice: Voice): number {
  if (mistakes.length === 0) {
    voice.say(`${file}: no mistakes`)
    return exit.ok
  }
  for (const mistake of mistakes) voice.complain(mistake)
  return exit.config
}

/** `text`: undefined if there is no setting of that name. */
export function saySettings(name: string | undefined, text: string | undefined, voice: Voice): number {
  if (text === undefined) {
    voice.complain(`dialpost: there is no setting ${name}; dialpost settings lists all`)
    return exit.usage
  }
  voice.say(text)
  return exit.ok
}

async function ofBox(word: 'reboot' | 'poweroff', question: string, house: House, { options }: Given, voice: Voice): Promise<number> {
  return (await sure(question, options, voice)) ? answer(house.box(word), voice) : exit.tryAgain
}

async function watch(house: House, _given: Given, voice: Voice): Promise<number> {
  if (voice.terminal) return watchHouse(house, voice.terminal, voice.signal)
  voice.complain('dialpost: watch wants a terminal; dialpost status says it once')
  return exit.unavailable
}

function status(house: House, given: Given, voice: Voice): number {
  const now = house.status()
  voice.say(given.json ? JSON.stringify(now) : statusWords(now, house.sums().left.map(leftWords)))
  return exit.ok
}

async function queue(house: House, given: Given, voice: Voice): Promise<number> {
  let letters = 0
  let octets = 0
  for (const letter of house.queue()) {
    if (voice.signal.aborted) return exit.ok
    letters++
    octets += letter.size
    voice.say(given.json ? JSON.stringify(letter) : queueWords(letter))
    if (letters % batch === 0) await voice.ready?.()
  }
  if (!given.json) voice.say(letters === 0 ? 'The queue is empty.' : `${count(letters, 'letter')}, ${size(octets)}`)
  return exit.ok
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

async function preview(house: House, { values: [box = ''], json }: Given, voice: Voice): Promise<number> {
  const letters = await house.preview(box, voice.signal)
  if ('refused' in letters) return answer(letters, voice)
  if (json) for (const letter of letters) voice.say(JSON.stringify(letter))
  else if (letters.length === 0) voice.say(`Nothing lies at ${box}.`)
  else voice.say(previewWords(letters))
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
  if (options.has('-f')) await house.followLog((line) => voice.say(printable(line), 'live'), voice.signal)
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
