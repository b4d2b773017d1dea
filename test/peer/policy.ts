/** Postfix's policy delegation (SMTPD_POLICY_README), answered by the test: it decides on each recipient, and on the whole at the final dot. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

export type Question = {
  /** `DATA` and `END-OF-MESSAGE` have no recipient unless there was just one. */
  readonly state: 'RCPT' | 'END-OF-MESSAGE'
  readonly sender: string
  readonly recipient: string
  /** The login name, '' without AUTH. */
  readonly user: string
}

/** An access(5) action: `550 5.1.1 No such user`, `450 4.2.0 Later`, `DUNNO`. Undefined is DUNNO. */
export type Verdict = (question: Question) => string | undefined

export async function startPolicy(verdict: Verdict): Promise<{ port: number; stop: () => Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8')
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        socket.write(`action=${verdict(question(text.slice(0, end))) ?? 'DUNNO'}\n\n`)
        text = text.slice(end + 2)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function question(text: string): Question {
  const attributes = new Map(text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
  const value = (name: string): string => attributes.get(name) ?? ''
  return {
    state: value('protocol_state') === 'RCPT' ? 'RCPT' : 'END-OF-MESSAGE',
    sender: value('sender'),
    recipient: value('recipient'),
    user: value('sasl_username'),
  }
}
