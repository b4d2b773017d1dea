import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { askDaemon, serveControl } from '../../src/console/control.ts'
import type { Terminal } from '../../src/console/terminal.ts'
import type { Voice } from '../../src/console/voice.ts'

const folder = mkdtempSync(join(tmpdir(), 'dialpost-control-'))
after(() => rmSync(folder, { recursive: true }))

function voice(answer = false, signal = new AbortController().signal): Voice & { heard: string[] } {
  const heard: string[] = []
  return {
    heard,
    say: (text) => heard.push(text),
    complain: (text) => heard.push(`! ${text}`),
    ask: async (question) => {
      heard.push(`? ${question}`)
      return answer
    },
    signal,
  }
}

test('a command is asked, answered and ended with its exit code', async () => {
  const path = join(folder, 'one')
  const server = await serveControl(path, async (words, { say, complain, ask }) => {
    say(`did ${words.join(' ')}\nover two lines`)
    complain('but')
    say((await ask('sure?')) ? 'yes' : 'no')
    return 75
  })
  const user = voice(true)
  assert.equal(await askDaemon(path, ['queue', '--json'], user), 75)
  assert.deepEqual(user.heard, ['did queue --json\nover two lines', '! but', '? sure?', 'yes'])
  await server.close()
})

test('an answer of a megabyte arrives whole', async () => {
  const path = join(folder, 'large')
  const large = 'x'.repeat(1 << 20)
  const server = await serveControl(path, async (_, { say }) => {
    say(large)
    return 0
  })
  const user = voice()
  assert.equal(await askDaemon(path, ['queue'], user), 0)
  assert.equal(user.heard[0]?.length, large.length)
  await server.close()
})

test('where no daemon answers there is no exit code', async () => {
  assert.equal(await askDaemon(join(folder, 'none'), ['status'], voice()), undefined)
})

test("a dead daemon's socket is replaced, a living one's is not", async () => {
  const path = join(folder, 'two')
  writeFileSync(path, '')
  const server = await serveControl(path, async () => 0)
  await assert.rejects(
    serveControl(path, async () => 0),
    /another dialpost is running/,
  )
  assert.equal(await askDaemon(path, ['status'], voice()), 0)
  await server.close()
})

test('a client that goes away aborts its command', async () => {
  const path = join(folder, 'three')
  const { promise, resolve } = Promise.withResolvers<void>()
  const server = await serveControl(path, async (_, { say, signal }) => {
    say('following')
    await new Promise<void>((done) => signal.addEventListener('abort', () => done()))
    resolve()
    return 0
  })
  const gone = new AbortController()
  const user = { ...voice(false, gone.signal), say: () => gone.abort() }
  assert.equal(await askDaemon(path, ['log', '-f'], user), undefined)
  await promise
  await server.close()
})

test('who lends a terminal has it written on, and is heard', async () => {
  const path = join(folder, 'terminal')
  const server = await serveControl(path, async (words, { terminal, signal }) => {
    if (!terminal) return 69
    await terminal.write(`${words.join(' ')} at ${terminal.size.columns}x${terminal.size.rows}\r\n`)
    const typed = await new Promise<Uint8Array>((heard) => terminal.hear(heard))
    await terminal.write(`<${Buffer.from(typed).toString('hex')}>`)
    return signal.aborted ? 70 : 0
  })
  const written: string[] = []
  const gone = new AbortController()
  const terminal: Terminal = {
    size: { columns: 40, rows: 10 },
    rate: undefined,
    async write(text) {
      written.push(text)
    },
    hear: (typed) => setImmediate(() => typed(Uint8Array.of(0x71, 0xff, 0x00))),
    gone: gone.signal,
  }
  assert.equal(await askDaemon(path, ['watch'], { ...voice(), terminal }), 0)
  assert.deepEqual(written, ['watch at 40x10\r\n', '<71ff00>'])
  assert.equal(await askDaemon(path, ['watch'], voice()), 69)
  await server.close()
})

test('a terminal that goes ends what used it', async () => {
  const path = join(folder, 'gone')
  const ended = Promise.withResolvers<void>()
  const server = await serveControl(path, async (_, { terminal }) => {
    terminal?.gone.addEventListener('abort', () => ended.resolve())
    await terminal?.write('here')
    await ended.promise
    return 0
  })
  const gone = new AbortController()
  const terminal: Terminal = {
    size: { columns: 80, rows: 24 },
    rate: undefined,
    write: async () => gone.abort(),
    hear: () => {},
    gone: gone.signal,
  }
  assert.equal(await askDaemon(path, ['console'], { ...voice(), terminal }), undefined)
  await ended.promise
  await server.close()
})

test('who says much waits until it is read', async () => {
  const path = join(folder, 'slow')
  let said = 0
  const server = await serveControl(path, async (_, { say, ready, signal }) => {
    for (; said < 10_000 && !signal.aborted; said++) {
      say('x'.repeat(1000))
      await ready?.()
    }
    return 0
  })
  const socket = connect(path)
  socket.pause()
  socket.write('{"command":["queue"]}\n')
  const paused = async (before = -1): Promise<void> => {
    if (said > 0 && said === before) return
    const now = said
    for (let turn = 0; turn < 200; turn++) await new Promise<void>((next) => setImmediate(next))
    await paused(now)
  }
  await paused()
  assert.ok(said < 9000, `${said} kilobytes wait`)
  let octets = 0
  for await (const chunk of socket) octets += (chunk as Buffer).length
  assert.ok(octets > 10_000_000)
  await server.close()
})

for (const [name, request] of [
  ['no JSON', 'queue\n'],
  ['no command', '{"commando":1}\n'],
  ['words that are no strings', '{"command":[1]}\n'],
] as const) {
  test(`a request with ${name} is answered by what was expected`, async () => {
    const path = join(folder, `bad-${name.replaceAll(' ', '-')}`)
    const server = await serveControl(path, async () => 0)
    const socket = connect(path)
    socket.write(request)
    let said = ''
    for await (const chunk of socket) said += String(chunk)
    assert.match(said, /"complain":"dialpost: .*line/)
    await server.close()
  })
}
