/** A box in memory: two slots, a keeper who notes what is asked of him, files, and faults at the nth call. */
import { createHash } from 'node:crypto'
import type { Box } from '../../src/update/box.ts'
import type { Facts } from '../../src/update/facts.ts'
import { filled, type Header, newKeys, seal } from '../../src/update/package.ts'

export const keys: ReturnType<typeof newKeys> = newKeys()

export const facts: Facts = { board: 'qemu-x86_64', version: '0.1.0', slot: 'A', good: 'A', tried: undefined }

/** An update of recognisable octets: a root of 9000 and a kernel of 3000. */
export function updateFile(change: Partial<Header> = {}, privateKey: string = keys.privateKey): Buffer {
  const [root, kernel] = [9000, 3000]
  const payload = Buffer.alloc(filled(root) + filled(kernel))
  for (let at = 0; at < root; at++) payload[at] = (at * 7) % 251
  payload.fill('kernel', filled(root), filled(root) + kernel)
  const sha256 = createHash('sha256').update(payload).digest('hex')
  return Buffer.concat([seal({ board: facts.board, version: '0.2.0', root, kernel, sha256, ...change }, privateKey), payload])
}

export type Call = 'read file' | 'open slot' | 'write' | 'turn round' | 'read slot' | 'try'

export type FakeBox = Box & {
  readonly slot: Uint8Array
  /** What the keeper was asked. */
  readonly asked: string[]
  /** How often each was called. */
  readonly calls: Map<Call, number>
  /** How many are open. */
  readonly open: () => number
}

export type Makeup = {
  readonly file?: Uint8Array
  readonly facts?: Partial<Facts> | 'none'
  readonly room?: number
  readonly keeper?: boolean
  readonly key?: string
  /** That call, the nth of its kind from 0 on, throws. */
  readonly fault?: { readonly call: Call; readonly nth: number; readonly code: string }
  /** An octet of the slot that the flash does not keep. */
  readonly worn?: number
  /** Before each call, awaited. */
  readonly before?: (call: Call, nth: number) => void | Promise<void>
}

export function fakeBox({
  file = updateFile(),
  facts: changed,
  room = 64 * 1024,
  keeper = true,
  key,
  fault,
  worn,
  before,
}: Makeup = {}): FakeBox {
  const slot = new Uint8Array(room)
  const piece = new Uint8Array(4096)
  const asked: string[] = []
  const calls = new Map<Call, number>()
  let open = 0
  const call = async (name: Call): Promise<void> => {
    await before?.(name, calls.get(name) ?? 0)
    count(name)
  }
  const count = (name: Call): void => {
    const nth = calls.get(name) ?? 0
    calls.set(name, nth + 1)
    if (fault?.call === name && fault.nth === nth) throw Object.assign(new Error(`${fault.code}: ${name}`), { code: fault.code })
  }
  const close = async (): Promise<void> => {
    open--
  }
  return {
    slot,
    asked,
    calls,
    open: () => open,
    facts: () => (changed === 'none' ? undefined : { ...facts, ...changed }),
    publicKey: () => key ?? keys.publicKey,
    async openFile(path) {
      if (path !== '/var/mail/new.update') throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
      open++
      return {
        length: file.length,
        async read(into, position) {
          await call('read file')
          const octets = file.subarray(position, position + into.length)
          into.set(octets)
          return octets.length
        },
        close,
      }
    },
    async openSlot() {
      await call('open slot')
      open++
      return {
        length: room,
        piece,
        async write(octets, position) {
          await call('write')
          slot.set(piece.subarray(0, octets), position)
          if (worn !== undefined && worn >= position && worn < position + octets) slot[worn] = 255 - (slot[worn] ?? 0)
        },
        turnRound: () => call('turn round'),
        async read(octets, position) {
          await call('read slot')
          piece.set(slot.subarray(position, position + octets))
        },
        close,
      }
    },
    keeperHears: () => keeper,
    tryNext(name, kernel) {
      count('try')
      asked.push(`try ${name} ${kernel}`)
    },
  }
}
