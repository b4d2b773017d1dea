/** When commands leave. What the answers mean is test/dialog's and test/property's. */
import assert from 'node:assert/strict'
import { duplexPair } from 'node:stream'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { pop3Wire, type Pop3Wire } from '../../src/collect/pop3-wire.ts'
import { silence } from '../../src/silence.ts'
import { fakeClock } from '../fake/clock.ts'

type Setting = { readonly wire: Pop3Wire; readonly say: (text: string) => Promise<void>; readonly heard: string[] }

async function greeted(): Promise<Setting> {
  const [ours, theirs] = duplexPair()
  const heard: string[] = []
  theirs.on('data', (octets: Buffer) => heard.push(octets.toString()))
  const wire = pop3Wire(ours, { clock: fakeClock(), silence: silence('server', 60_000) })
  const say = async (text: string) => {
    theirs.write(text)
    await later()
  }
  await say('+OK\r\n')
  assert.equal((await wire.greeting).kind, 'done')
  wire.pipeline(true)
  return { wire, say, heard }
}

async function later(): Promise<void> {
  for (let nth = 0; nth < 5; nth++) await turn()
}

const retrieve = ({ wire }: Setting, number: number) => wire.exchange({ line: `RETR ${number}`, body: () => {} })
const remove = ({ wire }: Setting, number: number) => wire.exchange({ line: `DELE ${number}`, patient: true })

test('what is said in one turn leaves in one piece', async () => {
  const here = await greeted()
  void Promise.all([retrieve(here, 1), retrieve(here, 2), remove(here, 3)])
  await later()
  assert.deepEqual(here.heard, ['RETR 1\r\nRETR 2\r\nDELE 3\r\n'])
})

test('a patient command waits for the next that is not, while an answer is due', async () => {
  const here = await greeted()
  void retrieve(here, 1)
  await later()
  void remove(here, 9)
  await later()
  assert.deepEqual(here.heard, ['RETR 1\r\n'])
  void retrieve(here, 2)
  await later()
  assert.deepEqual(here.heard, ['RETR 1\r\n', 'DELE 9\r\nRETR 2\r\n'])
})

test('patient commands leave when the last answer has come', async () => {
  const here = await greeted()
  void retrieve(here, 1)
  await later()
  const [one, two] = [remove(here, 8), remove(here, 9)]
  await here.say('+OK\r\nbody\r\n.\r\n')
  assert.deepEqual(here.heard, ['RETR 1\r\n', 'DELE 8\r\nDELE 9\r\n'])
  await here.say('+OK\r\n-ERR no\r\n')
  assert.deepEqual([(await one).kind, (await two).kind], ['done', 'refused'])
})

test('sixteen patient commands are company enough', async () => {
  const here = await greeted()
  void retrieve(here, 1)
  await later()
  for (let number = 1; number < 16; number++) void remove(here, number)
  await later()
  assert.equal(here.heard.length, 1)
  void remove(here, 16)
  await later()
  assert.equal(here.heard[1]?.split('\r\n').length, 17)
})

test('with nothing under way, or one command at a time, nobody is patient', async () => {
  const here = await greeted()
  void remove(here, 1)
  await later()
  assert.deepEqual(here.heard, ['DELE 1\r\n'])
  here.wire.pipeline(false)
  void remove(here, 2)
  void remove(here, 3)
  await here.say('+OK\r\n')
  assert.deepEqual(here.heard, ['DELE 1\r\n', 'DELE 2\r\n'])
  await here.say('+OK\r\n')
  assert.deepEqual(here.heard.at(-1), 'DELE 3\r\n')
})

test('a server that answered at once and stops in the middle of a letter is left after twenty seconds', async () => {
  const [ours, theirs] = duplexPair()
  theirs.resume()
  const clock = fakeClock()
  const wire = pop3Wire(ours, { clock, silence: silence('server', 90_000) })
  const say = async (text: string): Promise<void> => {
    await clock.advance(200)
    theirs.write(text)
    await later()
  }
  await say('+OK\r\n')
  for (let nth = 0; nth < 5; nth++) {
    const asked = wire.exchange({ line: 'NOOP' })
    await say('+OK\r\n')
    assert.equal((await asked).kind, 'done')
  }
  await clock.advance(120_000)
  const letter = wire.exchange({ line: 'RETR 1', body: () => {} }).catch((cause: unknown) => cause)
  let over: unknown
  void letter.then((answer) => {
    over = answer
  })
  await say('+OK\r\nhalf a let')
  await clock.advance(19_000)
  assert.equal(over, undefined)
  await clock.advance(6000)
  assert.match(JSON.stringify(over, Object.getOwnPropertyNames(over ?? {})), /silent for 2\d s/)
})
