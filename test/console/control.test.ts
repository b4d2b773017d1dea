import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { askDaemon, serveControl } from '../../src/console/control.ts'
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
