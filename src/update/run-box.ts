/** The box as its system files show it: `/run/box` (facts, the other slot, the keeper's FIFO), the key in /etc, and where an update may lie. */
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Box, UpdateFile } from './box.ts'
import { readFacts } from './facts.ts'
import { openSlotDevice } from './slot-device.ts'
import { openWebFile } from './web-file.ts'

export type Places = {
  readonly folder: string
  readonly key: string
}

export type Web = {
  /** Is that IP address of the LAN? */
  readonly onLan: (address: string) => boolean
  /** Told of octets that leave garbage behind. */
  readonly passed: (octets: number) => void
}

export function runBox(web: Web, { folder, key }: Places = { folder: '/run/box', key: '/etc/dialpost-update.pub' }): Box {
  const requests = join(folder, 'request')
  return {
    facts() {
      try {
        return readFacts(readFileSync(join(folder, 'facts'), 'utf8'))
      } catch {
        return undefined
      }
    },
    publicKey: () => readFileSync(key, 'utf8'),
    openFile: async (place) => (place.startsWith('http:') ? openWebFile(webAddress(place, web), web.passed) : openFile(place)),
    openSlot: () => openSlotDevice(join(folder, 'slot')),
    keeperHears() {
      try {
        closeSync(openSync(requests, hurried))
        return true
      } catch {
        return false
      }
    },
    tryNext(slot, kernel) {
      const fd = openSync(requests, hurried)
      try {
        writeSync(fd, `try ${slot} ${kernel}\n`)
      } finally {
        closeSync(fd)
      }
    },
  }
}

/** Opening a FIFO that nobody reads is an error at once (fifo(7), ENXIO), not a wait. */
const hurried = constants.O_WRONLY | constants.O_NONBLOCK

function webAddress(place: string, { onLan }: Web): URL {
  const url = new URL(place)
  if (!onLan(url.hostname.replace(/^\[|\]$/g, ''))) throw new Error(`${url.hostname} is no address of the LAN`)
  return url
}

/** Without waiting for whoever might write a FIFO: what is no file is refused. */
async function openFile(path: string): Promise<UpdateFile> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const stat = await handle.stat()
  if (!stat.isFile()) {
    await handle.close()
    throw new Error('it is no file')
  }
  return {
    length: stat.size,
    async read(into, position) {
      let filled = 0
      for (let last = 1; last > 0 && filled < into.length; filled += last) {
        ;({ bytesRead: last } = await handle.read(into, filled, into.length - filled, position + filled))
      }
      return filled
    },
    close: () => handle.close(),
  }
}
