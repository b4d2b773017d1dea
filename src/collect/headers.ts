/**
 * Adapter (mailparser): a letter's words as a person reads them: encoded words, character sets, MIME parts. mailparser costs 14 MB
 * of memory, so it is loaded when somebody first wants to read something, and is never fed more than `limit` octets.
 */
import type { ParsedMail } from 'mailparser'

/** On one line each; '' for what the letter lacks. */
export type Readable = { readonly from: string; readonly to: string; readonly subject: string; readonly date: string }

/** Of the header alone. Never rejects: what cannot be read is ''. */
export async function readable(header: Uint8Array): Promise<Readable> {
  const mail = await parsed(header)
  const to = mail?.to === undefined ? [] : [mail.to].flat()
  return {
    from: oneLine(mail?.from?.text),
    to: oneLine(to.map(({ text }) => text).join(', ')),
    subject: oneLine(mail?.subject),
    date: oneLine(mail?.date === undefined || Number.isNaN(mail.date.getTime()) ? '' : mail.date.toUTCString()),
  }
}

/** The text that a person would see first, at most `limit` octets of the letter read for it. */
export async function readableText(content: AsyncIterable<Uint8Array>, limit: number = 64 * 1024): Promise<string> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of content) {
    pieces.push(piece.subarray(0, limit - size))
    size += piece.length
    if (size >= limit) break
  }
  const text = (await parsed(Buffer.concat(pieces)))?.text ?? ''
  return text.replace(/[^\P{Cc}\n\t]/gu, ' ')
}

async function parsed(octets: Uint8Array): Promise<ParsedMail | undefined> {
  const { simpleParser } = await import('mailparser')
  try {
    return await simpleParser(Buffer.from(octets), { skipTextToHtml: true, skipImageLinks: true })
  } catch {
    return undefined
  }
}

function oneLine(text: string | undefined): string {
  return (text ?? '').replace(/[\p{Cc}\s]+/gu, ' ').trim()
}
