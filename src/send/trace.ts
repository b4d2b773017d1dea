/**
 * What the outside gets of our own trace field (RFC 5321 §4.4): who, by whom, under which id and when, which is what the RFC demands and
 * an inquiry needs. The LAN's addresses, the protocol and the recipient, which the envelope has, stay in the log and in the
 * mailboxes here: they are nobody's business outside, and every letter would carry them over the modem. Fields that others
 * put in are never touched (§3.7.2). Pure.
 */

/** As accept/received.ts writes it. */
const own =
  /^Received: (?:from (?<helo>\S+) \(\[[^\]]*\]\)|\(from \S+@localhost\))\r\n\tby (?<host>\S+)(?: with \S+)? id (?<id>[^\s;]+)(?:\r\n\tfor [^\r;]+)?; (?:[A-Z][a-z]{2}, )?(?<date>[^\r]+)\r\n/

/** Longer than any that we write. */
const longest = 1024

/** The header with its first field shortened, if that is ours; else as it was. */
export function shortTrace(header: Uint8Array, hostname: string): Uint8Array {
  const found = own.exec(Buffer.from(header.subarray(0, longest)).toString('latin1'))
  const { helo = 'localhost', host, id, date } = found?.groups ?? {}
  if (!found || host?.toLowerCase() !== hostname.toLowerCase()) return header
  const short = `Received: from ${helo} by ${host} id ${id}; ${date}\r\n`
  return Buffer.concat([Buffer.from(short, 'latin1'), header.subarray(found[0].length)])
}
