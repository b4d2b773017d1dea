/** What a server says, and what we say as one (RFC 5321 §4.2, enhanced codes RFC 3463). */

export type Reply = {
  /** 200 to 599. */
  readonly code: number
  /** `5.1.1`, without which the code alone speaks. */
  readonly enhanced?: string
  /** The words, one line per '\n', without codes. */
  readonly text: string
}

/** A reply in one call: `reply(550, '5.1.1', 'No such user')`. */
export function reply(code: number, enhanced: string, text: string): Reply {
  return { code, enhanced, text }
}

/** `550 5.1.1 No such user`, on one line: for logs, lists and bounces. */
export function formatReply({ code, enhanced, text }: Reply): string {
  return [code, enhanced, text.replaceAll('\n', ' ')].filter((part) => part !== undefined && part !== '').join(' ')
}

/** The enhanced status, made up from the class where the server gave none (RFC 3464 §2.3.4 wants one). */
export function statusOf({ code, enhanced }: Reply): string {
  return enhanced ?? `${Math.floor(code / 100)}.0.0`
}
