/**
 * What a client sends, cut into command lines and, where one of them began a letter, into that letter's octets: in any
 * segments, blindly pipelined or octet by octet. Works off one segment before it takes the next, which is all it holds.
 */
import type { Answer, Incoming } from './dialogue.ts'
import type { Undotted } from './dots.ts'

/** Takes wire octets, gives content, and `rest` once the letter or chunk is over. */
export type Decoder = (octets: Uint8Array) => Undotted

export interface Feed {
  /** Resolves when every whole command and every octet of a letter in it has been dealt with. */
  write(octets: Uint8Array): Promise<void>
  /** From here on octets are a letter's, until the decoder has met its end. */
  take(decoder: Decoder, incoming: Incoming): void
  receiving(): boolean
  /** Commands met so far. */
  commands(): number
}

export type FeedOptions = {
  /** One command without its line end; resolves when the next may come. */
  readonly command: (line: Buffer) => Promise<void>
  readonly say: (answer: Answer) => void
  /** A line was longer than any command may be; it is skipped. */
  readonly tooLong: () => void
  /** Nobody listens any more: what is left is dropped. */
  readonly closed: () => boolean
  /** Gives others their turn, after every hundred commands. */
  readonly turn: () => Promise<unknown>
}

const LF = 0x0a
const CR = 0x0d
const nothing = Buffer.alloc(0)
/** RFC 5321 §4.5.3.1.4 asks for 512 octets, and the extensions for some more. */
const longestCommand = 8192
const burst = 100

export function feed({ command, say, tooLong, closed, turn }: FeedOptions): Feed {
  let left: Uint8Array = nothing
  let skipping = false
  let commands = 0
  let letter: { decoder: Decoder; incoming: Incoming } | undefined

  const letterOctets = async (octets: Uint8Array): Promise<Uint8Array> => {
    if (!letter) return octets
    const { decoder, incoming } = letter
    const { content, rest } = decoder(octets)
    const enough = content.length > 0 ? await incoming.put(content) : undefined
    if (enough || rest) {
      letter = undefined
      say(enough ?? (await incoming.end()))
    }
    return rest ?? nothing
  }

  const commandLine = async (octets: Uint8Array, end: number): Promise<void> => {
    const wasSkipping = skipping
    skipping = false
    if (wasSkipping) return
    if (end > longestCommand) return tooLong()
    commands++
    const line = octets.subarray(0, end > 0 && octets[end - 1] === CR ? end - 1 : end)
    await command(Buffer.from(line))
    if (commands % burst === 0) await turn()
  }

  const keepRest = (octets: Uint8Array): void => {
    const tooMuch = octets.length > longestCommand
    if (tooMuch && !skipping) tooLong()
    skipping ||= tooMuch
    left = skipping ? nothing : Buffer.from(octets)
  }

  return {
    async write(octets) {
      let rest: Uint8Array = left.length > 0 ? Buffer.concat([left, octets]) : octets
      left = nothing
      while (!closed()) {
        if (letter) {
          if (rest.length === 0) return
          rest = await letterOctets(rest)
          continue
        }
        const end = rest.indexOf(LF)
        if (end < 0) return keepRest(rest)
        await commandLine(rest, end)
        rest = rest.subarray(end + 1)
        // A chunk of no octets is over before any come.
        if (letter && rest.length === 0) rest = await letterOctets(rest)
      }
    },
    take(decoder, incoming) {
      letter = { decoder, incoming }
    },
    receiving: () => letter !== undefined,
    commands: () => commands,
  }
}

/** The octets of a BDAT chunk (RFC 3030 §2). */
export function counted(octets: number): Decoder {
  let wanted = octets
  return (received) => {
    const content = received.subarray(0, wanted)
    wanted -= content.length
    return wanted === 0 ? { content, rest: received.subarray(content.length) } : { content }
  }
}
