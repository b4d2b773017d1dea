/** A house with a little of everything in it, for console sessions. */
import { noSum } from '../../src/call/record.ts'
import type { House, QueuedLetter } from '../../src/console/house.ts'

const kept = Date.UTC(2026, 10, 22, 9, 37)

const letters: readonly QueuedLetter[] = [
  {
    id: '4F2',
    from: 'keith@shire.lan',
    size: 3512,
    priority: 'urgent',
    subject: 'Reminder',
    kept,
    keptKnown: true,
    lineSeconds: 1,
    deliveries: [
      { recipient: 'bob@far.example', courier: 'smarthost', state: 'waiting', words: 'waiting', attempts: 0, possibleDuplicate: false },
      {
        recipient: 'eve@far.example',
        courier: 'smarthost',
        state: 'waiting',
        words: 'deferred: 451 4.3.0 try later',
        attempts: 1,
        nextIn: 290,
        possibleDuplicate: true,
      },
    ],
  },
  {
    id: '4F3',
    from: 'bell\u0007@evil.example',
    size: 5_242_880,
    priority: 'normal',
    subject: '',
    kept,
    keptKnown: false,
    lineSeconds: 0,
    deliveries: [{ recipient: 'eddy', courier: 'mailbox', state: 'held', words: 'held', attempts: 0, possibleDuplicate: false }],
  },
]

const names: Readonly<Record<string, readonly string[]>> = {
  ID: letters.map(({ id }) => id),
  MAILBOX: ['work', 'shofar'],
  ISP: ['isp-a', 'isp-b'],
  ADDRESS: ['eddy', 'keith'],
  A: ['eddy', 'keith'],
  NAME: ['hostname', 'queue.reserve', 'queue.return_after'],
}

export function fakeHouse(): House {
  const known = (id: string, done: string) =>
    letters.some((letter) => letter.id === id) ? { done } : { refused: `there is no message ${id}; dialpost queue lists those that wait` }
  return {
    status: () => ({
      version: '0.1.0',
      hostname: 'moriah.shire.lan',
      system: '0.1.0 in slot B: the update was taken',
      update: '',
      running: 11_564,
      line: { kind: 'up', words: 'up on ppp0 for 1:02 (ip-up)' },
      plan: 'mail goes; nobody else uses the line',
      modem: 'signal -71 dBm',
      call: {
        number: 1,
        began: kept,
        counted: kept,
        seconds: 62,
        cause: 'ip-up',
        ended: '',
        isp: '',
        carrier: undefined,
        cameUp: true,
        line: undefined,
        out: { letters: 2, octets: 14_000 },
        in: { letters: 5, octets: 31_000 },
        cost: undefined,
        failed: [],
      },
      nextPoll: 238,
      queue: { letters: 2, octets: 5_246_392, forIsp: 1, local: 1, held: 1, lineSeconds: 1 },
      outward: { waiting: 3512, gone: 512 },
      rate: { out: 3000, in: 3300 },
      boxes: [
        { name: 'work', words: '5 letters collected', ok: true, busy: false },
        { name: 'shofar', words: 'the ISP refuses the password; mend password_file, then: dialpost poll shofar', ok: false, busy: false },
      ],
      stuck: ['eddy: locked by pid 77 on herring for 6:00'],
      clock: '2026-11-22 12:50, says ntp.isp.example, 3:12 ago',
      memory: { pss: 31_000_000, anonymous: 16_000_000 },
      flash: { octets: 1_200_000, flushes: 214, free: 61_000_000, reserve: 8_000_000 },
    }),
    queue: () => letters,
    letter: async (id) => {
      const letter = letters.find((one) => one.id === id)
      return (
        letter && {
          ...letter,
          origin: 'from herring [192.168.1.7]',
          messageId: '<14652.56766@herring>',
          history: ['2026-11-22 09:38  eve@far.example  deferred: 451 4.3.0 try later'],
          readable: {
            from: 'Keith <keith@shire.lan>',
            to: 'bob@far.example',
            subject: 'Reminder',
            date: 'Sun, 22 Nov 2026 09:37:00 +0000',
            text: 'Tonight at eight.',
          },
          header: 'From: Keith <keith@shire.lan>\nTo: bob@far.example',
        }
      )
    },
    calls: () => [],
    sums: () => ({ day: noSum, week: noSum, month: noSum, total: noSum, left: [] }),
    flush: (target) => ({
      done:
        target === undefined ? '2 letters will be sent when the line is up.' : `What waits for ${target} will be sent when the line is up.`,
    }),
    poll: () => ({ refused: 'the line is down: the boxes are polled as soon as it is up' }),
    preview: async (box) =>
      box === 'work'
        ? [{ uidl: 'a1', size: 2_000_000, from: 'mum@home.example', subject: 'Photos', state: 'noted' }]
        : { refused: `there is no mailbox ${box}; there are: work shofar` },
    request: (what, box, uids) => ({ done: `${uids.join(' ')} at ${box}: ${what} with the next call.` }),
    hold: (id) => known(id, `${id} is held.`),
    release: (id) => known(id, `${id} is free.`),
    delete: (id) => known(id, `${id} is gone.`),
    dial: (isp) => (isp === 'nobody' ? { refused: 'there is no ISP nobody' } : { done: 'The line is dialled.' }),
    hangUp: () => ({ done: 'The line is hung up.' }),
    tellLine: (up) => ({ done: up ? 'The line is up.' : 'The line is down.' }),
    async update(file, { say, sure }) {
      if (file !== '/var/mail/old.update') return { refused: `${file}: it is not there. The box stays with slot A` }
      if (!(await sure('0.0.9 is older than 0.1.0, which is running. Go back?')))
        return { refused: 'not done; --yes does it without asking' }
      say('10 %')
      return { done: 'Slot B holds 0.0.9.' }
    },
    explain: async (address, from) => [`${address} is local.`, ...(from === undefined ? [] : [`${from} leaves as shofar@isp.example.`])],
    log: (lines) => ['one', 'two', 'three'].slice(-lines),
    followLog: async (heard) => heard('four'),
    later: (_ms, signal) => new Promise((over) => signal.addEventListener('abort', () => over())),
    check: () => ({ file: '/etc/dialpost.toml', mistakes: [] }),
    settings: (name) => (name === undefined || name === 'hostname' ? "hostname: domain; default: the computer's own name" : undefined),
    names: (hole) => names[hole] ?? [],
    box: () => ({ refused: 'this box cannot be told to: nothing listens at /run/box/request' }),
  }
}
