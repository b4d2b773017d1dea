/**
 * What is done when this program is called as sendmail, mailq or newaliases: what other software expects there, in sendmail's words
 * and with its exit codes. A letter goes to the daemon by SMTP through its own door, so that everybody may send one; everything
 * else is asked of it over the control socket. Promises that exit 0 means: the daemon has it on the disk.
 */
import type { QueuedLetter, Status } from '../console/house.ts'
import { exit, type Voice } from '../console/voice.ts'
import type { ReversePath } from '../mail/address.ts'
import { formatReply } from '../mail/reply.ts'
import type { AliasFile } from '../route/aliases.ts'
import { type Arguments, type Asked, parseArguments, type ProgramName, type Selection } from './arguments.ts'
import { verified } from './deliverable.ts'
import { exitOf } from './exits.ts'
import { type Connection, type Door, type Handed, handOver, refusalWords } from './handover.ts'
import { readLetter, type TypedLetter } from './letter.ts'
import { isSelected, mailqFoot, mailqHead, mailqLetter } from './mailq.ts'
import { checkAliases } from './newaliases.ts'
import { envelopeOf, headerOf } from './submission.ts'

/** What everybody may know of the settings. */
export type Outline = {
  readonly hostname: string
  readonly spool: string
  readonly run: string
  readonly aliases: readonly string[]
  readonly listen: readonly Door[]
  /** The first smarthost's name. */
  readonly smarthost: string | undefined
}

export type SendmailParts = {
  /** Undefined stands for the usual file, which need not be there. */
  readonly outline: (file: string | undefined) => Outline | { readonly mistake: string }
  readonly user: () => string
  readonly input: () => AsyncIterable<Uint8Array>
  readonly dial: (door: Door) => Promise<Connection | undefined>
  /** Standard input and output to the door and back; false if nobody listens there. */
  readonly relay: (door: Door) => Promise<boolean>
  /** Undefined if no daemon answers there. */
  readonly ask: (run: string, words: readonly string[], voice: Voice) => Promise<number | undefined>
  /** Whether this user may speak to the daemon of this run folder. */
  readonly mayAsk: (run: string) => boolean
  readonly aliasFiles: (
    paths: readonly string[],
  ) => Promise<{ readonly kind: 'text'; readonly files: readonly AliasFile[] } | { readonly kind: 'unreadable'; readonly reason: string }>
  /** Adds the letter to the user's ~/dead.letter; where it is then, or undefined. */
  readonly bury: (letter: AsyncIterable<Uint8Array>, from: ReversePath) => Promise<string | undefined>
}

export async function sendmail(name: ProgramName, words: readonly string[], parts: SendmailParts, voice: Voice): Promise<number> {
  const given = parseArguments(name, words)
  const complain = given.quiet ? () => {} : (text: string) => voice.complain(text)
  const { wish } = given
  if (wish.kind === 'mistake') {
    complain(`${name}: ${wish.text}`)
    return exit.usage
  }
  const outline = parts.outline(given.file)
  if ('mistake' in outline) {
    complain(outline.mistake)
    return exit.config
  }
  const call: Call = { name, given, parts, outline, voice: { ...voice, complain } }
  switch (wish.kind) {
    case 'letter':
      return submit(wish.asked, call)
    case 'session':
      return session(call)
    case 'verify':
      return verify(wish.addresses, call)
    case 'print':
      return print(wish.selections, call)
    case 'flush':
      return flush(wish.selections, call)
    case 'aliases':
      return aliases(call)
  }
}

type Call = {
  readonly name: ProgramName
  readonly given: Arguments
  readonly parts: SendmailParts
  readonly outline: Outline
  readonly voice: Voice
}

/** The door on loopback, or one that every address leads to. */
function doorOf({ listen }: Outline): Door {
  const loopback = listen.find(({ address }) => address.startsWith('127.') || address === '::1')
  if (loopback) return loopback
  const [first = { address: '127.0.0.1', port: 25 }] = listen
  const open: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
  return { address: open[first.address] ?? first.address, port: first.port }
}

async function submit(asked: Asked, call: Call): Promise<number> {
  try {
    const letter = await readLetter(call.parts.input(), asked)
    const code = await handOverTyped(asked, letter, call)
    // Who pipes a letter must not be told of a broken pipe instead of the exit code.
    for await (const _ of letter.rest);
    return code
  } catch (cause) {
    call.voice.complain(
      `${call.name}: the letter could not be read, and nothing was sent: ${cause instanceof Error ? cause.message : String(cause)}`,
    )
    return exit.tryAgain
  }
}

async function handOverTyped(asked: Asked, letter: TypedLetter, { name, given, parts, outline, voice }: Call): Promise<number> {
  const made = envelopeOf(asked, letter.header, parts.user())
  if (letter.endless || 'wrong' in made) {
    voice.complain('wrong' in made ? made.wrong : 'The header has no end')
    return exit.data
  }
  const door = doorOf(outline)
  const connection = await parts.dial(door)
  if (!connection) {
    voice.complain(
      `${name}: no daemon answers at ${door.address} port ${door.port}: NOTHING WAS SENT; start dialpost serve, and send it again`,
    )
    return exit.tryAgain
  }
  const header = headerOf(letter.header, { fullName: asked.fullName, from: made.envelope.from, hostname: outline.hostname })
  let begun = false
  const content = async function* (): AsyncGenerator<Uint8Array> {
    begun = true
    yield* [header, letter.body]
    yield* letter.rest
  }
  const handed = await handOver(connection, {
    envelope: withBody(made.envelope, letter.body),
    content: content(),
    size: letter.whole ? header.length + letter.body.length : undefined,
  })
  for (const refusal of handed.refusals) voice.complain(refusalWords(refusal))
  if (handed.taken && given.verbose) voice.say(formatReply(handed.taken))
  const code = exitOfHanded(handed)
  if (handed.broken) voice.complain(brokenWords(name, handed.broken))
  else if (code === exit.tryAgain) voice.complain(`${name}: nothing was sent; send it again later`)
  else if (!handed.taken) {
    const where = begun && !letter.whole ? undefined : await parts.bury(content(), made.envelope.from)
    voice.complain(where === undefined ? 'The letter was not sent, and not saved' : `Saved message in ${where}`)
  }
  return code
}

function exitOfHanded({ refusals, broken }: Handed): number {
  const [first] = refusals
  if (broken || refusals.some(({ reply }) => reply.code < 500)) return exit.tryAgain
  return first ? exitOf(first.reply) : exit.ok
}

function brokenWords(name: ProgramName, { text, unsure }: { readonly text: string; readonly unsure: boolean }): string {
  return `${name}: ${text}; ${unsure ? 'the letter may have been taken or not: look at mailq before sending it again' : 'nothing was sent; send it again later'}`
}

/** What is not ASCII says so (RFC 6152), as far as it is known yet. */
function withBody<E extends { readonly parameters: { readonly body?: unknown } }>(envelope: E, body: Uint8Array): E {
  if (envelope.parameters.body !== undefined || !body.some((octet) => octet > 0x7f)) return envelope
  return { ...envelope, parameters: { ...envelope.parameters, body: '8bitmime' } }
}

async function session({ name, parts, outline, voice }: Call): Promise<number> {
  const door = doorOf(outline)
  if (await parts.relay(door)) return exit.ok
  voice.say(`421 4.3.2 ${outline.hostname} no daemon answers, try again later\r`)
  voice.complain(`${name}: no daemon answers at ${door.address} port ${door.port}; start dialpost serve`)
  return exit.tryAgain
}

async function verify(addresses: readonly string[], call: Call): Promise<number> {
  let worst: number = exit.ok
  for (const address of addresses) {
    const explained = await asked(['explain', address], call)
    if (typeof explained === 'number') return explained
    const { said, exit: code } = verified(address, explained, call.outline.smarthost)
    for (const line of said) call.voice.say(line)
    worst = Math.max(worst, code)
  }
  return worst
}

async function print(selections: readonly Selection[], call: Call): Promise<number> {
  const { outline, voice, given } = call
  const status = await asked(['status', '--json'], call)
  if (typeof status === 'number') return status
  const { letters } = (JSON.parse(status[0] ?? '') as Status).queue
  voice.say(mailqHead(outline.spool, letters, given.verbose))
  let printed = 0
  const listing = {
    ...voice,
    say(line: string) {
      const letter = JSON.parse(line) as QueuedLetter
      if (letters === 0 || !isSelected(letter, selections)) return
      printed++
      voice.say(mailqLetter(letter, given.verbose))
    },
  }
  const code = letters === 0 ? exit.ok : await askOver(['queue', '--json'], listing, call)
  if (code === exit.ok) voice.say(mailqFoot(printed))
  return code
}

/** Says nothing unless asked to, as sendmail does. */
async function flush(selections: readonly Selection[], call: Call): Promise<number> {
  const saying = { ...call.voice, say: call.given.verbose ? call.voice.say : () => {} }
  if (selections.length === 0) return askOver(['flush'], saying, call)
  const lines = await asked(['queue', '--json'], call)
  if (typeof lines === 'number') return lines
  const letters = lines.map((line) => JSON.parse(line) as QueuedLetter).filter((letter) => isSelected(letter, selections))
  let worst: number = exit.ok
  for (const { id } of letters) worst = Math.max(worst, await askOver(['flush', id], saying, call))
  return worst
}

async function aliases({ parts, outline, voice }: Call): Promise<number> {
  const read = await parts.aliasFiles(outline.aliases)
  if (read.kind === 'unreadable') {
    voice.complain(read.reason)
    return exit.config
  }
  const { said, mistakes } = checkAliases(read.files)
  for (const line of said) voice.say(line)
  for (const mistake of mistakes) voice.complain(mistake)
  return mistakes.length > 0 ? exit.config : exit.ok
}

/** What the daemon says, line by line; a number is the exit code of a refusal, which has been told. */
async function asked(words: readonly string[], call: Call): Promise<readonly string[] | number> {
  const lines: string[] = []
  const code = await askOver(words, { ...call.voice, say: (text) => lines.push(...text.split('\n')) }, call)
  return code === exit.ok ? lines : code
}

async function askOver(words: readonly string[], voice: Voice, { name, parts, outline }: Call): Promise<number> {
  const code = await parts.ask(outline.run, words, voice)
  if (code !== undefined) return code
  if (voice.signal.aborted) return exit.ok
  if (!parts.mayAsk(outline.run)) {
    voice.complain(`${name}: this user may not speak to the daemon; who may write to ${outline.run}/control may`)
    return exit.permission
  }
  voice.complain(`${name}: no daemon answers at ${outline.run}/control; start it with dialpost serve, or name its settings with -C FILE`)
  return exit.unavailable
}
