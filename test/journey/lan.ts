/** A client of the LAN that knows exactly what it was told: whether its letter was taken, refused, or whether nobody said. */
import { call } from '../accept/caller.ts'
import type { Sample } from './letters.ts'

/** The reply to the letter's last octet, or the refusal before it; undefined when the connection ended without an answer. */
export async function submit(port: number, { from, to, octets }: Pick<Sample, 'from' | 'to' | 'octets'>): Promise<string | undefined> {
  const client = await call(port).catch(() => undefined)
  if (!client) return undefined
  client.socket.on('error', () => {})
  try {
    for (const line of ['EHLO herring.shire.lan', `MAIL FROM:<${from}>`, ...to.map((one) => `RCPT TO:<${one}>`), 'DATA']) {
      const reply = await client.ask(line)
      if (reply === undefined || !/^[23]/.test(reply)) return reply
    }
    client.say(`${octets.toString('latin1').replace(/^\./gm, '..')}.\r\n`)
    return await client.hear()
  } catch {
    return undefined
  } finally {
    await client.end()
  }
}
