/**
 * The log for syslog. Of the three ways there are, this is the daemon's socket /dev/log, by a datagram that never blocks:
 * every syslogd listens there, busybox's and journald among them, while UDP port 514 of loopback is closed in all of
 * them until somebody opens it, and a pipe to logger(1) is one process more in 64 MB. UDP is there for a log host on the
 * LAN. A line that syslog does not take is dropped and counted, and the count is the next line it takes.
 */
import { createSocket } from 'node:dgram'
import { closeSync, writeSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import { connectDatagram } from '../libc.ts'
import type { Line, Sink } from './events.ts'
import { type Stamp, syslogPacket } from './rfc3164.ts'

export type SyslogOptions = {
  /** `/dev/log`, or `192.168.1.5:514`, `[fd00::5]:514`. */
  readonly to: string
  readonly hostname: string
  readonly clock: Clock
}

export interface Syslog {
  readonly sink: Sink
  readonly close: () => void
}

export function syslog({ to, hostname, clock }: SyslogOptions): Syslog {
  return to.startsWith('/') ? local(to, clock) : remote(to, hostname, clock)
}

function local(path: string, clock: Clock): Syslog {
  const socket = localSocket(path)
  let lost = 0
  const send = (line: Line): boolean => socket.send(syslogPacket(line, stamp(clock)))
  return {
    sink(line) {
      if (lost > 0 && send(lossOf(lost))) lost = 0
      if (!send(line)) lost++
    },
    close: () => socket.close(),
  }
}

function remote(to: string, hostname: string, clock: Clock): Syslog {
  const [, host = '', port] = /^\[?(.*?)\]?:(\d+)$/.exec(to) ?? []
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4').unref()
  socket.on('error', () => {})
  return {
    sink: (line) => socket.send(syslogPacket(line, { ...stamp(clock), hostname }), Number(port), host, () => {}),
    close: () => socket.close(),
  }
}

function stamp(clock: Clock): Stamp {
  return { now: clock.now(), pid: process.pid }
}

function lossOf(count: number): Line {
  return { level: 'warn', event: 'log-lost', text: `${count} lines of log were lost, for syslog did not take them`, fields: {} }
}

/** Connects when first needed, and again when syslogd has been restarted. `send` says whether the datagram was taken. */
function localSocket(path: string) {
  let fd: number | undefined
  const close = (): void => {
    if (fd !== undefined) closeSync(fd)
    fd = undefined
  }
  const attempt = (packet: Uint8Array): 'sent' | 'full' | 'gone' => {
    try {
      fd ??= connectDatagram(path)
      writeSync(fd, packet)
      return 'sent'
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 'full'
      close()
      return 'gone'
    }
  }
  return {
    close,
    send(packet: Uint8Array): boolean {
      const connected = fd !== undefined
      const first = attempt(packet)
      return (first === 'gone' && connected ? attempt(packet) : first) === 'sent'
    },
  }
}
