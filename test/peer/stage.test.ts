/** The stage itself: every real peer does its part against the others, before dialpost is put between them. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { startCutter } from './cutter.ts'
import { startDovecot } from './dovecot.ts'
import { startExim } from './exim.ts'
import { makeLetters, nameOf, parts } from './letters.ts'
import { readMbox } from './mbox.ts'
import { startPostfix } from './postfix.ts'
import { startRival } from './rival.ts'
import { makeFolder, missing } from './room.ts'
import { submit } from './sendmail.ts'
import { startSink } from './sink.ts'
import { deleteWithMutt, listWithMail, lockfile, readWithMutt, swaks } from './tools.ts'

const letter = Buffer.from('Subject: one\r\n\r\nGr\xfc\xdfe\r\n..\r\n.\r\nFrom me\r\n\r\n', 'latin1')
const from = ['--from', 'shofar@isp.example']

test('Postfix takes a letter over TLS from who logs in, refuses one recipient, defers another, and passes the octets on unchanged', {
  skip: missing('postfix', 'dovecot', 'tools'),
}, async (t) => {
  const users = { shofar: 'trumpet' }
  const smarthost = await startPostfix({
    users,
    verdict: ({ recipient }) => ({ 'gone@far.example': '550 5.1.1 Gone', 'busy@far.example': '450 4.2.0 Busy' })[recipient],
  })
  t.after(smarthost.stop)
  for (const mechanism of ['PLAIN', 'LOGIN', 'CRAM-MD5']) {
    const login = ['--tls', '--auth', mechanism, '--auth-user', 'shofar', '--auth-password', users.shofar]
    const { code, out } = await swaks(
      smarthost.port,
      [...from, ...login, '--to', 'gone@far.example,busy@far.example,well@far.example'],
      letter,
    )
    assert.equal(code, 0, out.toString())
    assert.match(out.toString(), /TLS started/)
    assert.match(out.toString(), /550 5\.1\.1 .*Gone/)
    assert.match(out.toString(), /450 4\.2\.0 .*Busy/)
  }
  const letters = await smarthost.sink.received(3)
  for (const arrived of letters) {
    assert.deepEqual(arrived.recipients, ['well@far.example'])
    assert.equal(arrived.octets.subarray(arrived.octets.indexOf('Subject:')).toString('latin1'), letter.toString('latin1'))
  }
  const stranger = await swaks(smarthost.port, [...from, '--to', 'well@far.example'], letter)
  assert.equal(stranger.code, 24, 'who has not logged in may not relay')
  const implicit = await swaks(smarthost.tlsPort, [
    ...from,
    '--tls-on-connect',
    '--auth',
    'PLAIN',
    '--auth-user',
    'shofar',
    '--auth-password',
    'wrong',
    '--to',
    'well@far.example',
  ])
  assert.equal(implicit.code, 28, 'and not with a wrong password')
})

test('Postfix can lack extensions, bound the size, and refuse a letter at its dot', { skip: missing('postfix', 'tools') }, async (t) => {
  const smarthost = await startPostfix({
    without: ['chunking', 'pipelining', 'starttls'],
    maxMessage: 20_000,
    verdict: ({ state }) => (state === 'END-OF-MESSAGE' ? '554 5.7.1 Not this one' : undefined),
  })
  t.after(smarthost.stop)
  const { code, out } = await swaks(smarthost.port, [...from, '--to', 'well@far.example'], letter)
  assert.equal(code, 26)
  assert.match(out.toString(), /554 5\.7\.1 .*Not this one/)
  assert.match(out.toString(), /SIZE 20000/)
  assert.doesNotMatch(out.toString(), /PIPELINING|CHUNKING|STARTTLS/)
})

test('Exim takes a letter and passes the octets on unchanged', { skip: missing('exim', 'tools') }, async (t) => {
  const smarthost = await startExim({ users: { shofar: 'trumpet' }, refused: ['gone@far.example'], deferred: ['busy@far.example'] })
  t.after(smarthost.stop)
  const login = ['--tls', '--auth', 'CRAM-MD5', '--auth-user', 'shofar', '--auth-password', 'trumpet']
  const { code, out } = await swaks(
    smarthost.port,
    [...from, ...login, '--to', 'gone@far.example,busy@far.example,well@far.example'],
    letter,
  )
  assert.equal(code, 0, out.toString())
  assert.match(out.toString(), /250-CHUNKING/)
  assert.match(out.toString(), /550 5\.1\.1/)
  assert.match(out.toString(), /451 4\.2\.0/)
  const [arrived] = await smarthost.sink.received(1)
  assert.ok(arrived)
  assert.equal(arrived.octets.subarray(arrived.octets.indexOf('Subject:')).toString('latin1'), letter.toString('latin1'))
})

test('Dovecot gives back all kinds of letters octet for octet by pipelined RETR, and deletes them at QUIT', {
  skip: missing('dovecot', 'tools'),
}, async (t) => {
  const isp = await startDovecot({ users: { Shofar: 'trumpet' } })
  t.after(isp.stop)
  const letters = makeLetters({ seed: 1, count: 60, users: ['eddy', 'keith', 'root'], domain: 'shofar.isp.example', attachment: 200_000 })
  for (const { octets } of letters) await isp.put('Shofar', octets)
  const numbers = letters.map((_, index) => index + 1)
  const login = 'USER shofar\r\nPASS trumpet\r\nUIDL\r\n'
  const conversation = login + numbers.map((n) => `RETR ${n}\r\n`).join('') + numbers.map((n) => `DELE ${n}\r\n`).join('') + 'QUIT\r\n'
  const replies = await talkPop3(isp.pop3, conversation)
  assert.equal(replies.length, 5 + 2 * letters.length)
  const retrieved = replies.slice(4, 4 + letters.length)
  for (const [index, { octets, name }] of letters.entries()) {
    const whole = octets.toString('latin1').endsWith('\r\n') ? octets : Buffer.concat([octets, Buffer.from('\r\n')])
    assert.ok(retrieved[index]?.equals(whole), name)
  }
  assert.deepEqual(await isp.list('Shofar'), [])
})

test('Dovecot offers STLS, POP3S, APOP and pipelining, and keeps what nobody deleted', { skip: missing('dovecot', 'tools') }, async (t) => {
  const isp = await startDovecot({ users: { eddyy: 'secret' } })
  t.after(isp.stop)
  await isp.put('eddyy', letter)
  const plain = await talkPop3(isp.pop3, 'CAPA\r\nQUIT\r\n')
  assert.match(String(plain[1]), /^(?=.*STLS)(?=.*PIPELINING)(?=.*UIDL)(?=.*SASL.*SCRAM-SHA-256)/s)
  assert.match(String(plain[0]), /<\S+@\S+>/)
  const socket = connectTls({ port: isp.pop3s, host: '127.0.0.1', ca: await readFile(isp.certificate), servername: 'pop.isp.example' })
  await once(socket, 'secureConnect')
  assert.equal(socket.authorized, true)
  socket.destroy()
  assert.deepEqual(await isp.list('eddyy'), [letter])
})

test('sendmail as the nullclient of the talk hands its letter to the hub, and keeps it when there is none', {
  skip: missing('sendmail'),
}, async (t) => {
  const hub = await startSink()
  t.after(hub.stop)
  const submission = {
    port: hub.port,
    from: 'eddy',
    recipients: ['keith', 'someone@far.example'],
    letter: 'Subject: hello\nTo: keith\n\nHi\n.\n..\n',
  }
  const { code, queued } = await submit(submission)
  assert.deepEqual({ code, queued }, { code: 0, queued: 0 })
  const [arrived] = await hub.received(1)
  assert.ok(arrived)
  assert.equal(arrived.from, 'eddy@moriah.shire.lan')
  assert.deepEqual(sorted(arrived.recipients), ['keith@moriah.shire.lan', 'someone@far.example'])
  assert.equal(parts(arrived.octets).body.toString(), 'Hi\r\n.\r\n..\r\n')
  const busy = await startSink({ answer: (command) => (command.startsWith('MAIL') ? '451 4.3.0 Later' : undefined) })
  t.after(busy.stop)
  assert.equal((await submit({ ...submission, port: busy.port })).queued, 1)
})

test('mutt and mail read the same letters in an mbox, and mutt deletes one', { skip: missing('tools') }, async (t) => {
  const folder = await makeFolder()
  t.after(folder.remove)
  const mbox = join(folder.path, 'eddy')
  const names = ['one', 'two', 'three']
  await writeFile(
    mbox,
    names.map((name) => `From a@b.example Sat Jun  3 20:58:33 2000\nX-Letter: ${name}\nSubject: the ${name}\n\n>From ${name}\n\n`).join(''),
  )
  assert.deepEqual((await readWithMutt(mbox)).map(nameOf), names)
  assert.deepEqual(
    (await listWithMail(mbox)).map((line) => line.trim().split(/\s+/).at(-1)),
    names,
  )
  await deleteWithMutt(mbox, '~s two')
  const left = readMbox(await readFile(mbox))
  assert.deepEqual(
    left.map(({ octets }) => nameOf(octets)),
    ['one', 'three'],
  )
  assert.equal(left[0] && parts(left[0].octets).body.toString(), 'From one\r\n')
})

test('lockfile does not get a lock that is held', { skip: missing('tools') }, async (t) => {
  const folder = await makeFolder()
  t.after(folder.remove)
  assert.equal((await lockfile(join(folder.path, 'eddy.lock'))).code, 0)
  assert.equal((await lockfile(join(folder.path, 'eddy.lock'))).code, 73)
})

test('two rivals at one mbox lose, tear and double nothing', { skip: missing('tools') }, async (t) => {
  const folder = await makeFolder()
  t.after(folder.remove)
  const mbox = join(folder.path, 'eddy')
  const rivals = await Promise.all([startRival('procmail', mbox), startRival('python', mbox)])
  while (readMbox(await readFile(mbox).catch(() => Buffer.alloc(0))).length < 40) await once(AbortSignal.timeout(50), 'abort')
  const wanted = await Promise.all(rivals.map((rival) => rival.finish()))
  const found = readMbox(await readFile(mbox)).map(({ octets }) => /^X-Rival: (\S+)/m.exec(octets.toString())?.[1] ?? '')
  assert.deepEqual(sorted(found), sorted(wanted.flat()))
})

test('the cutter hangs up right behind the dot, which the server has got and the client does not know', {
  skip: missing('postfix', 'tools'),
}, async (t) => {
  const smarthost = await startPostfix()
  t.after(smarthost.stop)
  const line = await startCutter(smarthost.port, (connection) => (connection === 0 ? { from: 'client', after: '\r\n.\r\n' } : undefined))
  t.after(line.stop)
  const cut = await swaks(line.port, [...from, '--to', 'well@far.example'], Buffer.from('Subject: cut\r\n\r\nText\r\n'))
  assert.notEqual(cut.code, 0)
  assert.equal(line.cuts(), 1)
  await smarthost.sink.received(1)
  const whole = await swaks(line.port, [...from, '--to', 'well@far.example'], letter)
  assert.equal(whole.code, 0)
})

test('the corpus is the same for the same seed and has every kind, one big letter, and list letters in copies', () => {
  const options = { seed: 7, count: 300, users: ['eddy', 'keith', 'nelug', 'root'], domain: 'shofar.isp.example' }
  const letters = makeLetters(options)
  assert.equal(letters.length, 300)
  assert.deepEqual(
    letters.map(({ octets }) => octets.length),
    makeLetters(options).map(({ octets }) => octets.length),
  )
  assert.ok(new Set(letters.map(({ kind }) => kind)).size >= 19)
  assert.ok(Math.max(...letters.map(({ octets }) => octets.length)) > 5 * 2 ** 20)
  const copies = letters.filter(({ kind }) => kind === 'list')
  assert.ok(copies.length > new Set(copies.map(({ name }) => name)).size)
  for (const { octets, name } of letters) assert.equal(nameOf(octets), name)
})

const sorted = (names: readonly string[]): readonly string[] => names.toSorted((a, b) => (a < b ? -1 : 1))

/** Says everything at once and gives the replies, greeting first: of multi-line ones the content with dots unstuffed, of others the line. */
async function talkPop3(port: number, conversation: string): Promise<readonly Buffer[]> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(Buffer.from(chunk)))
  socket.write(conversation)
  await once(socket, 'close')
  const all = Buffer.concat(chunks)
  const multiline = /^(CAPA|UIDL|RETR)/
  const replies: Buffer[] = []
  let at = 0
  for (const command of ['', ...conversation.split('\r\n').slice(0, -1)]) {
    const status = all.indexOf('\r\n', at) + 2
    if (!multiline.test(command)) replies.push(all.subarray(at, status))
    else {
      at = all.indexOf('\r\n.\r\n', status - 2) + 5
      replies.push(
        Buffer.from(
          all
            .subarray(status, at - 3)
            .toString('latin1')
            .replaceAll('\r\n..', '\r\n.')
            .replace(/^\.\./, '.'),
          'latin1',
        ),
      )
      continue
    }
    at = status
  }
  return replies
}
