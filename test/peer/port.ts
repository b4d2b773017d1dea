/** Ports for peers: chosen free below the kernel's own range, so that no outgoing connection takes one in between; and waiting until one answers. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Given away in this process, to somebody who may not listen yet. */
const taken = new Set<number>()

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    if (taken.has(port)) continue
    taken.add(port)
    const server = createServer().listen(port, '127.0.0.1')
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!free) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

/** Resolves once this server sends its greeting (any octet) on the port; rejects with what it said when it ends instead, or after a minute. */
export async function greeted(port: number, child: ChildProcess, log: () => string): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await greets(port))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the peer ended instead of listening on ${port}:\n${log()}`)
    if (Date.now() > deadline) throw new Error(`the peer does not listen on ${port}:\n${log()}`)
    await delay(20)
  }
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('data', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('data', () => socket.destroy())
  })
}
