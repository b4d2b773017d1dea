/** Hands letters to an SMTP server octet for octet, as a mail program on the LAN does it, all over one connection. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export type Outgoing = { readonly from: string; readonly to: readonly string[]; readonly octets: Uint8Array }

/** The final reply to each letter; a letter that did not get to its dot has the reply that stopped it. */
export async function send(port: number, letters: readonly Outgoing[]): Promise<readonly string[]> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const replies = readReplies(socket)
  const say = async (command: string | Uint8Array): Promise<string> => {
    socket.write(command)
    return replies()
  }
  const answers: string[] = []
  await replies()
  await say('EHLO herring\r\n')
  for (const { from, to, octets } of letters) {
    let answer = await say(`MAIL FROM:<${from}> BODY=8BITMIME SIZE=${octets.length}\r\n`)
    for (const recipient of to) if (answer < '4') answer = await say(`RCPT TO:<${recipient}>\r\n`)
    if (answer < '4') answer = await say('DATA\r\n')
    if (answer < '4') answer = await say(stuffed(octets))
    else await say('RSET\r\n')
    answers.push(answer)
  }
  await say('QUIT\r\n')
  socket.destroy()
  return answers
}

/** Content as DATA wants it, the final dot included (RFC 5321 §4.5.2). */
export function stuffed(octets: Uint8Array): Buffer {
  const text = Buffer.from(octets).toString('latin1')
  const whole = text.endsWith('\r\n') ? text : `${text}\r\n`
  return Buffer.from(`${whole.replaceAll('\r\n.', '\r\n..').replace(/^\./, '..')}.\r\n`, 'latin1')
}

/** Gives one whole reply after the other; rejects when the connection ends. */
function readReplies(socket: Socket): () => Promise<string> {
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let text = ''
  return async () => {
    for (;;) {
      const found = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(text)
      if (found) {
        text = text.slice(found[0].length)
        return found[0].trimEnd()
      }
      const next = await chunks.next()
      if (next.done) throw new Error(`the server hung up${text === '' ? '' : ` after ${text}`}`)
      text += next.value.toString('utf8')
    }
  }
}
