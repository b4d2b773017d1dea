/**
 * Adapter (/sys/class/net, /proc/net/snmp): whether LAN users use the line, looked at once a second while a call is up and then only. Whoever uses
 * it sends: TCP acknowledges at least. So the packets that leave are counted, which the kernel does for the interface as for each connection of
 * ours (pace.ts), sent again or compressed or not. What arrives is not looked at: it may be for nobody, as what a server repeats for a connection
 * that was lost with the call before is; the kernel counts the resets that it answers that with (proc(5), RFC 4022 tcpOutRsts). Not seen is who
 * takes a stream by UDP and says nothing. An interface that cannot be read has no users.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from './clock.ts'
import type { Carried } from './pace.ts'
import { judge, type Users } from './users.ts'

export type TrafficOptions = {
  readonly clock: Clock
  /** What our own connections have carried. */
  readonly carried: () => Carried
  /** LAN users are there, or have been quiet for a while. */
  readonly changed?: (active: boolean) => void
  /** Where the kernel lists network interfaces; for tests. */
  readonly interfaces?: string
  /** Where it counts what it did for TCP; for tests. */
  readonly snmp?: string
}

export interface Traffic {
  /** The line is up on this interface; '' is one that nobody can look at. */
  open(name: string): void
  /** When somebody else last used it in this call, `clock.elapsed()` milliseconds. */
  users(): { readonly lastActive: number | undefined }
  /** When an octet of ours last moved in this call. */
  lastUseful(): number | undefined
  /** Looks once more before a call is ended: resolves when LAN users who have just begun have been told of, which takes a second where there may be one. */
  lastLook(): Promise<void>
  /** A packet of ours left that belongs to no connection. */
  sent(): void
  close(): void
}

/** Milliseconds. */
const every = 1000
const quietAfter = 3000

export function traffic({
  clock,
  carried,
  changed = () => {},
  interfaces = '/sys/class/net',
  snmp = '/proc/net/snmp',
}: TrafficOptions): Traffic {
  let call = new AbortController()
  let name = ''
  let datagrams = 0
  let [users, lastActive, lastUseful]: [Users | undefined, number | undefined, number | undefined] = [undefined, undefined, undefined]
  let payload = 0
  let active = false

  const tell = (now: boolean): void => {
    if (now === active) return
    active = now
    changed(now)
  }
  /** Whether somebody may just have begun. */
  const look = (): boolean => {
    const now = clock.elapsed()
    const ours = carried()
    if (ours.payload > payload) lastUseful = now
    payload = ours.payload
    const line = leftBy(interfaces, name)
    if (line === undefined) return false
    const judged = judge(users, line, ours.packets + datagrams + resets(snmp), ours.waiting)
    users = judged.users
    if (judged.active) lastActive = now
    tell(lastActive !== undefined && now - lastActive < quietAfter)
    return judged.perhaps
  }
  const watch = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      look()
      await clock.sleep(clock.elapsed() + every, signal)
    }
  }
  const close = (): void => {
    call.abort()
    tell(false)
  }
  return {
    open(on) {
      close()
      call = new AbortController()
      name = on
      users = lastActive = lastUseful = undefined
      payload = carried().payload
      void watch(call.signal)
    },
    async lastLook() {
      const { signal } = call
      if (signal.aborted || !look()) return
      await clock.sleep(clock.elapsed() + every, signal)
      if (!signal.aborted) look()
    },
    users: () => ({ lastActive }),
    lastUseful: () => lastUseful,
    sent: () => void datagrams++,
    close,
  }
}

/** Segments with which the kernel by itself has answered what is for no connection of this box; what is forwarded is not among them. */
function resets(snmp: string): number {
  try {
    const [names = [], values = []] = readFileSync(snmp, 'utf8')
      .split('\n')
      .filter((row) => row.startsWith('Tcp:'))
      .map((row) => row.split(' '))
    return Number(values[names.indexOf('OutRsts')] ?? 0)
  } catch {
    return 0
  }
}

/** Packets; undefined once the interface is gone. */
function leftBy(interfaces: string, name: string): number | undefined {
  if (name === '') return undefined
  try {
    const packets = Number(readFileSync(join(interfaces, name, 'statistics/tx_packets'), 'utf8'))
    return Number.isFinite(packets) ? packets : undefined
  } catch {
    return undefined
  }
}
