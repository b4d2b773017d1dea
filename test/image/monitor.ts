/** QEMU's own side of a machine (QMP, qemu-qmp-ref(7)): what its disk has done, and what only a person beside it could do. */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

export type Monitor = {
  /** QEMU's arguments. */
  readonly words: readonly string[]
  /** Rejects with QEMU's own words when it will not. */
  order(execute: string, parameters?: object): Promise<unknown>
  readonly close: () => void
}

type Answer = { readonly return?: unknown; readonly error?: { readonly desc: string }; readonly QMP?: object; readonly event?: string }

export async function openMonitor(path: string): Promise<Monitor> {
  const server = createServer().listen(path)
  await once(server, 'listening')
  const connected = once(server, 'connection') as Promise<[Socket]>
  const waiting: PromiseWithResolvers<unknown>[] = []
  const greeted = connected.then(async ([socket]) => {
    socket.on('error', () => {})
    socket.on('close', () => {
      for (const one of waiting) one.reject(new Error('the machine has ended'))
    })
    const lines = createInterface({ input: socket }).on('error', () => {})
    lines.on('line', (line) => {
      const answer = JSON.parse(line) as Answer
      if (answer.QMP || answer.event !== undefined) return
      if (answer.error) waiting.shift()?.reject(new Error(answer.error.desc))
      else waiting.shift()?.resolve(answer.return)
    })
    socket.write('{"execute":"qmp_capabilities"}\n')
    const agreed = Promise.withResolvers<unknown>()
    waiting.push(agreed)
    await agreed.promise
    return socket
  })
  greeted.catch(() => {})
  return {
    words: ['-chardev', `socket,id=monitor,path=${path}`, '-mon', 'chardev=monitor,mode=control'],
    async order(execute, parameters = {}) {
      const socket = await greeted
      const answered = Promise.withResolvers<unknown>()
      waiting.push(answered)
      socket.write(`${JSON.stringify({ execute, arguments: parameters })}\n`)
      return answered.promise
    },
    close: () => void server.close(),
  }
}

/** Of the only disk: requests and octets since the machine was switched on. */
export type DiskTraffic = {
  readonly writes: number
  readonly written: number
  readonly flushes: number
  readonly reads: number
  readonly read: number
}

export async function diskTraffic({ order }: Monitor): Promise<DiskTraffic> {
  type Row = { stats: Record<'wr_operations' | 'wr_bytes' | 'flush_operations' | 'rd_operations' | 'rd_bytes', number> }
  const [row] = (await order('query-blockstats')) as Row[]
  if (!row) throw new Error('the machine has no disk')
  const { wr_operations: writes, wr_bytes: written, flush_operations: flushes, rd_operations: reads, rd_bytes: read } = row.stats
  return { writes, written, flushes, reads, read }
}
