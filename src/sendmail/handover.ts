/**
 * One letter handed to the daemon by SMTP, as any client of the LAN does it. A recipient who is refused costs the others nothing;
 * one who cannot be judged now stops everything, for who asked may then try again without anybody getting the letter twice.
 * A letter whose octets end early is never ended by a dot. Knows no socket.
 */
import { dotStuffing } from '../deliver/lmtp-text.ts'
import { formatAddress, type Address } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Reply } from '../mail/reply.ts'
import { mailCommand, rcptCommand } from '../send/commands.ts'
import { featuresOf } from '../send/features.ts'

/** Where the daemon hears SMTP. */
export type Door = { readonly address: string; readonly port: number }

/** Both reject when the connection is gone. */
export interface Connection {
  answer(): Promise<Reply>
  send(octets: Uint8Array): Promise<void>
  close(): void
}

export type Letter = {
  readonly envelope: Envelope
  /** CRLF line ends. */
  readonly content: AsyncIterable<Uint8Array>
  /** Octets, where they are known beforehand. */
  readonly size: number | undefined
}

export type Refusal = { /** Absent: the letter itself. */ readonly recipient?: Address; readonly reply: Reply }

export type Handed = {
  /** The daemon's answer to the letter it took. */
  readonly taken?: Reply
  readonly refusals: readonly Refusal[]
  /** The connection or the letter broke off, in words; the daemon may have it all the same if `unsure`. */
  readonly broken?: { readonly text: string; readonly unsure: boolean }
}

/** Closes the connection. Never rejects. */
export async function handOver(connection: Connection, letter: Letter): Promise<Handed> {
  let dotSent = false
  try {
    const handed = await dialogue(connection, letter, () => (dotSent = true))
    await connection.send(Buffer.from('QUIT\r\n'))
    return handed
  } catch (cause) {
    return { refusals: [], broken: { text: cause instanceof Error ? cause.message : String(cause), unsure: dotSent } }
  } finally {
    connection.close()
  }
}

async function dialogue(connection: Connection, { envelope, content, size }: Letter, dot: () => void): Promise<Handed> {
  const ask = async (line: string): Promise<Reply> => {
    await connection.send(Buffer.from(line))
    return connection.answer()
  }
  const greeting = await connection.answer()
  const hello = greeting.code < 300 ? await ask('EHLO localhost\r\n') : greeting
  if (hello.code >= 300) return { refusals: [{ reply: hello }] }
  const features = featuresOf(hello)
  const { from, recipients, parameters } = envelope
  const burden = { size: size ?? 0, eightBit: true, utf8: parameters.smtputf8 === true }
  const sender = await ask(mailCommand(from, burden, parameters, features))
  if (sender.code >= 300) return { refusals: [{ reply: sender }] }
  const refusals: Refusal[] = []
  for (const recipient of recipients) {
    const reply = await ask(rcptCommand(recipient, features))
    if (reply.code < 300) continue
    refusals.push({ recipient: recipient.address, reply })
    if (reply.code < 500) return { refusals: [{ recipient: recipient.address, reply }] }
  }
  if (refusals.length === recipients.length) return { refusals }
  const ready = await ask('DATA\r\n')
  if (ready.code !== 354) return { refusals: [...refusals, { reply: ready }] }
  const stuffing = dotStuffing()
  for await (const octets of content) await connection.send(stuffing.push(octets))
  dot()
  await connection.send(stuffing.end())
  const taken = await connection.answer()
  return taken.code < 300 ? { taken, refusals } : { refusals: [...refusals, { reply: taken }] }
}

/** `keith9... User unknown`; the daemon's own `<keith9>...` in front is not repeated. */
export function refusalWords({ recipient, reply: { code, text } }: Refusal): string {
  const plain = text.replace(/^<[^>]*>\.\.\. /, '').replaceAll('\n', ' ')
  const words = code < 500 ? `Deferred: ${plain}` : plain
  return recipient ? `${formatAddress(recipient)}... ${words}` : words
}
