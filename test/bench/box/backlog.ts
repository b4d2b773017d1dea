/**
 * What ten thousand waiting letters cost: memory beside an empty queue, a start, and the time from the line coming up to the first MAIL
 * at the smarthost, which takes nothing.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Ground } from './contender.ts'
import { startDialpost } from './dialpost.ts'
import { drive } from './drive.ts'

export type Backlog = {
  readonly letters: number
  /** Anonymous memory of a daemon that has just started, megabytes. */
  readonly memory: number
  /** Seconds from its start to its greeting. */
  readonly start: number
  /** Seconds from `up` in its FIFO to the first MAIL. */
  readonly first: number
}

/** Starts with so many letters more than were there, and lets the line come up once. */
export async function backlog(ground: Ground, letters: number): Promise<Backlog> {
  const smarthost = await refusing()
  try {
    if (letters > 0) await fill(ground, letters, smarthost.port)
    const began = performance.now()
    const server = await startDialpost(ground, smarthost.port)
    const start = (performance.now() - began) / 1000
    try {
      await delay(2000)
      const memory = anonymous(server.pid)
      const waiting = await server.queued('sam')
      assert.equal(new Set(waiting).size, letters)
      const up = performance.now()
      if (letters > 0) await appendFile(join(ground.folder, 'run/hook'), 'up ppp0 /dev/ttyS1 33600 10.0.0.2 10.0.0.1 isp\n')
      const first = letters > 0 ? ((await smarthost.mail) - up) / 1000 : 0
      return { letters, memory, start, first }
    } finally {
      await server.stop()
      server.meter.close()
    }
  } finally {
    smarthost.close()
  }
}

async function fill(ground: Ground, letters: number, smarthost: number): Promise<void> {
  const server = await startDialpost(ground, smarthost)
  try {
    await drive({ port: server.port, letters, to: 'sam@far.example', numbered: true, kept: true })
  } finally {
    await server.stop()
    server.meter.close()
  }
}

/** A smarthost that defers every letter; `mail` is when the first was offered. */
async function refusing(): Promise<{ readonly port: number; readonly mail: Promise<number>; close(): void }> {
  const { promise: mail, resolve } = Promise.withResolvers<number>()
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.write('220 smtp.isp.example\r\n')
    socket.on('data', (octets) => {
      const commands = octets.toString('latin1').split('\r\n').filter(Boolean)
      if (commands.some((command) => /^MAIL /i.test(command))) resolve(performance.now())
      for (const command of commands)
        socket.write(/^(EHLO|HELO|QUIT|RSET)/i.test(command) ? '250 smtp.isp.example\r\n' : '421 4.3.2 Not now\r\n')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { port: address.port, mail, close: () => void server.close() }
}

/** Megabytes. */
function anonymous(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')
  return Number(/^Anonymous:\s+(\d+) kB/m.exec(text)?.[1]) / 1024
}
