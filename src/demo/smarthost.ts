/** The pretend ISP's smarthost: our own LAN door, which takes every letter for everybody, with whatever the caller puts behind it. */
import type { Door, DoorOptions } from '../accept/esmtp.ts'
import type { Clock } from '../clock.ts'
import { events } from '../log/events.ts'
import { formatAddress } from '../mail/address.ts'
import { collectHeader } from '../mail/header.ts'
import type { Intake } from '../queue/intake.ts'
import type { Received } from './stage.ts'

export type SmarthostParts = {
  readonly hostname: string
  readonly openDoor: (options: DoorOptions) => Promise<Door>
  /** What becomes of a letter. */
  readonly open: (id: string) => Intake
  readonly clock: Clock
}

/** On a free port of loopback. */
export async function pretendSmarthost({
  hostname,
  openDoor,
  open,
  clock,
}: SmarthostParts): Promise<{ readonly port: number; close(): Promise<void> }> {
  let count = 0
  const door = await openDoor({
    hostname,
    software: 'pretend ISP',
    listen: [{ host: '127.0.0.1', port: 0 }],
    networks: [{ octets: [127, 0, 0, 0], bits: 8 }],
    maxMessage: 1e9,
    maxClients: 20,
    receivedLimit: 25,
    router: {
      isLocal: () => true,
      route: async ({ address }, from) => ({
        kind: 'copies',
        copies: [{ from, recipient: address, to: { courier: 'smarthost' } }],
        rules: [],
      }),
    },
    open: () => open(`${++count}`),
    onEtrn: () => undefined,
    clock,
    clockKnown: () => true,
    log: events(() => {}),
  })
  return { port: door.addresses()[0]?.port ?? 0, close: () => door.close() }
}

/** An intake that counts what it swallows. */
export function mailHole(id: string, received: (letter: Received) => void): Intake {
  const header = collectHeader()
  let whole = false
  let octets = 0
  return {
    id,
    async write(piece) {
      octets += piece.length
      whole ||= header.push(piece)
    },
    async keep({ from, copies }) {
      const to = copies.map(({ recipient }) => formatAddress(recipient))
      received({ from: from ? formatAddress(from) : '<>', to, octets, header: Buffer.from(header.octets()).toString('latin1') })
    },
    discard() {},
  }
}
