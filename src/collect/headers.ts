/**
 * Adapter (mailparser): a letter's words as a person reads them: encoded words, character sets, MIME parts. mailparser costs 14 MB
 * of memory, so it is loaded when somebody first wants to read something, and is never fed more than `limit` octets.
 */
import type { AddressObject, EmailAddress, ParsedMail } from 'mailparser'

/** On one line each; '' for what the letter lacks. */
export type Readable = { readonly from: string; readonly to: string; readonly subject: string; readonly date: string }

/** Of the header alone. Never rejects: what cannot be read is ''. */
export async function readable(header: Uint8Array): Promise<Readable> {
  const mail = await parsed(header)
  const date = mail?.date
  return {
    from: addresses(mail?.from),
    to: addresses(mail?.to),
    subject: oneLine(mail?.subject),
    date: date === undefined || Number.isNaN(date.getTime()) ? '' : date.toUTCString(),
  }
}

function addresses(field: AddressObject | AddressObject[] | undefined): string {
  const said = (one: EmailAddress): string => {
    if (one.group) return `${one.name}: ${one.group.map(said).join(', ')};`
    return one.name === '' ? (one.address ?? '') : `${one.name} <${one.address ?? ''}>`
  }
  return oneLine(
    [field ?? []]
      .flat()
      .flatMap(({ value }) => value.map(said))
      .join(', '),
  )
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
  const mail = await parsed(Buffer.concat(pieces))
  const text = mail?.text ?? (mail?.html ? await textOfHtml(mail.html) : '')
  return text.replace(/[^\P{Cc}\n\t]/gu, ' ')
}

/** mailparser turns HTML into text only where it is all of the letter. */
async function textOfHtml(html: string): Promise<string> {
  const mail = await parsed(Buffer.from(`Content-Type: text/html; charset=utf-8\r\n\r\n${html}`))
  return mail?.text ?? ''
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
