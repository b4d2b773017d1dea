/** A computer of the LAN that offers files to whoever asks, as `python3 -m http.server` does. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type LanWeb = {
  /** On this machine's loopback. */
  readonly port: number
  /** Has it from now on as `/NAME`. */
  put(name: string, octets: Buffer): void
  readonly close: () => void
}

export async function lanWeb(): Promise<LanWeb> {
  const files = new Map<string, Buffer>()
  const server = createServer((request, response) => {
    const octets = files.get(request.url ?? '')
    response.writeHead(octets ? 200 : 404, { 'content-length': octets?.length ?? 0 }).end(octets)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    put: (name, octets) => void files.set(`/${name}`, octets),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
