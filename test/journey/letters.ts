/** Letters of these tests: each has a name of its own, by which it is found again, and a body made from that name, octet for octet. */
import { random } from '../peer/random.ts'
import { nameOf, parts } from '../peer/letters.ts'

export type Sample = {
  readonly name: string
  readonly from: string
  /** Envelope recipients. */
  readonly to: readonly string[]
  readonly octets: Buffer
}

export type SampleOptions = {
  readonly from?: string
  readonly to: readonly string[]
  readonly size?: number
  readonly messageId?: string
  readonly urgent?: true
}

/** With lines that SMTP, POP3 and mbox each have to quote. */
export function sample(name: string, { from = 'eddy@shire.lan', to, size = 300, messageId = name, urgent }: SampleOptions): Sample {
  const header = [
    `From: <${from || 'mailer-daemon@herring.shire.lan'}>`,
    `To: ${to.map((one) => `<${one}>`).join(', ')}`,
    `Subject: ${name}`,
    `Message-ID: <${messageId}@letters.example>`,
    'Date: Sun, 22 Nov 2026 09:30:00 +0000',
    `X-Letter: ${name}`,
    ...(urgent ? ['Priority: urgent'] : []),
  ]
  return { name, from, to, octets: Buffer.from(`${header.join('\r\n')}\r\n\r\n${bodyOf(name, size)}`, 'latin1') }
}

export function bodyOf(name: string, size: number): string {
  const any = random(Buffer.from(name).reduce((sum, octet) => (sum * 31 + octet) >>> 0, size))
  const lines = [`This is ${name}.`, '', 'From here on', '>From there', '.', '..dots', '']
  for (let length = 0; length < size; ) {
    const line = Array.from({ length: 1 + any.below(9) }, () => any.word()).join(' ')
    lines.push(line)
    length += line.length + 2
  }
  return `${lines.join('\r\n')}\r\n`
}

/** A letter that arrived somewhere, whatever has been put on top of it on its way. */
export type Arrived = { readonly name: string; readonly to: string; readonly header: string; readonly body: string }

export function arrivedAt(to: string, octets: Buffer): Arrived {
  const { header, body } = parts(octets)
  return { name: nameOf(octets), to, header: header.toString('latin1'), body: body.toString('latin1') }
}
