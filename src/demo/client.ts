/** A LAN client that hands over one letter by SMTP in lock step, as the simplest of them do. */
import { once } from 'node:events'
import { connect } from 'node:net'

/** Resolves with the server's last reply; rejects with the reply that refused. */
export async function submit(port: number, from: string, to: readonly string[], letter: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  await once(socket, 'connect')
  const replies = repliesOf(socket)
  const say = async (line: string | undefined, expected: string): Promise<string> => {
    if (line !== undefined) socket.write(`${line}\r\n`, 'latin1')
    const { value } = await replies.next()
    const answer = String(value)
    if (!answer.startsWith(expected)) throw new Error(`the server said: ${answer}`)
    return answer
  }
  try {
    await say(undefined, '2')
    await say('EHLO herring.shire.lan', '2')
    await say(`MAIL FROM:<${from}>`, '2')
    for (const one of to) await say(`RCPT TO:<${one}>`, '2')
    await say('DATA', '3')
    const answer = await say(`${letter.replace(/^\./gm, '..')}\r\n.`, '2')
    await say('QUIT', '2')
    return answer
  } finally {
    socket.destroy()
  }
}

async function* repliesOf(socket: AsyncIterable<unknown>): AsyncGenerator<string> {
  let text = ''
  for await (const chunk of socket) {
    text += String(chunk)
    for (let reply = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(text); reply; reply = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(text)) {
      text = text.slice(reply[0].length)
      yield reply[0].trim()
    }
  }
}
