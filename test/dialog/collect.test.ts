/**
 * Conversations of an ISP's POP3 server with our client as text files, the server's side played over loopback; `---` begins the next
 * session. `@ cut octets` sends each burst in pieces that end with these octets; `@ keep`, `@ tls-off` and `@ known` are the account's.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { drain } from '../../src/collect/drain.ts'
import type { Report } from '../../src/collect/session.ts'
import { pop3 } from '../../src/collect/pop3.ts'
import { sockets } from '../../src/collect/socket.ts'
import { encrypter } from '../../src/tls.ts'
import { asItCame, house, work, type House } from '../collect/house.ts'
import { matchLines, parseDialog, play, socketTransport, type Dialog, type Transport } from './player.ts'

const encrypt = encrypter({ clockIsKnown: () => true })

const folder = join(import.meta.dirname, 'collect')

for (const file of readdirSync(folder).sort()) {
  test(file.replace(/\.txt$/, '').replaceAll('-', ' '), { timeout: 20_000 }, async (t) => {
    const dialogs = readFileSync(join(folder, file), 'utf8')
      .split(/^---\n/m)
      .map(parseDialog)
    const settings = dialogs[0]?.settings ?? new Map<string, string>()
    const here = house()
    const limit = settings.get('limit')
    const account = { ...work, keep: settings.has('keep'), maxMessage: limit === undefined ? undefined : Number(limit) }
    const server = await playServer(dialogs)
    t.after(() => server.close())
    const notes = new Map(settings.has('known') ? [['pop3 work', known(settings.get('known') ?? '', server.port)]] : [])
    const maildrop = pop3(
      { name: 'work', host: 'pop.isp.example', port: server.port, tls: 'off', user: 'eddy', password: () => 'sesame' },
      {
        clock: systemClock,
        resolve: async () => ({ kind: 'found', addresses: ['127.0.0.1'] }),
        sockets: sockets({ clock: systemClock, encrypt }),
        recall: (name) => notes.get(name),
        remember: (name, value) => (value === undefined ? notes.delete(name) : notes.set(name, value)),
        patience: { connect: 2000, answer: 250 },
      },
    )
    const reports: Report[] = []
    for (let session = 0; session < dialogs.length; session++) {
      const parts = { ...here.parts({ open: maildrop, letters: [], asked: [] }), clock: systemClock }
      const report = await drain(account, parts, new Map(), new AbortController().signal)
      assert.doesNotMatch(JSON.stringify([report, here.lines]), /sesame/)
      reports.push(report)
    }
    await server.played
    matchLines(
      summary(reports, here),
      dialogs.flatMap(({ facts }) => facts),
    )
  })
}

/** What became of it, in lines: each session, each letter, each row of the ledger, and what a person is told. */
function summary(reports: readonly Report[], here: House): string[] {
  return [
    ...reports.flatMap(({ outcome, failure, listed, collected, doubles, deleted }) => [
      `${outcome}: ${listed} listed, ${collected} collected, ${doubles} doubles, ${deleted} deleted`,
      ...(failure ? [`${failure.kind}: ${failure.text}`] : []),
    ]),
    ...here.letters.flatMap((letter) => {
      const lines = asItCame(letter).toString('latin1').split('\r\n')
      return [
        'letter',
        ...lines.slice(0, -1).map((line) => `| ${escaped(line)}`.trimEnd()),
        ...(lines.at(-1) === '' ? [] : ['| and no line end']),
      ]
    }),
    ...[...here.rows].map(([key, { state }]) => `row ${key} ${state}`),
    ...here.lines.filter(({ event }) => event === 'collect-left').map(({ text }) => text),
  ]
}

function escaped(line: string): string {
  return line.replace(/[^\x20-\x7e]/g, (octet) => `<${octet.charCodeAt(0).toString(16).padStart(2, '0')}>`)
}

function known(capabilities: string, port: number): string {
  const [method, ...clear] = capabilities.split(' ')
  return JSON.stringify({ place: `eddy@pop.isp.example:${port} off`, clear, method })
}

async function playServer(dialogs: readonly Dialog[]): Promise<{ port: number; played: Promise<unknown>; close(): void }> {
  const played: Promise<void>[] = []
  const open: Socket[] = []
  const failures: unknown[] = []
  const server = createServer((socket) => {
    const dialog = dialogs[played.length]
    open.push(socket)
    if (!dialog) {
      socket.destroy()
      return
    }
    const playing = play(dialog, 'server', inPieces(socketTransport(socket), dialog.settings.get('cut')))
    played.push(playing.catch((error: unknown) => void failures.push(error)))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    port: (server.address() as AddressInfo).port,
    get played() {
      return Promise.all(played).then(() => assert.deepEqual(failures, []))
    },
    close() {
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}

/** Each piece ends with these octets and leaves in its own turn. */
function inPieces(transport: Transport, cut: string | undefined): Transport {
  if (cut === undefined) return transport
  const end = JSON.parse(`"${cut}"`) as string
  return {
    ...transport,
    async write(octets) {
      for (const piece of Buffer.from(octets)
        .toString('latin1')
        .split(end)
        .flatMap((part, nth, all) => (nth < all.length - 1 ? [part + end] : [part]))) {
        if (piece !== '') await transport.write(Buffer.from(piece, 'latin1'))
        await new Promise((turn) => setImmediate(turn))
        await new Promise((turn) => setImmediate(turn))
      }
    },
  }
}
