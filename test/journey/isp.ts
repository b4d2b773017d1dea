/**
 * The pretend ISP, in the test's own process so that it outlives every daemon: two POP3 boxes, one by IMAP, and a smarthost that keeps each letter as
 * soon as its last octet is here, whatever becomes of the client. All of it lies behind a pretend telephone line.
 */
import { smtpDoor } from '../../src/accept/esmtp.ts'
import { systemClock } from '../../src/clock.ts'
import { type Modem, pretendModem } from '../../src/demo/modem.ts'
import { type Pop3Server, pretendPop3 } from '../../src/demo/pop3d.ts'
import { pretendSmarthost } from '../../src/demo/smarthost.ts'
import { formatAddress } from '../../src/mail/address.ts'
import type { Intake } from '../../src/queue/intake.ts'
import { inside, imapServer, type ImapServer } from '../collect/imap-server.ts'
import { startSink } from '../peer/sink.ts'
import { boxPasswords } from './hub.ts'
import { type Arrived, arrivedAt } from './letters.ts'

/** `at`: `performance.now()` when its last octet was there. */
export type Taken = Arrived & { readonly from: string; readonly at: number }

export type Isp = {
  readonly modem: Modem
  readonly pop3: Pop3Server
  /** eddyy's other box. */
  readonly imap: ImapServer
  /** Ports on our side of the line. */
  readonly near: { readonly smarthost: number; readonly pop3: number; readonly imap: number }
  /** What the smarthost has, one for each recipient of a letter, in order. */
  taken(): readonly Taken[]
  close(): Promise<void>
}

export type IspOptions = {
  /** `data`: PIPELINING and AUTH, one answer a letter · `chunks`: PIPELINING and CHUNKING. Default data. */
  readonly smarthost?: 'data' | 'chunks'
  /** A reply in place of the usual one, by command line; the final dot is the command `.`. For `data` alone. */
  readonly answer?: (command: string, isp: { readonly modem: Modem }) => string | undefined
  /** What it greets with, behind the code; for `data` alone. */
  readonly greeting?: () => string
  /** User → password of the boxes. Default: what the hub's settings have. */
  readonly passwords?: ReadonlyMap<string, string>
  /** Default: so fast that nobody waits for it. */
  readonly bitsPerSecond?: number
}

export async function startIsp({
  smarthost = 'data',
  answer = () => undefined,
  greeting,
  passwords = boxPasswords,
  bitsPerSecond = 1e9,
}: IspOptions = {}): Promise<Isp> {
  const modem = pretendModem({ bitsPerSecond, latency: 0 })
  const relay = smarthost === 'chunks' ? await chunking() : await plain((command) => answer(command, { modem }), greeting)
  const pop3 = await pretendPop3(passwords)
  const imap = await imapServer({
    user: 'eddyy',
    password: passwords.get('eddyy') ?? '',
    insideCapabilities: ['COMPRESS=DEFLATE', ...inside],
  })
  modem.pickUp()
  return {
    modem,
    pop3,
    imap,
    near: {
      smarthost: await modem.through(relay.port),
      pop3: await modem.through(pop3.port),
      imap: await modem.through(imap.port),
    },
    taken: () =>
      relay.letters().flatMap(({ from, recipients, octets, at }) => recipients.map((to) => ({ ...arrivedAt(to, octets), from, at }))),
    async close() {
      await modem.close()
      await Promise.all([relay.close(), pop3.close(), imap.close()])
    },
  }
}

type Whole = { readonly from: string; readonly recipients: readonly string[]; readonly octets: Buffer; readonly at: number }
type Relay = { readonly port: number; letters(): readonly Whole[]; close(): Promise<void> }

const features = ['sink', 'PIPELINING', '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES', 'DSN', 'AUTH PLAIN', 'SIZE 0']

async function plain(answer: (command: string) => string | undefined, greeting?: () => string): Promise<Relay> {
  const sink = await startSink({
    ...(greeting ? { greeting } : {}),
    answer(command) {
      if (command.startsWith('EHLO')) return features.map((line, at) => `250${at === features.length - 1 ? ' ' : '-'}${line}`).join('\r\n')
      return command.startsWith('AUTH') ? '235 2.7.0 Welcome' : answer(command)
    },
  })
  return { port: sink.port, letters: () => sink.letters, close: sink.stop }
}

async function chunking(): Promise<Relay> {
  const letters: Whole[] = []
  const door = await pretendSmarthost({
    hostname: 'smtp.isp.example',
    openDoor: smtpDoor,
    open: (id) => inRam(id, letters),
    clock: systemClock,
  })
  return { port: door.port, letters: () => letters, close: door.close }
}

function inRam(id: string, letters: Whole[]): Intake {
  const pieces: Uint8Array[] = []
  return {
    id,
    async write(piece) {
      pieces.push(Buffer.from(piece))
    },
    async keep({ from, copies }) {
      const recipients = copies.map(({ recipient }) => formatAddress(recipient))
      letters.push({ from: from ? formatAddress(from) : '', recipients, octets: Buffer.concat(pieces), at: performance.now() })
    },
    discard() {},
  }
}
