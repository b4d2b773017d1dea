/** Settings of the computer that it all runs on: its time, its log, its console, its page. */
import { size } from './amounts.ts'
import { flag, listOf, oneOf } from './kinds.ts'
import { bitRate, path, socket } from './names.ts'
import { listen, timeServer } from './network.ts'
import type { Tables } from './rows.ts'

export const computerTables: Tables<'time' | 'log' | 'console' | 'web'> = {
  time: {
    presence: 'always',
    help: 'What time it is, on a computer whose clock runs on no battery.',
    rows: {
      servers: {
        kind: listOf('time servers', timeServer),
        default: [],
        help: "Asked by SNTP in a call, in turn; name or IP address. While the clock is unknown and none has answered, the dates of the ISP's mail servers are used.",
      },
      set: {
        kind: flag,
        default: true,
        help: "Whether dialpost sets the computer's clock; where it does not, it keeps the time for mail alone.",
      },
    },
  },
  log: {
    presence: 'always',
    help: 'The log. None of it is written to flash.',
    rows: {
      syslog: { kind: flag, default: true, help: "Send it to syslog as facility mail, with sendmail's from= and to= lines." },
      syslog_to: {
        kind: socket,
        default: '/dev/log',
        help: 'Socket of the syslog daemon, or IP address and UDP port of a log host on the LAN.',
      },
      level: { kind: oneOf('debug', 'info', 'notice', 'warn', 'error'), default: 'info', help: 'The least that is logged on stdout.' },
      ring: { kind: size('4KB', '16MB'), default: '256KB', help: 'How much of it `dialpost log` remembers.' },
    },
  },
  console: {
    presence: 'optional',
    help: "The operator's console on a serial port.",
    rows: {
      tty: { kind: path, required: true, help: 'The serial port.' },
      speed: { kind: bitRate, default: 9600, help: 'Its speed.' },
    },
  },
  web: {
    presence: 'optional',
    help: 'The LAN page; without this table there is none.',
    rows: { listen: { kind: listOf('listen addresses', listen, 1), required: true, help: 'Where HTTP is spoken.' } },
  },
}
