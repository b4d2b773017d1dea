/** Settings of the telephone line: when it is dialled, what a call costs, and the modem. */
import { budget, duration, money } from './amounts.ts'
import { flag, listOf, oneOf, whole } from './kinds.ts'
import { bitRate, modemCommand, passwordPath, path, telephone, word } from './names.ts'
import type { Tables } from './rows.ts'
import { timeOfDay, window } from './windows.ts'

export const lineTables: Tables<'call' | 'tariff' | 'link' | 'link.modem'> = {
  call: {
    presence: 'always',
    help: 'When to telephone, and for how long.',
    rows: {
      poll_every: { kind: duration('10s', '7d'), default: '5m', help: 'Collect so often while the line is up.' },
      short_queues: {
        kind: flag,
        default: true,
        help: 'Keep no more under way than fills the line, so that sending and collecting do not hold each other up; false leaves it to the kernel.',
      },
      timetable: { kind: listOf('times of day', timeOfDay), default: [], help: 'Dial for mail at these times.' },
      windows: {
        kind: listOf('windows', window),
        default: [],
        help: 'Cheap rate: bulk mail waits for it. "Mon-Fri 18:00-08:00" is before 8 and after 18 on each of these days.',
      },
      max_wait: { kind: duration('1m', '30d'), default: '6h', help: 'But no letter waits longer than this.' },
      forbidden: { kind: listOf('windows', window), default: [], help: 'Mail does not dial in these hours.' },
      urgent: {
        kind: oneOf('always', 'open', 'never'),
        default: 'open',
        help: 'Whether an urgent letter dials at once: even in forbidden hours, outside of them, or never.',
      },
      idle: {
        kind: duration('5s', '1d'),
        default: '60s',
        help: 'End a call in which people of the LAN were seen, so long after they and mail have gone quiet. One that mail alone used ends at once.',
      },
      idle_by_hand: { kind: duration('5s', '1d'), default: '10m', help: 'The same for a call that an operator dialled.' },
      use_paid: { kind: flag, default: false, help: 'Stay on line until the unit that is paid for is spent.' },
      budget: {
        kind: budget,
        default: [],
        help: 'What calls for mail may take: time ("90m/day") or money ("5.00/month"), or a list of both.',
      },
    },
  },
  tariff: {
    presence: 'list',
    help: 'What a call costs, for the planner and for `dialpost calls`.',
    rows: {
      window: { kind: window, absent: 'whenever no other tariff holds', help: 'When it holds.' },
      per_minute: { kind: money, required: true, help: 'Price of a minute.' },
      fee: { kind: money, default: 0, help: 'Price of a connection, whatever its length.' },
      minimum: { kind: money, default: 0, help: 'A call costs at least this.' },
      unit: { kind: duration('1s', '1h'), default: '1s', help: 'Calls are charged in whole units of this length.' },
    },
  },
  link: {
    presence: 'always',
    help: 'The telephone line.',
    rows: {
      mode: {
        kind: oneOf('dial', 'hooks', 'always'),
        default: 'hooks',
        help: "dial: dialpost dials and runs pppd. hooks: pppd is somebody else's, ip-up tells us. always: there is no modem.",
      },
    },
  },
  'link.modem': {
    presence: 'optional',
    help: 'For mode = "dial".',
    rows: {
      tty: { kind: path, required: true, help: 'The serial port.' },
      speed: { kind: bitRate, default: 115_200, help: 'Between computer and modem.' },
      init: { kind: listOf('modem commands', modemCommand), default: ['ATZ'], help: 'Sent before dialling, each answered by OK.' },
      numbers: { kind: listOf('telephone numbers', telephone, 1), absent: 'those of each [[isp]]', help: 'Dialled in turn.' },
      attempts: {
        kind: whole('number of attempts', 1, 100),
        default: 12,
        help: "Dialled so often within an hour at most, as some countries' law has it.",
      },
      answer_within: { kind: duration('10s', '5m'), default: '75s', help: 'How long the modem may take to connect.' },
      chat: {
        kind: path,
        absent: 'dialpost speaks with the modem itself',
        help: 'A script for chat(8), which then speaks with the modem in place of init. \\T in it is the number.',
      },
      pin_file: { kind: passwordPath, absent: 'the SIM wants none', help: "File with the SIM's PIN, for modems that have one; chmod 600." },
      pppd: { kind: path, default: '/usr/sbin/pppd', help: 'The program pppd(8).' },
      lock_dir: { kind: path, default: '/var/lock', help: 'Where programs that use serial ports leave their locks.' },
      peer: { kind: word, absent: '"isp", or that of each [[isp]]', help: "pppd's file in /etc/ppp/peers." },
    },
  },
}
