/**
 * Conversations of our SMTP client as text files, the server's side played against the real client over loopback. `---` begins the
 * next connection; `@ letter` gives a letter as JSON (test/fake/load.ts), `@ together` says that the login may be left unanswered, K lines say what became of each recipient.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { events } from '../../src/log/events.ts'
import { type SmarthostOptions, smarthost } from '../../src/send/smarthost.ts'
import { sockets } from '../../src/send/socket.ts'
import { encrypter } from '../../src/tls.ts'
import { type FakeLetter, fakeLetter, fakeLoad } from '../fake/load.ts'
import { type Dialog, matchLines, parseDialog, play, socketTransport } from './player.ts'

const folder = join(import.meta.dirname, 'send')

for (const file of readdirSync(folder).sort()) {
  test(file.replace(/\.txt$/, '').replaceAll('-', ' '), { timeout: 20_000 }, async () => {
    const text = readFileSync(join(folder, file), 'utf8')
    const dialogs = text.split(/^---\n/m).map(parseDialog)
    const letters = [...text.matchAll(/^@ letter (.*)$/gm)].map(([, json = '']) => JSON.parse(json) as FakeLetter)
    const load = fakeLoad(letters.map(fakeLetter))
    const said: string[] = []
    const server = await playServer(dialogs)
    const courier = smarthost({
      hosts: [
        {
          host: 'smtp.isp.example',
          port: server.port,
          tls: 'off',
          ...(dialogs[0]?.settings.has('login') ? { user: 'tim', password: () => 'tanstaaftanstaaf' } : {}),
        },
      ],
      resolve: async () => ({ kind: 'found', addresses: ['127.0.0.1'] }),
      connect: sockets({ encrypt: encrypter({ clockIsKnown: () => true }) }),
      masquerade: undefined,
      hostname: 'moriah.shire.lan',
      clock: systemClock,
      // On a busy machine a second one could seem to pay, and would play the next dialog.
      connections: 1,
      notebook: notebook(dialogs[0]?.settings.has('together') ? 'together' : undefined),
      log: events(({ text }) => said.push(text)),
    })
    const end = new AbortController()
    try {
      await Promise.all([server.played, courier.carry(load, end.signal)])
    } finally {
      end.abort()
      server.close()
    }
    matchLines(
      load.lines(),
      dialogs.flatMap(({ facts }) => facts),
    )
    assert.equal(new Set(load.settled.map(({ delivery }) => delivery.id)).size, load.settled.length, 'settled twice')
  })
}

/** What is known of the one server. */
function notebook(known: string | undefined): NonNullable<SmarthostOptions['notebook']> {
  let note = known
  return {
    recall: () => note,
    remember(_, value) {
      note = value
    },
  }
}

/** Plays each dialog on a connection of its own, one after the other. */
async function playServer(dialogs: readonly Dialog[]): Promise<{ port: number; played: Promise<void>; close(): void }> {
  const { promise: played, resolve, reject } = Promise.withResolvers<void>()
  let turn = 0
  const server = createServer((socket) => {
    const dialog = dialogs[turn++]
    if (!dialog) {
      socket.destroy()
      return
    }
    play(dialog, 'server', socketTransport(socket)).then(
      () => {
        socket.end()
        if (turn === dialogs.length) resolve()
      },
      (fault: unknown) => {
        socket.destroy()
        reject(fault instanceof Error ? fault : new Error(String(fault)))
      },
    )
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return { port: (server.address() as AddressInfo).port, played, close: () => void server.close() }
}
