import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import type { Maildrop } from '../../src/collect/maildrop.ts'
import { pop3, type Pop3Parts } from '../../src/collect/pop3.ts'
import type { BoxAccount } from '../../src/collect/acquaintance.ts'
import { sockets } from '../../src/collect/socket.ts'
import { encrypter } from '../../src/tls.ts'
import { pem } from '../fake/certificate.ts'
import { pop3Server, usual, type Pop3Server, type Pop3ServerOptions } from './pop3-server.ts'

const never = new AbortController().signal

const octets = (text: string) => Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1')

const letters = () => [
  { uidl: 'a1', octets: octets('From: a@b\nSubject: one\n\n.\n..\n.dot\nlast\n') },
  { uidl: 'a2', octets: octets('Subject: eight bit\n\n\xe4\xf6\xfc \x00 nul\n') },
  { uidl: 'a3', octets: octets('\nno header\n') },
]

type Setting = { server: Pop3Server; account: BoxAccount; parts: Pop3Parts; notes: Map<string, string> }

async function setting(
  t: TestContext,
  options: Pop3ServerOptions = {},
  account: Partial<BoxAccount> = {},
  authorities: readonly string[] = [pem.authority],
): Promise<Setting> {
  const server = await pop3Server({ letters: letters(), capabilities: usual, ...options })
  t.after(() => server.close())
  const notes = new Map<string, string>()
  return {
    server,
    notes,
    account: {
      name: 'work',
      host: 'pop.isp.example',
      port: server.port,
      tls: 'off',
      user: 'eddy',
      password: () => 'sesame',
      ...account,
    },
    parts: {
      clock: systemClock,
      resolve: async () => ({ kind: 'found', addresses: ['127.0.0.1'] }),
      sockets: sockets({ clock: systemClock, encrypt: encrypter({ clockIsKnown: () => true, authorities: () => authorities }) }),
      recall: (name) => notes.get(name),
      remember: (name, value) => (value === undefined ? notes.delete(name) : notes.set(name, value)),
      patience: { connect: 2000, answer: 2000 },
    },
  }
}

async function open({ account, parts }: Setting): Promise<Maildrop> {
  const opened = await pop3(account, parts)(never)
  assert.equal(opened.kind, 'open', JSON.stringify(opened))
  if (opened.kind !== 'open') throw new Error('unreachable')
  return opened.box
}

async function failure({ account, parts }: Setting) {
  const opened = await pop3(account, parts)(never)
  if (opened.kind === 'open') {
    opened.box.abort('the test expected a failure')
    assert.fail('it opened')
  }
  return opened.failure
}

async function body(box: Maildrop, number: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  const answer = await box.retrieve(number, (piece) => void pieces.push(Buffer.from(piece)))
  assert.equal(answer.kind, 'done', JSON.stringify(answer))
  return Buffer.concat(pieces)
}

async function emptyThe(box: Maildrop): Promise<Buffer[]> {
  const all = await Promise.all(
    box.letters.map(async ({ number }) => {
      const octets = await body(box, number)
      assert.equal((await box.delete(number)).kind, 'done')
      return octets
    }),
  )
  assert.equal(await box.quit(), 'committed')
  return all
}

const ways: Record<string, [Pop3ServerOptions, Partial<BoxAccount>, RegExp]> = {
  'USER and PASS': [{ capabilities: ['USER'], greeting: '+OK' }, {}, /^USER eddy$/m],
  'no CAPA at all': [{ capabilities: undefined as never, greeting: '+OK' }, {}, /^USER eddy$/m],
  'APOP, though SCRAM is offered': [{ capabilities: ['USER', 'UIDL', 'SASL SCRAM-SHA-256'] }, {}, /^APOP eddy [0-9a-f]{32}$/m],
  'AUTH PLAIN, when nothing better is offered': [{ capabilities: ['SASL PLAIN'], greeting: '+OK' }, {}, /^AUTH PLAIN /m],
  'AUTH LOGIN': [
    {
      capabilities: ['SASL LOGIN'],
      greeting: '+OK',
      answer: (line) => (line.startsWith('USER') || line.startsWith('PASS') ? '-ERR no\r\n' : undefined),
    },
    {},
    /^AUTH LOGIN$/m,
  ],
  'AUTH CRAM-MD5': [{ capabilities: ['USER', 'SASL PLAIN CRAM-MD5', 'PIPELINING'], greeting: '+OK' }, {}, /^AUTH CRAM-MD5$/m],
  STLS: [{ capabilities: ['STLS'], secureCapabilities: usual }, { tls: 'required' }, /^STLS$/m],
  'STLS when it happens to be there': [
    { capabilities: ['STLS'], secureCapabilities: ['SASL PLAIN', ...usual] },
    { tls: 'opportunistic' },
    /^AUTH PLAIN /m,
  ],
  POP3S: [{ implicitTls: true }, { tls: 'implicit' }, /^USER eddy$/m],
}

for (const [way, [options, account, spoken]] of Object.entries(ways)) {
  test(`every letter comes whole and leaves the box by ${way}`, async (t) => {
    const here = await setting(t, options, account)
    const box = await open(here)
    assert.deepEqual(
      box.letters.map(({ uidl, size }) => [uidl, size]),
      letters().map(({ uidl, octets }) => [uidl, octets.length]),
    )
    assert.deepEqual(
      await emptyThe(box),
      letters().map(({ octets }) => octets),
    )
    assert.deepEqual(here.server.letters, [])
    assert.match(here.server.sessions[0]?.commands.join('\n') ?? '', spoken)
  })
}

test('the greeting is heard by whoever asked for it', async (t) => {
  const heard: string[] = []
  const here = await setting(t, { greeting: '+OK ready <1896.697170952@pop.isp.example>' })
  const box = await open({ ...here, parts: { ...here.parts, greeted: (host, greeting) => heard.push(host, greeting) } })
  await box.quit()
  assert.deepEqual(heard, [here.account.host, 'ready <1896.697170952@pop.isp.example>'])
})

test('TOP brings the header with its octets untouched', async (t) => {
  const box = await open(await setting(t, { letters: [{ uidl: 'x', octets: octets('Subject: \xe4\xff\x80\n..x: y\n\nbody\n') }] }))
  const answer = await box.top(1)
  assert.deepEqual(answer.header, octets('Subject: \xe4\xff\x80\n..x: y\n\n'))
  await box.quit()
})

test('the second time login, UIDL and LIST leave in one segment behind the greeting', async (t) => {
  for (const [options, account] of [
    [{ capabilities: usual, greeting: '+OK' }, {}],
    [{ capabilities: usual }, {}],
    [{ implicitTls: true, capabilities: ['SASL PLAIN', ...usual] }, { tls: 'implicit' as const }],
  ] as const) {
    const here = await setting(t, options, account)
    await (await open(here)).quit()
    here.server.reads.length = 0
    const box = await open(here)
    assert.equal(here.server.reads.length, 1, here.server.reads.join('|'))
    assert.match(here.server.reads[0] ?? '', /\r\nUIDL\r\nLIST\r\n$/)
    await emptyThe(box)
    assert.deepEqual(here.server.letters, [])
  }
})

test('where all is wanted the first letters leave with the login, and the next ahead of the ids', async (t) => {
  const here = await setting(t, { greeting: '+OK' })
  for (const first of ['CAPA\r\n', 'USER eddy\r\nPASS sesame\r\nSTAT\r\nUIDL\r\nRETR 1\r\n']) {
    here.server.reads.length = 0
    const opened = await pop3(here.account, here.parts)(never, { sizes: false, ahead: 1000 })
    assert.equal(opened.kind, 'open')
    if (opened.kind !== 'open') return
    const got = await Promise.all(opened.box.letters.map(({ number }) => body(opened.box, number)))
    assert.deepEqual(
      got,
      letters().map(({ octets }) => octets),
    )
    await opened.box.quit()
    assert.equal(here.server.reads[0], first)
    assert.deepEqual(
      here.server.sessions.at(-1)?.commands.filter((line) => line !== 'CAPA'),
      ['USER eddy', 'PASS sesame', 'STAT', 'UIDL', 'RETR 1', 'RETR 2', 'RETR 3', 'QUIT'],
    )
  }
})

test('inside TLS only what the server said there is believed', async (t) => {
  const here = await setting(t, { capabilities: ['STLS', 'SASL PLAIN'], secureCapabilities: ['USER', 'UIDL'] }, { tls: 'required' })
  await (await open(here)).quit()
  assert.deepEqual(here.server.sessions[0]?.commands.slice(0, 4), ['CAPA', 'STLS', 'CAPA', 'USER eddy'])
  await (await open(here)).quit()
  assert.deepEqual(here.server.sessions[1]?.commands.slice(0, 2), ['STLS', 'USER eddy'])
})

test('plaintext put behind the answer to STLS is thrown away', async (t) => {
  const injected = await setting(
    t,
    {
      capabilities: ['STLS'],
      secureCapabilities: usual,
      answer: (line, session) => {
        if (line !== 'STLS') return undefined
        const socket = session.socket()
        const write = socket.write.bind(socket)
        socket.write = ((data: string, done: () => void) => {
          socket.write = write
          return write(`${data}+OK injected\r\nUSER\r\nX-INJECTED\r\n.\r\n`, done)
        }) as never
        return undefined
      },
    },
    { tls: 'required' },
  )
  const box = await open(injected)
  assert.doesNotMatch([...injected.notes.values()].join(), /X-INJECTED/)
  assert.equal(box.letters.length, 3)
  await box.quit()
})

test('without PIPELINING no command is sent before the one ahead of it is answered', async (t) => {
  const here = await setting(t, { capabilities: ['USER', 'UIDL'] })
  await emptyThe(await open(here))
  assert.ok(
    here.server.reads.every((read) => read.split('\r\n').length === 2),
    here.server.reads.join('|'),
  )
})

test('a certificate that nobody vouches for, or a server without STLS, is not trusted with the password', async (t) => {
  for (const [options, account, authorities] of [
    [{ implicitTls: true }, { tls: 'implicit' }, []],
    [{ implicitTls: true }, { tls: 'implicit', host: 'another.example' }],
    [{ implicitTls: true }, { tls: 'implicit', fingerprint: 'AA:BB' }],
    [{ capabilities: usual }, { tls: 'required' }],
  ] as const) {
    const here = await setting(t, options, account, authorities)
    assert.equal((await failure(here)).kind, 'insecure')
    assert.ok(here.server.sessions.every(({ commands }) => !commands.some((line) => line.startsWith('USER'))))
  }
})

test('a pinned certificate needs no authority, also when the TLS session is resumed', async (t) => {
  const { X509Certificate } = await import('node:crypto')
  const here = await setting(t, { implicitTls: true }, { tls: 'implicit', fingerprint: new X509Certificate(pem.server).fingerprint256 }, [])
  await (await open(here)).quit()
  await (await open(here)).quit()
  assert.equal(here.server.sessions.length, 2)
})

test('a wrong password is a failed login that does not tell the password', async (t) => {
  for (const capabilities of [['USER'], ['SASL PLAIN CRAM-MD5', 'PIPELINING']]) {
    const here = await setting(t, { capabilities }, { password: () => 'hunter2' })
    const told = await failure(here)
    assert.equal(told.kind, 'login')
    assert.doesNotMatch(JSON.stringify(told), /hunter2/)
    assert.match(told.text, /\[AUTH\] Authentication failed/)
  }
})

test('response codes tell a busy box and a sick server from a wrong password', async (t) => {
  for (const [code, kind] of [
    ['IN-USE', 'busy'],
    ['LOGIN-DELAY', 'busy'],
    ['SYS/TEMP', 'temporary'],
    ['SYS/PERM', 'temporary'],
    ['AUTH', 'login'],
  ] as const) {
    const here = await setting(t, {
      answer: (line) => (line.startsWith('PASS') || line.startsWith('APOP') ? `-ERR [${code}] Sorry\r\n` : undefined),
    })
    assert.equal((await failure(here)).kind, kind, code)
  }
})

test('what was remembered and is no longer true is asked again in the same opening', async (t) => {
  const here = await setting(t, { capabilities: usual, greeting: '+OK' })
  await (await open(here)).quit()
  const remembered = [...here.notes.entries()][0]
  assert.ok(remembered)
  here.notes.set(
    remembered[0],
    remembered[1].replace('"USER","UIDL"', '"SASL PLAIN","UIDL"').replace('"method":"USER"', '"method":"PLAIN"'),
  )
  const box = await open(here)
  assert.equal(box.letters.length, 3)
  await box.quit()
})

test('ids that repeat, that are missing, or that are just numbers are not relied on', async (t) => {
  const uidls = async (rows: string) => {
    const box = await open(await setting(t, { answer: (line) => (line === 'UIDL' ? rows : undefined) }))
    await box.quit()
    return box.letters.map(({ uidl }) => uidl)
  }
  assert.deepEqual(await uidls('+OK\r\n1 x\r\n2 x\r\n3 y\r\n.\r\n'), [undefined, undefined, 'y'])
  assert.deepEqual(await uidls('+OK\r\n1 a\r\n2\r\ngarbage\r\n.\r\n'), ['a', undefined, undefined])
  assert.deepEqual(await uidls('+OK\r\n1 1\r\n2 2\r\n3 3\r\n.\r\n'), [undefined, undefined, undefined])
  assert.deepEqual(await uidls('-ERR What?\r\n'), [undefined, undefined, undefined])
})

test('a body whose taker breaks is skimmed, and the session goes on', async (t) => {
  const box = await open(await setting(t))
  const broken = box.retrieve(1, () => Promise.reject(new Error('the flash is full')))
  const whole = body(box, 2)
  await assert.rejects(broken, /the flash is full/)
  assert.deepEqual(await whole, letters()[1]?.octets)
  await box.quit()
})

test('a slow taker holds the server back', async (t) => {
  const big = Buffer.alloc(4 * 1024 * 1024, 'a line of text\r\n')
  const here = await setting(t, { letters: [{ uidl: 'big', octets: big }] })
  const box = await open({ ...here, parts: { ...here.parts, patience: { connect: 2000, answer: 400 } } })
  let let1: () => void = () => {}
  const gate = new Promise<void>((resolve) => (let1 = resolve))
  let size = 0
  const done = box.retrieve(1, async (piece) => {
    if (size === 0) await gate
    size += piece.length
  })
  await systemClock.sleep(systemClock.elapsed() + 600)
  assert.ok(box.traffic().received < 1024 * 1024, `${box.traffic().received} octets read ahead`)
  let1()
  assert.equal((await done).kind, 'done')
  assert.equal(size, big.length)
  await box.quit()
})

test('aborting the signal ends the opening at once, wherever it stands', async (t) => {
  for (const silent of ['', 'CAPA', 'USER eddy', 'UIDL']) {
    const here = await setting(t, { greeting: '+OK', answer: (line) => (line === silent ? '' : undefined) })
    const stop = new AbortController()
    const opening = pop3(here.account, { ...here.parts, patience: { connect: 60_000, answer: 60_000 } })(stop.signal)
    const begun = () => here.server.sessions.some(({ commands }) => silent === '' || commands.includes(silent))
    while (!begun()) await systemClock.sleep(systemClock.elapsed() + 2)
    stop.abort()
    const opened = await opening
    assert.equal(opened.kind === 'failed' && opened.failure.kind, 'lost', silent)
  }
})
