/** In from the ISP: what lies in a real Dovecot's boxes, through the whole daemon into people's mboxes. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { startDaemon, until, type Daemon } from '../journey/daemon.ts'
import { startCutter, type Cut } from './cutter.ts'
import { startDovecot, type Dovecot } from './dovecot.ts'
import { makeLetters, nameOf, parts, type Letter } from './letters.ts'
import { readMbox } from './mbox.ts'
import { missing } from './room.ts'

const needed = missing('dovecot', 'tools')
const people = ['eddy', 'keith', 'nelug', 'root']
const domain = 'shofar.isp.example'
const passwords = { shofar: 'trumpet', eddyy: 'secret' }

for (const { tls, words } of [
  { tls: 'off', words: 'in the clear' },
  { tls: 'required', words: 'by STLS' },
  { tls: 'implicit', words: 'by POP3S' },
])
  test(`300 letters from a single-drop and a multidrop box, ${words}: every body unchanged, each letter once a person, boxes empty`, {
    skip: needed,
  }, async (t) => {
    const isp = await dovecot(t)
    const letters = makeLetters({ seed: 5, count: 300, users: people, domain, attachment: 5 * 2 ** 20 })
    const single = letters.filter((_, index) => index % 3 === 0)
    const multi = letters.filter((_, index) => index % 3 !== 0)
    for (const { octets } of single) await isp.put('eddyy', octets)
    for (const { octets } of multi) await isp.put('shofar', octets)
    const daemon = await gateway(t, isp, { tls })
    daemon.lineUp()
    await untilCollected(isp, daemon)
    const wanted = new Map<string, Letter>(
      [...single.map((letter) => ({ ...letter, user: 'eddy' })), ...multi].map((letter) => [`${letter.user} ${letter.name}`, letter]),
    )
    await untilDelivered(daemon, wanted.size)
    await compare(daemon, wanted)
    assert.match(daemon.log(), /line up/)
  })

for (const mechanism of ['apop', 'cram-md5', 'scram-sha-256', 'plain'])
  test(`the ISP wants ${mechanism.toUpperCase()} and nothing else`, { skip: needed }, async (t) => {
    const isp = await startDovecot({ users: passwords, mechanisms: mechanism })
    t.after(isp.stop)
    const [letter] = makeLetters({ seed: 1, count: 1, users: ['eddy'], domain })
    assert.ok(letter)
    await isp.put('eddyy', letter.octets)
    const daemon = await gateway(t, isp, { tls: mechanism === 'plain' ? 'required' : 'off' })
    daemon.lineUp()
    await untilDelivered(daemon, 1)
    assert.deepEqual(await isp.list('eddyy'), [])
  })

const cuts: readonly { readonly words: string; readonly cut: Cut }[] = [
  { words: 'in the middle of a letter', cut: { from: 'server', after: 40_000 } },
  { words: 'in the middle of a letter, and nobody hangs up', cut: { from: 'server', after: 40_000, ending: 'silence' } },
  { words: 'right behind the first DELE', cut: { from: 'client', after: 'DELE ' } },
  { words: 'right behind QUIT, before its answer', cut: { from: 'client', after: 'QUIT\r\n' } },
]
for (const { words, cut } of cuts)
  test(`the line drops ${words}: after the next call every letter is there once and the box is empty`, { skip: needed }, async (t) => {
    const isp = await dovecot(t)
    const letters = makeLetters({ seed: 9, count: 40, users: people, domain, attachment: 100_000 })
    for (const { octets } of letters) await isp.put('shofar', octets)
    const line = await startCutter(isp.pop3, (connection) => (connection === 0 ? cut : undefined))
    t.after(line.stop)
    const daemon = await gateway(t, { ...isp, pop3: line.port }, { tls: 'off', boxes: ['shofar'] })
    daemon.lineUp()
    await until(
      () => line.cuts() === 1,
      () => daemon.log(),
    )
    daemon.lineDown()
    await until(
      () => /line down/.test(daemon.log()),
      () => daemon.log(),
    )
    daemon.lineUp()
    await untilCollected(isp, daemon)
    const wanted = new Map(letters.map((letter) => [`${letter.user} ${letter.name}`, letter]))
    await untilDelivered(daemon, wanted.size)
    await compare(daemon, wanted)
  })

test('a server that stops in the middle of a letter is left long before its five minutes, and nothing is lost or there twice', {
  skip: needed,
}, async (t) => {
  const isp = await dovecot(t)
  const letters = makeLetters({ seed: 9, count: 40, users: people, domain, attachment: 100_000 })
  for (const { octets } of letters) await isp.put('shofar', octets)
  const line = await startCutter(isp.pop3, (connection) =>
    connection === 0 ? { from: 'server', after: 40_000, ending: 'silence' } : undefined,
  )
  t.after(line.stop)
  const daemon = await gateway(t, { ...isp, pop3: line.port }, { tls: 'off', boxes: ['shofar'] })
  daemon.lineUp()
  const silent = (): RegExpExecArray | null => /silent for (\d+) s/.exec(daemon.log())
  await until(
    () => silent() !== null,
    () => daemon.log(),
    60_000,
  )
  assert.ok(Number(silent()?.[1]) <= 40, daemon.log())
  assert.equal((await daemon.command('poll')).code, 0)
  await untilCollected(isp, daemon)
  const wanted = new Map(letters.map((letter) => [`${letter.user} ${letter.name}`, letter]))
  await untilDelivered(daemon, wanted.size)
  await compare(daemon, wanted)
})

test('what is kept at the ISP is collected once, however often the line comes up', { skip: needed }, async (t) => {
  const isp = await dovecot(t)
  const letters = makeLetters({ seed: 2, count: 60, users: ['eddy'], domain }).filter(({ kind }) => kind !== 'list')
  for (const { octets } of letters) await isp.put('eddyy', octets)
  const daemon = await gateway(t, isp, { tls: 'off', keep: true, boxes: ['eddyy'] })
  daemon.lineUp()
  await untilDelivered(daemon, letters.length)
  const late = Buffer.from('X-Letter: late\r\nSubject: late\r\n\r\nLate\r\n')
  await isp.put('eddyy', late)
  assert.equal((await daemon.command('poll')).code, 0)
  await untilDelivered(daemon, letters.length + 1)
  const names = readMbox(await daemon.mbox('eddy')).map(({ octets }) => nameOf(octets))
  assert.deepEqual(names.toSorted(), [...letters.map(({ name }) => name), 'late'].toSorted())
  assert.equal((await isp.list('eddyy')).length, letters.length + 1)
  const quiet = () => /eddyy: 0 letters, (\d+) left there; (\d+) octets in/.exec(daemon.log())
  assert.equal((await daemon.command('poll')).code, 0)
  await until(
    () => quiet() !== null,
    () => daemon.log(),
  )
  const [, left, octets] = quiet() ?? []
  assert.equal(Number(left), letters.length + 1)
  assert.ok(Number(octets) < 300, `${octets} octets to hear that nothing is new among ${left} letters`)
})

test("a list's letter that lies there for five people is paid for once, and one like it by itself", {
  skip: needed,
}, async (t) => {
  const isp = await dovecot(t)
  const body = 'A line that all of them get to read in the end.\r\n'.repeat(600)
  const head = 'From: bob@far.example\r\nTo: nelug@lists.example\r\nSubject: meeting\r\n'
  const copy = (to: string, name: string, end: string) =>
    Buffer.from(
      `X-Envelope-To: ${to}@${domain}\r\nX-Letter: ${name}\r\nMessage-ID: <${name}@lists.example>\r\n${head}\r\n${body}${end}\r\n`,
    )
  for (const to of ['eddy', 'keith', 'nelug', 'root', 'eddy']) await isp.put('shofar', copy(to, 'list', 'The end'))
  await isp.put('shofar', copy('keith', 'other', 'The End!'))
  const daemon = await gateway(t, isp, { tls: 'off', boxes: ['shofar'] })
  daemon.lineUp()
  await untilCollected(isp, daemon)
  await untilDelivered(daemon, 5)
  const names = await Promise.all(people.map(async (user) => readMbox(await daemon.mbox(user)).map(({ octets }) => nameOf(octets))))
  assert.deepEqual(names, [['list'], ['list', 'other'], ['list'], ['list']])
  for (const user of people)
    for (const { octets } of readMbox(await daemon.mbox(user))) assert.match(parts(octets).body.toString(), /The (end|End!)\r\n$/)
  const said = () => /shofar: 2 letters, .* (\d+) octets in/.exec(daemon.log())
  await until(
    () => said() !== null,
    () => daemon.log(),
  )
  const paid = Number(said()?.[1])
  assert.ok(paid > 2 * body.length && paid < 2 * body.length + 4000, `${paid} octets were paid`)
})

test("one box's wrong password does not stop the other", { skip: needed }, async (t) => {
  const isp = await dovecot(t)
  const letters = makeLetters({ seed: 2, count: 5, users: people, domain, attachment: 1000 })
  for (const { octets } of letters) await isp.put('shofar', octets)
  const daemon = await gateway(t, isp, { tls: 'off', passwords: { ...passwords, eddyy: 'wrong' } })
  daemon.lineUp()
  await untilDelivered(daemon, letters.length)
  assert.deepEqual(await isp.list('shofar'), [])
  await until(
    () => /eddyy.*(AUTH|login|password)/i.test(daemon.log()),
    () => `nothing is said of the other box:\n${daemon.log()}`,
  )
})

async function dovecot(t: TestContext): Promise<Dovecot> {
  const isp = await startDovecot({ users: passwords })
  t.after(isp.stop)
  return isp
}

type Boxes = {
  readonly tls: string
  readonly keep?: boolean
  readonly boxes?: readonly string[]
  readonly passwords?: Readonly<Record<string, string>>
}

async function gateway(
  t: TestContext,
  isp: Dovecot,
  { tls, keep = false, boxes = ['eddyy', 'shofar'], passwords: known = passwords }: Boxes,
): Promise<Daemon> {
  const box = (name: string, rest: string): string => `
[[mailbox]]
name = "${name}"
host = "127.0.0.1"
port = ${tls === 'implicit' ? isp.pop3s : isp.pop3}
tls = "${tls}"
user = "${name}"
password_file = "PASSWORDS/${name}"
keep = ${keep}
${rest}`
  const multidrop = `
[mailbox.multidrop]
domains = ["${domain}"]
envelope_header = "X-Envelope-To"
users = { ${people.map((user) => `${user} = "${user}"`).join(', ')} }
`
  const drops = { eddyy: box('eddyy', 'deliver_to = "eddy"'), shofar: box('shofar', multidrop) }
  const settings = Object.entries(drops)
    .filter(([name]) => boxes.includes(name))
    .map(([, text]) => text)
    .join('')
  const daemon = await startDaemon({ settings, people, authorities: [isp.certificate], passwords: known })
  t.after(daemon.stop)
  return daemon
}

async function untilCollected(isp: Dovecot, daemon: Daemon): Promise<void> {
  await until(
    async () => (await isp.list('eddyy')).length + (await isp.list('shofar')).length === 0,
    () => `the boxes are not empty:\n${daemon.log().slice(-4000)}`,
    90_000,
  )
}

async function untilDelivered(daemon: Daemon, count: number): Promise<void> {
  const delivered = async () =>
    (await Promise.all(people.map(async (user) => readMbox(await daemon.mbox(user)).length))).reduce((a, b) => a + b)
  let found = 0
  await until(
    async () => {
      found = await delivered().catch(() => 0)
      return found >= count
    },
    () => `${found} of ${count} letters are in the mboxes:\n${daemon.log().slice(-4000)}`,
    60_000,
  )
}

/** Wanted, by `user name`: each is in that user's mbox once, its body unchanged, and nothing else is. */
async function compare(daemon: Daemon, wanted: ReadonlyMap<string, Letter>): Promise<void> {
  const found: string[] = []
  for (const user of people)
    for (const { octets } of readMbox(await daemon.mbox(user))) {
      const key = `${user} ${nameOf(octets)}`
      found.push(key)
      const letter = wanted.get(key)
      assert.ok(letter, `nobody sent ${key}:\n${octets.subarray(0, 2000).toString('latin1')}`)
      assert.equal(ended(parts(octets).body), ended(parts(letter.octets).body), key)
    }
  assert.deepEqual(found.toSorted(), [...wanted.keys()].toSorted())
}

/** With the line end that POP3 and mbox give to a last line that has none. */
function ended(body: Buffer): string {
  const text = body.toString('latin1')
  return text === '' || text.endsWith('\r\n') ? text : `${text}\r\n`
}
