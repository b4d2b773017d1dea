/** In from the ISP by IMAP: what lies in a real Dovecot's box, through the whole daemon into a person's mbox. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { test, type TestContext } from 'node:test'
import { startDaemon, until, type Daemon } from '../journey/daemon.ts'
import { startCutter, type Cut } from './cutter.ts'
import { startDovecot, type Dovecot } from './dovecot.ts'
import { makeLetters, nameOf, parts } from './letters.ts'
import { readMbox } from './mbox.ts'
import { missing } from './room.ts'

const needed = missing('dovecot', 'tools')
const people = ['eddy', 'root']
const passwords = { eddyy: 'secret' }

/** Debian's Dovecot knows COMPRESS when it is told to. */
const compressing = `
protocol imap {
  mail_plugins = imap_zlib
}
`

for (const { tls, settings, words } of [
  { tls: 'off', settings: '', words: 'in the clear' },
  { tls: 'required', settings: '', words: 'by STARTTLS' },
  { tls: 'implicit', settings: '', words: 'by IMAPS' },
  { tls: 'off', settings: compressing, words: 'compressed' },
  { tls: 'implicit', settings: compressing, words: 'compressed within TLS' },
])
  test(`100 letters and a big one come by IMAP ${words}: every body unchanged, each letter once, the box empty`, {
    skip: needed,
  }, async (t) => {
    const isp = await dovecot(t, settings)
    const letters = [...lettersFor(6, 100), big('big', 5 * 2 ** 20)]
    for (const { octets } of letters) await isp.put('eddyy', octets)
    const daemon = await gateway(t, isp.imap, isp, { tls })
    daemon.lineUp()
    await untilEmpty(isp, daemon)
    await compare(daemon, letters)
    const [, octets] = /101 letters, 0 left there; (\d+) octets/.exec(daemon.log()) ?? []
    const payload = letters.reduce((sum, letter) => sum + letter.octets.length, 0)
    assert.ok(Number(octets) > 0 && Number(octets) < payload === (settings !== ''), `${octets} octets for ${payload}`)
  })

for (const mechanism of ['plain', 'login', 'cram-md5', 'scram-sha-256'])
  test(`the ISP's IMAP wants ${mechanism.toUpperCase()} and nothing else`, { skip: needed }, async (t) => {
    const isp = await startDovecot({ users: passwords, mechanisms: mechanism })
    t.after(isp.stop)
    const letters = lettersFor(1, 2)
    for (const { octets } of letters) await isp.put('eddyy', octets)
    const daemon = await gateway(t, isp.imap, isp, { tls: mechanism.length > 5 ? 'off' : 'required' })
    daemon.lineUp()
    await untilEmpty(isp, daemon)
    await compare(daemon, letters)
  })

const cuts: readonly { readonly words: string; readonly cut: Cut }[] = [
  { words: 'in the middle of a letter', cut: { from: 'server', after: 20_000 } },
  { words: 'in the middle of a letter, and nobody hangs up', cut: { from: 'server', after: 20_000, ending: 'silence' } },
  { words: 'right behind STORE', cut: { from: 'client', after: '\\Deleted)\r\n' } },
  { words: 'right behind EXPUNGE, before its answer', cut: { from: 'client', after: 'LOGOUT\r\n' } },
  { words: 'within the answers to EXPUNGE', cut: { from: 'server', after: 'EXPUNGE\r\n' } },
]
for (const { words, cut } of cuts)
  test(`the line drops ${words}: after the next call every letter is there once and the box is empty`, { skip: needed }, async (t) => {
    const isp = await dovecot(t)
    const letters = lettersFor(9, 40)
    for (const { octets } of letters) await isp.put('eddyy', octets)
    const line = await startCutter(isp.imap, (connection) => (connection === 0 ? cut : undefined))
    t.after(line.stop)
    const daemon = await gateway(t, line.port, isp, { tls: 'off' })
    await call(daemon, () => line.cuts() === 1)
    daemon.lineUp()
    await untilEmpty(isp, daemon)
    await compare(daemon, letters)
  })

for (const settings of ['', compressing])
  test(`a letter of 2 MB on a line that drops every 720 kB arrives in three calls${settings === '' ? '' : ', compressed'}`, {
    skip: needed,
  }, async (t) => {
    const isp = await dovecot(t, settings)
    const [small, huge] = [big('small', 5000), noise('huge', 2_000_000)]
    for (const { octets } of [small, huge]) await isp.put('eddyy', octets)
    const line = await startCutter(isp.imap, () => ({ from: 'server', after: 720_000 }))
    t.after(line.stop)
    const daemon = await gateway(t, line.port, isp, { tls: 'off' })
    for (const calls of [1, 2]) await call(daemon, () => line.cuts() === calls)
    daemon.lineUp()
    await untilEmpty(isp, daemon)
    await compare(daemon, [small, huge])
    assert.deepEqual([line.connections(), line.cuts()], [3, 2])
  })

test('a gateway that dies between two calls with half a letter fetches it anew, and once', { skip: needed }, async (t) => {
  const isp = await dovecot(t)
  const huge = noise('huge', 400_000)
  await isp.put('eddyy', huge.octets)
  const line = await startCutter(isp.imap, (connection) => (connection === 0 ? { from: 'server', after: 300_000 } : undefined))
  t.after(line.stop)
  const daemon = await gateway(t, line.port, isp, { tls: 'off' })
  await call(daemon, () => line.cuts() === 1)
  assert.match(daemon.log(), /broke off after \d{6} octets/)
  await daemon.kill()
  await daemon.restart()
  daemon.lineUp()
  await untilEmpty(isp, daemon)
  await compare(daemon, [huge])
})

/** Everything that a session says, cut where it may hurt: within the login, the lists, a body's literal, compressed or not. */
test('wherever the line drops, each letter is there once in the end', { skip: needed }, async (t) => {
  for (const settings of ['', compressing]) {
    const isp = await dovecot(t, settings)
    const letters = lettersFor(11, 30)
    for (const { octets } of letters) await isp.put('eddyy', octets)
    const cuts = [60, 700, 1000, 3000, 9000, 20_000].flatMap((after) => [after, after + 37])
    const line = await startCutter(isp.imap, (connection) => {
      const after = cuts[connection]
      return after === undefined ? undefined : { from: 'server', after }
    })
    t.after(line.stop)
    const daemon = await gateway(t, line.port, isp, { tls: 'off' })
    for (let calls = 1; calls <= cuts.length; calls++) await call(daemon, () => line.connections() >= calls && line.cuts() >= calls - 1)
    daemon.lineUp()
    await untilEmpty(isp, daemon)
    await compare(daemon, letters)
    assert.ok(line.cuts() >= 8, `${line.cuts()} cuts`)
  }
})

test('what is kept at the ISP is collected once, and of what is known there only a line is said', { skip: needed }, async (t) => {
  const isp = await dovecot(t)
  const letters = lettersFor(2, 120)
  for (const { octets } of letters) await isp.put('eddyy', octets)
  const daemon = await gateway(t, isp.imap, isp, { tls: 'off', keep: true })
  daemon.lineUp()
  await untilDelivered(daemon, letters.length)
  await until(
    () => /120 left there/.test(daemon.log()),
    () => daemon.log(),
  )
  const late = big('late', 1000)
  await isp.put('eddyy', late.octets)
  assert.equal((await daemon.command('poll')).code, 0)
  await untilDelivered(daemon, letters.length + 1)
  await compare(daemon, [...letters, late])
  const [, octets] = /1 letters, 121 left there; (\d+) octets/.exec(daemon.log()) ?? []
  assert.ok(Number(octets) < 4500, `${octets} octets for one letter of 1 KB among 121\n${daemon.log()}`)
})

test('letters that somebody else has thrown away are neither collected nor expunged', { skip: needed }, async (t) => {
  const isp = await dovecot(t)
  const letters = lettersFor(3, 6)
  for (const { octets } of letters) await isp.put('eddyy', octets)
  await say(isp.imap, ['a LOGIN eddyy secret', 'b SELECT INBOX', 'c STORE 2,5 +FLAGS (\\Deleted)', 'd LOGOUT'])
  const daemon = await gateway(t, isp.imap, isp, { tls: 'off' })
  daemon.lineUp()
  await until(
    async () => (await isp.list('eddyy')).length === 2,
    () => daemon.log(),
  )
  await compare(
    daemon,
    letters.filter((_, nth) => nth !== 1 && nth !== 4),
  )
})

test('a letter that is too big is told of and stays, is seen in the preview, and comes when it is asked for', {
  skip: needed,
}, async (t) => {
  const isp = await dovecot(t, compressing)
  const huge = big('huge', 300_000)
  await isp.put('eddyy', huge.octets)
  const daemon = await gateway(t, isp.imap, isp, { tls: 'off', more: 'max_message = "100KB"' })
  daemon.lineUp()
  await untilDelivered(daemon, 1)
  assert.match(String(await daemon.mbox('eddy')), /Subject: .*\n[^]*huge/)
  const { out } = await daemon.command('preview', 'eddyy')
  assert.match(out, /huge/)
  const [uidl] = /\d+\.\d+/.exec(out) ?? []
  assert.equal((await daemon.command('fetch', 'eddyy', uidl ?? '')).code, 0)
  assert.equal((await daemon.command('poll', 'eddyy')).code, 0)
  await untilEmpty(isp, daemon)
  await untilDelivered(daemon, 2)
  assert.equal(readMbox(await daemon.mbox('eddy')).filter(({ octets }) => nameOf(octets) === 'huge').length, 1)
})

async function dovecot(t: TestContext, settings = ''): Promise<Dovecot> {
  const isp = await startDovecot({ users: passwords, settings })
  t.after(isp.stop)
  return isp
}

type Sent = { readonly name: string; readonly octets: Buffer }

/** No two of them copies of one. */
function lettersFor(seed: number, count: number): readonly Sent[] {
  const letters = makeLetters({ seed, count: 2 * count, users: ['eddy'], domain: 'shofar.isp.example' })
  return letters.filter(({ kind }) => kind !== 'list').slice(0, count)
}

/** Of octets of every kind, lines of every length, dots where they matter. */
function big(name: string, size: number): Sent {
  const block = Buffer.from(
    Array.from({ length: 997 }, (_, nth) => (nth % 97 === 0 ? 0x2e : 32 + ((nth * nth) % 224))).filter((octet) => octet !== 0x7f),
  )
  const lines: Buffer[] = [Buffer.from(`X-Letter: ${name}\r\nMessage-ID: <${name}@far.example>\r\nSubject: ${name}\r\n\r\n`)]
  for (let at = 0; at < size; ) {
    const line = Buffer.concat([Buffer.from(at % 3 === 0 ? '.' : ''), block.subarray(at % 900), Buffer.from('\r\n')])
    lines.push(line)
    at += line.length
  }
  return { name, octets: Buffer.concat(lines) }
}

/** That does not compress. */
function noise(name: string, size: number): Sent {
  const lines = Array.from({ length: Math.ceil(size / 78) }, () => randomBytes(57).toString('base64'))
  return { name, octets: Buffer.from(`X-Letter: ${name}\r\nMessage-ID: <${name}@far.example>\r\n\r\n${lines.join('\r\n')}\r\n`) }
}

type Box = { readonly tls: string; readonly keep?: boolean; readonly more?: string }

async function gateway(t: TestContext, imap: number, isp: Dovecot, { tls, keep = false, more = '' }: Box): Promise<Daemon> {
  const settings = `
[[mailbox]]
name = "eddyy"
protocol = "imap"
host = "127.0.0.1"
port = ${tls === 'implicit' ? isp.imaps : imap}
tls = "${tls}"
user = "eddyy"
password_file = "PASSWORDS/eddyy"
keep = ${keep}
deliver_to = "eddy"
${more}
`
  const daemon = await startDaemon({ settings, people, authorities: [isp.certificate], passwords })
  t.after(daemon.stop)
  return daemon
}

/** A call until `isOver` says so. */
async function call(daemon: Daemon, isOver: () => boolean): Promise<void> {
  const downs = () => daemon.log().match(/line down/g)?.length ?? 0
  const before = downs()
  daemon.lineUp()
  await until(isOver, () => daemon.log(), 60_000)
  daemon.lineDown()
  await until(
    () => downs() > before,
    () => daemon.log(),
  )
}

async function untilEmpty(isp: Dovecot, daemon: Daemon): Promise<void> {
  await until(
    async () => (await isp.list('eddyy')).length === 0,
    () => `the box is not empty:\n${daemon.log().slice(-4000)}`,
    90_000,
  )
}

async function untilDelivered(daemon: Daemon, count: number): Promise<void> {
  await until(
    // An mbox that is being written ends anywhere.
    async () =>
      (
        await daemon
          .mbox('eddy')
          .then(readMbox)
          .catch(() => [])
      ).length >= count,
    () => `not all of ${count} letters are in the mbox:\n${daemon.log().slice(-4000)}`,
    60_000,
  )
}

/** Each is in the mbox once, its body unchanged, and nothing else is. */
async function compare(daemon: Daemon, letters: readonly Sent[]): Promise<void> {
  await untilDelivered(daemon, letters.length)
  const digests = (all: readonly { readonly octets: Buffer }[]) =>
    all
      .map(
        ({ octets }) =>
          `${nameOf(octets)} ${createHash('sha1')
            .update(ended(parts(octets).body))
            .digest('hex')}`,
      )
      .toSorted()
  assert.deepEqual(digests(readMbox(await daemon.mbox('eddy'))), digests(letters))
}

/** With the line end that mbox gives to a last line that has none. */
function ended(body: Buffer): Buffer {
  return body.length === 0 || body.subarray(-2).equals(Buffer.from('\r\n')) ? body : Buffer.concat([body, Buffer.from('\r\n')])
}

/** Another client of the same box. */
async function say(port: number, commands: readonly string[]): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.write(commands.map((command) => `${command}\r\n`).join(''))
  for await (const chunk of socket) assert.doesNotMatch(String(chunk), / (NO|BAD) /)
}
