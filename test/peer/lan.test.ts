/** The LAN's side with real programs: swaks and a sendmail nullclient send, mutt and mail read, and rivals work at the same mbox. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startDaemon, until, type Daemon } from '../journey/daemon.ts'
import { send } from './client.ts'
import { makeLetters, nameOf, parts } from './letters.ts'
import { readMbox } from './mbox.ts'
import { startPostfix } from './postfix.ts'
import { startRival } from './rival.ts'
import { missing } from './room.ts'
import { submit } from './sendmail.ts'
import { deleteWithMutt, listWithMail, readWithMutt, swaks } from './tools.ts'

const needed = missing('tools')
const from = ['--from', 'keith@shire.lan', '--ehlo', 'herring']

test('swaks: a letter for people here is in their mboxes, an unknown one is refused at RCPT', { skip: needed }, async (t) => {
  const daemon = await gateway(t)
  const letter = Buffer.from('Subject: hello\r\nX-Letter: hello\r\n\r\nFrom me\r\n.\r\n', 'latin1')
  const { code, out } = await swaks(daemon.port, [...from, '--to', 'eddy@shire.lan,nobody-here@shire.lan,nelug@moriah'], letter)
  assert.equal(code, 0, out.toString())
  assert.match(out.toString(), /550 5\.1\.1/)
  await delivered(daemon, 'nelug', 1)
  for (const { octets } of [...(await delivered(daemon, 'eddy', 1)), ...(await delivered(daemon, 'nelug', 1))]) {
    assert.equal(nameOf(octets), 'hello')
    assert.equal(parts(octets).body.toString(), 'From me\r\n.\r\n')
  }
})

test('swaks sees PIPELINING, 8BITMIME, SIZE, DSN and CHUNKING, is answered on pipelined commands, and may relay', {
  skip: needed,
}, async (t) => {
  const daemon = await gateway(t)
  const { code, out } = await swaks(
    daemon.port,
    [...from, '--pipeline', '--to', 'a@far.example,b@far.example'],
    Buffer.from('Subject: x\r\n\r\n'),
  )
  assert.equal(code, 0, out.toString())
  assert.match(
    out.toString(),
    /(?=.*PIPELINING)(?=.*8BITMIME)(?=.*SIZE \d+)(?=.*DSN)(?=.*CHUNKING)(?=.*ENHANCEDSTATUSCODES)(?=.*SMTPUTF8)/s,
  )
})

test("the talk's nullclient hands its mail to the hub: for keith it is here, for the world it leaves masqueraded", {
  skip: missing('sendmail', 'postfix', 'tools'),
}, async (t) => {
  const smarthost = await startPostfix()
  t.after(smarthost.stop)
  const masquerade = '[masquerade]\nas = "shofar.isp.example"\ndomains = ["shire.lan", "moriah"]\nsubdomains = true\nrecipients = true\n'
  const daemon = await gateway(t, `[[smarthost]]\nhost = "127.0.0.1"\nport = ${smarthost.port}\n${masquerade}`)
  const letter = 'Subject: from the LAN\nX-Letter: lan\nTo: keith, someone@far.example\n\nFrom here\n.\n..\nlast\n'
  const { code, queued, err } = await submit({ port: daemon.port, from: 'eddy', recipients: ['keith', 'someone@far.example'], letter })
  assert.deepEqual({ code, queued }, { code: 0, queued: 0 }, err)
  const [here] = await delivered(daemon, 'keith', 1)
  assert.equal(here && parts(here.octets).body.toString(), 'From here\r\n.\r\n..\r\nlast\r\n')
  daemon.lineUp()
  const [outside] = await smarthost.sink.received(1)
  assert.ok(outside)
  assert.equal(outside.from, 'eddy@shofar.isp.example')
  assert.deepEqual(outside.recipients, ['someone@far.example'])
  assert.match(outside.octets.toString(), /^From: <eddy@shofar\.isp\.example>\r$/m)
  assert.match(outside.octets.toString(), /^To: keith@shofar\.isp\.example, someone@far\.example\r$/m)
  assert.equal(parts(outside.octets).body.toString(), 'From here\r\n.\r\n..\r\nlast\r\n')
})

test('mutt and mail find every letter that was delivered, and mutt deletes one of them', { skip: needed }, async (t) => {
  const daemon = await gateway(t)
  const letters = makeLetters({ seed: 11, count: 40, users: ['eddy'], domain: 'shire.lan', attachment: 100_000 }).filter(
    ({ kind }) => kind !== 'list',
  )
  await send(
    daemon.port,
    letters.map(({ octets }) => ({ from: 'someone@far.example', to: ['eddy@shire.lan'], octets })),
  )
  await delivered(daemon, 'eddy', letters.length)
  const mbox = join(daemon.folder, 'mail', 'eddy')
  const names = letters.map(({ name }) => name)
  assert.deepEqual((await readWithMutt(mbox)).map(nameOf).toSorted(), names.toSorted())
  assert.equal((await listWithMail(mbox)).length, names.length)
  const victim = names[5] ?? ''
  await deleteWithMutt(mbox, `~h 'X-Letter: ${victim}$'`)
  assert.deepEqual(
    readMbox(await daemon.mbox('eddy'))
      .map(({ octets }) => nameOf(octets))
      .toSorted(),
    names.filter((name) => name !== victim).toSorted(),
  )
})

test('for a minute lockfile and Python append and delete while letters are delivered: none is lost, torn or doubled', {
  skip: needed,
}, async (t) => {
  const daemon = await gateway(t)
  const mbox = join(daemon.folder, 'mail', 'eddy')
  const rivals = await Promise.all([startRival('procmail', mbox, daemon.owner('eddy')), startRival('python', mbox, daemon.owner('eddy'))])
  const sent = await sendFor(60_000, daemon)
  const theirs = (await Promise.all(rivals.map((rival) => rival.finish()))).flat()
  await untilAllIn(daemon, [...sent, ...theirs])
  assert.ok(sent.length > 100 && theirs.length > 100, `${sent.length} letters sent, ${theirs.length} of the rivals' left`)
})

// Not beside Python: those two lose letters to each other with nobody else there, since Python puts a new file in place of the one mutt has open.
test('for half a minute lockfile appends and mutt deletes while letters are delivered: none but the deleted is lost, none is doubled', {
  skip: needed,
}, async (t) => {
  const daemon = await gateway(t)
  const mbox = join(daemon.folder, 'mail', 'eddy')
  const rival = await startRival('procmail', mbox, daemon.owner('eddy'))
  const victims: string[] = []
  const sent = await sendFor(30_000, daemon, async (names) => {
    const victim = names.at(-1)
    if (victim === undefined || names.length % 15 > 0) return
    victims.push(victim)
    await deleteWithMutt(mbox, `~h 'X-Letter: ${victim}$'`)
  })
  const theirs = await rival.finish()
  // mutt gives a deletion up when the mbox changes under its hands: those letters must be there, like all others.
  const left = (await stable(daemon, 'eddy')).map(({ octets }) => nameOf(octets))
  const deleted = victims.filter((name) => !left.includes(name))
  await untilAllIn(daemon, [...sent.filter((name) => !deleted.includes(name)), ...theirs])
  assert.ok(
    deleted.length > 0 && sent.length > 50 && theirs.length > 10,
    `${sent.length} sent, ${deleted.length} deleted, ${theirs.length} of the rival's left`,
  )
})

/** Sends eddy letters until the time (milliseconds) is over; `between` sees the names of those so far. */
async function sendFor(
  time: number,
  daemon: Daemon,
  between: (names: readonly string[]) => Promise<void> = async () => {},
): Promise<readonly string[]> {
  const end = performance.now() + time
  const sent: string[] = []
  while (performance.now() < end) {
    const names = [1, 2, 3].map((number) => `mine-${sent.length + number}`)
    const letter = (name: string): Buffer => Buffer.from(`X-Letter: ${name}\r\nSubject: ${name}\r\n\r\nFrom ${name}\r\n`)
    const answers = await send(
      daemon.port,
      names.map((name) => ({ from: 'keith@shire.lan', to: ['eddy@shire.lan'], octets: letter(name) })),
    )
    for (const answer of answers) assert.match(answer, /^250 /)
    sent.push(...names)
    await between(sent)
    await delay(200)
  }
  return sent
}

/** Until there are as many letters in eddy's mbox, which then must be these. */
async function untilAllIn(daemon: Daemon, names: readonly string[]): Promise<void> {
  const wanted = names.toSorted()
  // Those that found the mbox locked for too long wait for their next try.
  assert.equal((await daemon.command('flush')).code, 0)
  let found: readonly string[] = []
  await until(
    async () => {
      const letters = await stable(daemon, 'eddy')
      found = letters.map(({ octets }) => /^X-(?:Letter|Rival): (\S+)/m.exec(octets.toString())?.[1] ?? '').toSorted()
      return found.length >= wanted.length
    },
    () => `missing: ${wanted.filter((name) => !found.includes(name)).join(' ')}\n${daemon.log().slice(-4000)}`,
  )
  assert.deepEqual(found, wanted)
}

async function gateway(t: TestContext, settings = ''): Promise<Daemon> {
  const daemon = await startDaemon({ settings })
  t.after(daemon.stop)
  return daemon
}

/** What is in a mbox at a moment when nobody is writing to it. */
async function stable(daemon: Daemon, user: string): Promise<ReturnType<typeof readMbox>> {
  let torn: unknown
  let letters: ReturnType<typeof readMbox> | undefined
  await until(
    async () => {
      try {
        letters = readMbox(await daemon.mbox(user))
      } catch (cause) {
        torn = cause
      }
      return letters !== undefined
    },
    () => `${user}'s mbox stays torn: ${String(torn)}`,
  )
  return letters ?? []
}

async function delivered(daemon: Daemon, user: string, count: number): Promise<ReturnType<typeof readMbox>> {
  let letters: ReturnType<typeof readMbox> = []
  await until(
    async () => {
      letters = await stable(daemon, user)
      return letters.length >= count
    },
    () => `${letters.length} of ${count} letters are in ${user}'s mbox:\n${daemon.log().slice(-4000)}`,
  )
  return letters
}
