/** The real file system, but the nth call of one operation fails: before it has done anything, or (a write) half-way. */
import type { Files, Handle } from '../../src/deliver/files.ts'
import { systemFiles } from '../../src/deliver/files.ts'

export type Fault = {
  readonly operation: 'write' | 'datasync' | 'close' | 'truncate' | 'chown' | 'open' | 'link' | 'unlink' | 'rename' | 'sync'
  /** Counted from 1. */
  readonly nth: number
  readonly code: string
  /** Whose path has this in it; all, if not given. */
  readonly path?: string
}

export function faulty(...faults: readonly Fault[]): Files & { met(): boolean } {
  const calls = new Map(faults.map((fault) => [fault, 0]))
  const failing = (name: string, of: string): NodeJS.ErrnoException | undefined => {
    for (const fault of faults.filter(({ operation, path = '' }) => operation === name && of.includes(path))) {
      const call = (calls.get(fault) ?? 0) + 1
      calls.set(fault, call)
      if (call === fault.nth) return Object.assign(new Error(`${fault.code}: made up, ${name}`), { code: fault.code })
    }
    return undefined
  }
  const opened = (handle: Handle, of: string): Handle =>
    new Proxy(handle, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target)
        if (typeof value !== 'function' || typeof property !== 'string') return value
        return async (...args: unknown[]): Promise<unknown> => {
          const failure = failing(property, of)
          if (!failure) return Reflect.apply(value, target, args)
          const [octets] = args
          if (property === 'write' && octets instanceof Uint8Array) await target.write(octets.subarray(0, octets.length >> 1))
          if (property === 'close') await target.close()
          throw failure
        }
      },
    })
  const passed = (name: 'link' | 'unlink' | 'rename') => async (from: string, to?: string) => {
    const failure = failing(name, from)
    if (failure) throw failure
    return Reflect.apply(systemFiles[name], systemFiles, [from, to]) as Promise<void>
  }
  return {
    ...systemFiles,
    link: passed('link') as Files['link'],
    unlink: passed('unlink') as Files['unlink'],
    rename: passed('rename') as Files['rename'],
    async open(file, ...rest) {
      const failure = failing('open', String(file))
      if (failure) throw failure
      return opened(await systemFiles.open(file, ...rest), String(file))
    },
    met: () => faults.every((fault) => (calls.get(fault) ?? 0) >= fault.nth),
  }
}
