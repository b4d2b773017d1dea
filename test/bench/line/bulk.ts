/** Bulk TCP over the line, to prove it: `bulk.ts serve` sends for as long as somebody reads, `bulk.ts take ADDRESS OCTETS` reads, and prints the milliseconds. */
import { connect, createServer } from 'node:net'

const port = 4000

export function serveBulk(): void {
  const server = createServer((socket) => {
    const block = Buffer.alloc(16 * 1024)
    const more = (): void => {
      while (!socket.destroyed && socket.write(block));
    }
    socket.on('drain', more).on('error', () => {})
    more()
  })
  server.listen(port, () => process.stdout.write('ready\n'))
}

export function takeBulk(address: string, octets: number): void {
  const socket = connect(port, address)
  let began = 0
  let taken = 0
  socket.on('data', ({ length }) => {
    // The first octets are here: from now on the line is to be full.
    if (began === 0) began = performance.now()
    else taken += length
    if (taken < octets) return
    socket.destroy()
    process.stdout.write(`${JSON.stringify({ octets: taken, milliseconds: performance.now() - began })}\n`)
  })
}

if (import.meta.main) {
  const [role, address = '', octets = '0'] = process.argv.slice(2)
  if (role === 'serve') serveBulk()
  else takeBulk(address, Number(octets))
}
