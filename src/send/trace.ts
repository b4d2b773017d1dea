/**
 * The Received field that our own door has just put on top, as it goes out: from, by and a date to the minute, which is what
 * RFC 5321 §4.4 and RFC 5322 §3.3 demand. On the LAN it tells more (protocol, queue id, recipient, address of the client); across
 * a modem that is 70 octets a letter which nobody outside can use. Whatever else is on top, and every older field, stays as it is. Pure.
 */

/** As accept/received.ts writes it; anything else does not match, for example a date that a clock without battery has put in doubt. */
const own =
  /^Received: (?:from ([^\s();]+) \([^\s()]*\)|\(from [^\s()]+@(localhost)\))\s+by ([^\s();]+)(?: with \w+)? id (\w+)(?:\s+for [^\s;]+)?; (?:\w{3}, )?(\d{1,2} \w{3} \d{4} \d\d:\d\d):\d\d ([+-]\d{4})\r\n(?![ \t])/

/** A longer one is nobody's. */
const longest = 1000

export function shortTrace(header: Uint8Array, hostname: string, id: string): Uint8Array {
  const top = Buffer.from(header.subarray(0, longest)).toString('latin1')
  const [field, lan, user = '', by, number, minute, zone] = own.exec(top) ?? []
  if (field === undefined || by !== hostname || number !== id) return header
  const short = `Received: from ${lan ?? user} by ${by}; ${minute} ${zone}\r\n`
  return Buffer.concat([Buffer.from(short, 'latin1'), header.subarray(field.length)])
}
