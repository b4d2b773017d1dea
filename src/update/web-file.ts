/**
 * An update on a web server of the LAN, such as `python3 -m http.server` where it was built: for whoever has no other way to put a
 * file onto the box. It streams as it is asked for; no more of it is kept than its front. The server is named by its address, for
 * to look a name up might cost a call.
 */
import { get, type IncomingMessage } from 'node:http'
import type { UpdateFile } from './box.ts'

/** Octets that may be asked for again. */
const frontLength = 4096

/** `passed` is told of octets that leave garbage behind. `patience`: milliseconds for which neither side may do anything; a person may be thinking. */
export async function openWebFile(url: URL, passed: (octets: number) => void, patience = 120_000): Promise<UpdateFile> {
  const response = await answer(url, patience)
  const length = Number(response.headers['content-length'])
  if (response.statusCode !== 200 || !Number.isSafeInteger(length)) {
    response.destroy()
    throw new Error(response.statusCode === 200 ? 'its server does not say how long it is' : `its server answers ${response.statusCode}`)
  }
  const take = taker(response)
  const front = new Uint8Array(Math.min(length, frontLength))
  await take(front)
  return {
    length,
    async read(into, position) {
      const again = front.subarray(position, position + into.length)
      into.set(again)
      const taken = await take(into.subarray(again.length))
      passed(taken)
      return again.length + taken
    },
    close: async () => void response.destroy(),
  }
}

function answer(url: URL, patience: number): Promise<IncomingMessage> {
  return new Promise((answered, failed) => {
    const request = get(url, { agent: false }, answered).once('error', failed)
    request.setTimeout(patience, () => request.destroy(new Error('its server says nothing')))
  })
}

/** Fills what it is given with what comes next; fewer octets where nothing more comes. */
function taker(stream: AsyncIterable<Uint8Array>): (into: Uint8Array) => Promise<number> {
  const chunks = stream[Symbol.asyncIterator]()
  let left: Uint8Array = new Uint8Array(0)
  return async (into) => {
    let filled = 0
    while (filled < into.length) {
      if (left.length === 0) {
        const next = await chunks.next()
        if (next.done === true) break
        left = next.value
      }
      const octets = left.subarray(0, into.length - filled)
      into.set(octets, filled)
      filled += octets.length
      left = left.subarray(octets.length)
    }
    return filled
  }
}
