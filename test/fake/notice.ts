/** A letter with one failed delivery, as the queue would hand it over; tests change what they are about. */
import type { Address } from '../../src/mail/address.ts'
import { parseAddress } from '../../src/mail/address.ts'
import type { Message } from '../../src/mail/message.ts'
import { reply } from '../../src/mail/reply.ts'
import type { Notice, Reported } from '../../src/queue/notice.ts'

export const address = (text: string): Address => parseAddress(text) ?? { local: text, domain: '' }

export const letter = 'From: games@moriah\r\nTo: bob@far.example\r\nSubject: Hello\r\nMessage-ID: <1@moriah>\r\n\r\nDear Bob,\r\n'

export function failedDelivery(changes: Partial<Reported> = {}): Reported {
  return {
    id: 7,
    message: '4F2',
    attempts: 1,
    from: address('games@moriah'),
    recipient: address('bob@far.example'),
    to: { courier: 'smarthost' },
    outcome: { kind: 'refused', reply: reply(550, '5.1.1', 'No such user'), where: 'mail.isp.example [192.0.2.1]' },
    spent: 60,
    ...changes,
  }
}

export function letterOf(changes: Partial<Message> = {}): Message {
  return {
    id: '4F2',
    from: address('games@moriah'),
    size: letter.length,
    kept: { wall: Date.UTC(2000, 5, 3, 19, 58, 31), known: true },
    priority: 'normal',
    parameters: {},
    origin: { door: 'accept', client: 'herring [192.168.1.7]' },
    messageId: '<1@moriah>',
    subject: 'Hello',
    ...changes,
  }
}

export function noticeOf(changes: Partial<Notice> & { readonly text?: string } = {}): Notice {
  const { text = letter, ...rest } = changes
  return {
    kind: 'failure',
    from: address('games@moriah'),
    message: letterOf(),
    deliveries: [failedDelivery()],
    async *content() {
      yield Buffer.from(text, 'latin1')
    },
    ...rest,
  }
}
