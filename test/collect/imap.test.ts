import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { drain } from '../../src/collect/drain.ts'
import { imap, type ImapParts } from '../../src/collect/imap.ts'
import type { BoxAccount } from '../../src/collect/acquaintance.ts'
import type { Maildrop, Wants } from '../../src/collect/maildrop.ts'
import { sockets } from '../../src/collect/socket.ts'
import type { LedgerEntry, LedgerState } from '../../src/queue/ledger.ts'
import { encrypter } from '../../src/tls.ts'
import { pem } from '../fake/certificate.ts'
import { asItCame, house, letter, work } from './house.ts'
import { imapLetters, imapServer, inside, outside, type ImapServer, type ImapServerOptions } from './imap-server.ts'

const never = new AbortController().signal

const octets = (text: string) => Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1')

const bodies = [
  octets('From: a@b\nSubject: one\n\n.\n..\n.dot\nlast\n'),
  octets('Subject: eight bit\n\n\xe4\xf6\xfc \x00 nul\n* 1 FETCH (UID 1 BODY[] {3}\n'),
  octets('\nno header, no line end'),
]

type Setting = {
  readonly server: ImapServer
  readonly account: BoxAccount
  readonly parts: ImapParts
  readonly notes: Map<string, string>
  readonly rows: Map<string, LedgerEntry>
}

async function setting(
  t: TestContext,
  options: ImapServerOptions = {},
  account: Partial<BoxAccount> = {},
  authorities: readonly string[] = [pem.authority],
): Promise<Setting> {
  const server = await imapServer({ letters: imapLetters(...bodies), ...options })
  t.after(() => server.close())
  const notes = new Map<string, string>()
  const rows = new Map<string, LedgerEntry>()
  return {
    server,
    notes,
    rows,
    account: { name: 'work', host: 'pop.isp.example', port: server.port, tls: 'off', user: 'eddy', password: () => 'sesame', ...account },
    parts: {
      clock: systemClock,
      resolve: async () => ({ kind: 'found', addresses: ['127.0.0.1'] }),
      sockets: sockets({ clock: systemClock, encrypt: encrypter({ clockIsKnown: () => true, authorities: () => authorities }) }),
      rows: () => rows,
      recall: (name) => notes.get(name),
      remember: (name, value) => (value === undefined ? notes.delete(name) : notes.set(name, value)),
      patience: { connect: 5000, answer: 5000 },
    },
  }
}

async function open({ account, parts }: Setting, wants?: Wants): Promise<Maildrop> {
  const opened = await imap(account, parts)(never, wants)
  assert.equal(opened.kind, 'open', JSON.stringify(opened))
  if (opened.kind !== 'open') throw new Error('unreachable')
  return opened.box
}

/** With little patience for a silent server. */
async function failure({ account, parts }: Setting) {
  const opened = await imap(account, { ...parts, patience: { connect: 5000, answer: 300 } })(never)
  if (opened.kind === 'open') {
    opened.box.abort('the test expected a failure')
    assert.fail('it opened')
  }
  return opened.failure
}

async function body(box: Maildrop, number: number, from?: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  const answer = await box.retrieve(number, (piece) => void pieces.push(Buffer.from(piece)), from)
  assert.equal(answer.kind, 'done', JSON.stringify(answer))
  return Buffer.concat(pieces)
}

async function emptyThe(box: Maildrop): Promise<Buffer[]> {
  const all = await Promise.all(
    box.letters.map(async ({ number }) => {
      const came = await body(box, number)
      assert.equal((await box.delete(number)).kind, 'done')
      return came
    }),
  )
  assert.equal(await box.quit(), 'committed')
  return all
}

const commandsOf = ({ server }: Setting, session = 0): string => server.sessions[session]?.commands.join('\n') ?? ''

const ways: Record<string, [ImapServerOptions, Partial<BoxAccount>, RegExp]> = {
  'AUTHENTICATE PLAIN with an initial response': [{}, {}, /^AUTHENTICATE PLAIN AGVkZHkAc2VzYW1l$/m],
  'AUTHENTICATE CRAM-MD5': [{ capabilities: ['AUTH=CRAM-MD5', 'AUTH=PLAIN'] }, {}, /^AUTHENTICATE CRAM-MD5$/m],
  'AUTHENTICATE PLAIN without one': [{ capabilities: ['AUTH=PLAIN', 'LOGINDISABLED'] }, {}, /^AUTHENTICATE PLAIN$/m],
  LOGIN: [{ capabilities: ['IMAP4rev1'] }, {}, /^LOGIN "eddy" "sesame"$/m],
  'LOGIN with a password that needs quoting': [
    { capabilities: ['IMAP4rev1'], password: 'se"sa\\me' },
    { password: () => 'se"sa\\me' },
    /^LOGIN "eddy" "se\\"sa\\\\me"$/m,
  ],
  'LOGIN with a password that needs a literal': [
    { capabilities: ['LITERAL-'], password: 'sésame' },
    { password: () => 'sésame' },
    /^LOGIN "eddy" \{7\+\}\r\ns\xc3\xa9same$/m,
  ],
  'LOGIN with literals that the server asks for': [
    { capabilities: ['IMAP4rev1'], user: 'éddy', password: 'sésame' },
    { user: 'éddy', password: () => 'sésame' },
    /^LOGIN \{5\}\r\n\xc3\xa9ddy \{7\}\r\ns\xc3\xa9same$/m,
  ],
  STARTTLS: [
    { capabilities: ['STARTTLS', 'LOGINDISABLED'], secureCapabilities: outside },
    { tls: 'required' },
    /^STARTTLS\nCAPABILITY\nAUTH/m,
  ],
  'STARTTLS when it happens to be there': [
    { capabilities: ['STARTTLS'], secureCapabilities: outside },
    { tls: 'opportunistic' },
    /^STARTTLS$/m,
  ],
  IMAPS: [{ implicitTls: true }, { tls: 'implicit' }, /^AUTHENTICATE PLAIN /m],
  'COMPRESS DEFLATE': [{ insideCapabilities: ['COMPRESS=DEFLATE', ...inside] }, {}, /^COMPRESS DEFLATE$/m],
  'COMPRESS DEFLATE within TLS': [
    { implicitTls: true, insideCapabilities: ['COMPRESS=DEFLATE', ...inside] },
    { tls: 'implicit' },
    /^COMPRESS DEFLATE$/m,
  ],
  'a server that says what it can do only when asked': [{ greeting: '* OK Ready' }, {}, /^CAPABILITY\nAUTHENTICATE/],
  'a server that names the UID behind the body': [{ uidBehind: true }, {}, /^UID FETCH 1 BODY\.PEEK\[\]$/m],
  'a server with neither UIDPLUS nor ESEARCH': [{ insideCapabilities: ['IMAP4rev1'] }, {}, /^EXPUNGE$/m],
}

for (const [way, [options, account, spoken]] of Object.entries(ways))
  for (const chunk of [0, 1])
    test(`every letter comes whole and leaves the box by ${way}${chunk === 1 ? ', octet by octet' : ''}`, async (t) => {
      const here = await setting(t, { chunk, ...options }, account)
      const box = await open(here)
      assert.deepEqual(
        box.letters,
        bodies.map((octets, nth) => ({ number: nth + 1, size: octets.length, uidl: `7.${nth + 1}` })),
      )
      assert.deepEqual(await emptyThe(box), bodies)
      assert.deepEqual(here.server.letters, [])
      assert.match(commandsOf(here), spoken)
    })

test('the second time login, SELECT, lists and COMPRESS leave in one segment behind the greeting', async (t) => {
  const here = await setting(t, { insideCapabilities: ['COMPRESS=DEFLATE', ...inside], greeting: '* OK Ready' })
  await (await open(here)).quit()
  const box = await open(here)
  const reads = here.server.reads.filter((read) => read.startsWith('1 AUTH'))
  assert.equal(here.server.sessions[1]?.commands.length, 5)
  assert.match(reads.at(-1) ?? '', /^1 AUTHENTICATE PLAIN .*\r\n2 SELECT INBOX\r\n[^]*\r\n5 COMPRESS DEFLATE\r\n$/)
  assert.deepEqual(await emptyThe(box), bodies)
})

test('several letters are asked for in one segment', async (t) => {
  const here = await setting(t)
  const box = await open(here)
  here.server.reads.length = 0
  await Promise.all(box.letters.map(({ number }) => body(box, number)))
  assert.equal(here.server.reads.length, 1)
  await box.quit()
})

test('a refused COMPRESS costs nothing but itself', async (t) => {
  const here = await setting(t, {
    insideCapabilities: ['COMPRESS=DEFLATE', ...inside],
    answer: (command, tag) => (command.startsWith('COMPRESS') ? `${tag} NO [COMPRESSIONACTIVE] Already\r\n` : undefined),
  })
  assert.deepEqual(await emptyThe(await open(here)), bodies)
})

test('a login behind which everything is lost is remembered, and the next time each answer is waited for', async (t) => {
  const here = await setting(t, {
    answer(command, _tag, session) {
      const entering = session.number === 2 && command.startsWith('SELECT')
      return entering ? '' : undefined
    },
  })
  await (await open(here)).quit()
  assert.equal((await failure(here)).kind, 'lost')
  here.server.reads.length = 0
  await (await open(here)).quit()
  assert.match(here.server.reads[0] ?? '', /^1 AUTHENTICATE [^\r]*\r\n$/)
})

test('what was remembered and is no longer true is asked again in the same opening', async (t) => {
  const here = await setting(t)
  await (await open(here)).quit()
  const [name, text] = [...here.notes][0] ?? ['', '']
  here.notes.set(name, text.replaceAll('"PLAIN"', '"COMMAND"').replace('"AUTH=PLAIN"', '"AUTH=LOGIN"'))
  here.notes.set(name, text.replace(/"method":"\w+"/, '"method":"SCRAM-SHA-256"'))
  assert.equal((await open(here)).letters.length, 3)
})

test('inside TLS only what the server said there is believed', async (t) => {
  const here = await setting(
    t,
    { capabilities: ['STARTTLS', 'SASL-IR', 'AUTH=PLAIN'], secureCapabilities: ['IMAP4rev1'] },
    { tls: 'required' },
  )
  await (await open(here)).quit()
  assert.match(commandsOf(here), /^STARTTLS\nCAPABILITY\nLOGIN "eddy" "sesame"\n/)
  await (await open(here)).quit()
  assert.match(commandsOf(here, 1), /^STARTTLS\nLOGIN "eddy" "sesame"\nSELECT INBOX\n/)
})

test('a certificate that nobody vouches for, a server without STARTTLS, or one that needs no login is not trusted', async (t) => {
  for (const [options, account, authorities] of [
    [{ implicitTls: true }, { tls: 'implicit' }, []],
    [{ implicitTls: true }, { tls: 'implicit', host: 'another.example' }],
    [{ implicitTls: true }, { tls: 'implicit', fingerprint: 'AA:BB' }],
    [{}, { tls: 'required' }],
    [{ greeting: '* PREAUTH Welcome' }, { tls: 'required' }],
  ] as const) {
    const here = await setting(t, options, account, authorities)
    assert.equal((await failure(here)).kind, 'insecure')
    assert.doesNotMatch(here.server.reads.join(''), /AUTHENTICATE|LOGIN|SELECT/)
  }
})

test('plaintext put behind the answer to STARTTLS is thrown away', async (t) => {
  const here = await setting(
    t,
    {
      capabilities: ['STARTTLS'],
      secureCapabilities: outside,
      answer: (command, tag) =>
        command === 'STARTTLS' ? `${tag} OK Begin\r\n* CAPABILITY X\r\n2 OK [CAPABILITY LITERAL-] injected\r\n` : undefined,
    },
    { tls: 'required' },
  )
  // The server never begins TLS: what was injected must not be taken for an answer within it.
  assert.equal((await failure(here)).kind, 'insecure')
  assert.deepEqual([...here.notes], [])
})

test('a wrong password is a failed login that does not tell the password', async (t) => {
  for (const capabilities of [['IMAP4rev1'], ['SASL-IR', 'AUTH=PLAIN', 'AUTH=CRAM-MD5']]) {
    const here = await setting(t, { capabilities }, { password: () => 'hunter2' })
    const told = await failure(here)
    assert.equal(told.kind, 'login')
    assert.doesNotMatch(JSON.stringify(told), /hunter2/)
    assert.match(told.text, /\[AUTHENTICATIONFAILED\] Authentication failed/)
  }
})

test('response codes tell a busy box and a sick server from a wrong password', async (t) => {
  for (const [code, kind] of [
    ['INUSE', 'busy'],
    ['UNAVAILABLE', 'temporary'],
    ['PRIVACYREQUIRED', 'insecure'],
    ['AUTHENTICATIONFAILED', 'login'],
  ] as const) {
    const here = await setting(t, {
      answer: (command, tag) => (/^(AUTH|LOGIN)/.test(command) ? `${tag} NO [${code}] Sorry\r\n` : undefined),
    })
    assert.equal((await failure(here)).kind, kind, code)
  }
})

const mute: Record<string, [RegExp, string, string]> = {
  'greets with a refusal': [/^$/, '* BYE Too many connections\r\n', 'temporary'],
  'greets as another protocol': [/^$/, '+OK POP3 ready\r\n', 'nonsense'],
  'answers a tag that nobody used': [/^AUTH/, 'zz OK Hm\r\n', 'nonsense'],
  'asks for what nobody offered': [/^SELECT/, '+ go on\r\n', 'nonsense'],
  'answers with nonsense': [/^SELECT/, '\x00\x01\x02\r\n', 'nonsense'],
  'sends a line without end': [/^SELECT/, `* OK ${'x'.repeat(200_000)}`, 'nonsense'],
  'sends a literal without end where none was asked for': [/^SELECT/, `* X {999999999999}\r\n${'x'.repeat(300_000)}`, 'lost'],
  'says goodbye': [/^SELECT/, '* BYE Shutting down\r\n', 'lost'],
  'falls silent': [/^SELECT/, '', 'lost'],
}
for (const [words, [when, what, kind]] of Object.entries(mute))
  test(`a server that ${words} fails in time and in words`, async (t) => {
    const here = await setting(t, {
      ...(when.source === '^$' ? { greeting: what.trim() } : {}),
      answer: (command) => (when.test(command) ? what : undefined),
    })
    const told = await failure(here)
    assert.equal(told.kind, kind, told.text)
  })

test('aborting the signal ends the opening at once, wherever it stands', async (t) => {
  for (const silent of ['AUTHENTICATE', 'SELECT', 'COMPRESS']) {
    const here = await setting(t, {
      insideCapabilities: ['COMPRESS=DEFLATE', ...inside],
      answer: (command) => (command.startsWith(silent) ? '' : undefined),
    })
    const stop = new AbortController()
    const opening = imap(here.account, { ...here.parts, patience: { connect: 60_000, answer: 60_000 } })(stop.signal)
    while (!commandsOf(here).includes(silent)) await systemClock.sleep(systemClock.elapsed() + 2)
    stop.abort()
    const opened = await opening
    assert.equal(opened.kind === 'failed' && opened.failure.kind, 'lost', silent)
  }
})

test('a letter is taken up where it was left, also from a server that begins anew', async (t) => {
  const here = await setting(t)
  const box = await open(here)
  assert.deepEqual(await body(box, 1, 10), bodies[0]?.subarray(10))
  assert.deepEqual(await body(box, 1, bodies[0]?.length), Buffer.alloc(0))
  assert.match(commandsOf(here), /^UID FETCH 1 BODY\.PEEK\[\]<10\.1000000000>$/m)
  await box.quit()
  const whole = await setting(t, {
    answer: (command, tag) =>
      command.includes('<10.')
        ? Buffer.concat([
            octets('* 1 FETCH (UID 1 BODY[] {20}\n'),
            (bodies[0] ?? Buffer.alloc(0)).subarray(0, 20),
            octets(`)\n${tag} OK\n`),
          ])
        : undefined,
  })
  assert.deepEqual(await body(await open(whole), 1, 10), bodies[0]?.subarray(10, 20))
  const gap = await setting(t, {
    answer: (command, tag) => (command.includes('<10.') ? octets(`* 1 FETCH (UID 1 BODY[]<15> {3}\nabc)\n${tag} OK\n`) : undefined),
  })
  const pieces: Uint8Array[] = []
  assert.equal((await (await open(gap)).retrieve(1, (piece) => void pieces.push(piece), 10)).kind, 'refused')
  assert.deepEqual(pieces, [])
})

test('a body that comes as a quoted string or as NIL is taken, too', async (t) => {
  for (const [said, wanted] of [
    ['"a \\"b\\" \\\\"', 'a "b" \\'],
    ['""', ''],
    ['NIL', ''],
  ] as const) {
    const here = await setting(t, {
      answer: (command, tag) => (command.includes('BODY') ? `* 1 FETCH (BODY[] ${said} UID 1 FLAGS (\\Seen))\r\n${tag} OK\r\n` : undefined),
    })
    assert.equal((await body(await open(here), 1)).toString(), wanted)
  }
})

test('a letter that went meanwhile is refused, and so is one that the server will not give', async (t) => {
  const here = await setting(t, {
    answer: (command, tag) => (command.includes('FETCH 2 BODY') ? `${tag} NO [UNAVAILABLE] Bad sector\r\n` : undefined),
  })
  const box = await open(here)
  here.server.letters.shift()
  assert.deepEqual(await box.retrieve(1, () => {}), { kind: 'refused', code: '', text: 'There is no such letter' })
  assert.deepEqual(await box.retrieve(2, () => {}), { kind: 'refused', code: 'UNAVAILABLE', text: 'Bad sector' })
  assert.deepEqual(await body(box, 3), bodies[2])
})

test('a slow taker holds the server back, compressed or not', async (t) => {
  const big = Buffer.alloc(24 * 1024 * 1024, 'a line of text\r\n')
  for (const insideCapabilities of [inside, ['COMPRESS=DEFLATE', ...inside]]) {
    const here = await setting(t, { letters: imapLetters(big), insideCapabilities })
    const box = await open(here)
    const gate = Promise.withResolvers<void>()
    let [size, taken] = [0, 0]
    const done = box.retrieve(1, async (piece) => {
      taken += 1
      if (size === 0) await gate.promise
      size += piece.length
      assert.ok(piece.length <= 64 * 1024)
    })
    await systemClock.sleep(systemClock.elapsed() + 300)
    assert.ok(taken <= 1)
    assert.ok(box.traffic().received < 1024 * 1024, `${box.traffic().received} octets read ahead`)
    gate.resolve()
    assert.equal((await done).kind, 'done')
    assert.equal(size, big.length)
    await box.quit()
  }
})

test('what others have marked \\Deleted is neither listed nor expunged, and ours goes in one STORE', async (t) => {
  for (const insideCapabilities of [inside, ['IMAP4rev1']]) {
    const here = await setting(t, { insideCapabilities })
    here.server.letters[1]?.flags.add('\\Deleted')
    const box = await open(here)
    assert.deepEqual(
      box.letters.map(({ number }) => number),
      [1, 3],
    )
    for (const { number } of box.letters) await box.delete(number)
    const isTold = insideCapabilities === inside
    assert.equal(await box.quit(), isTold ? 'committed' : 'refused')
    assert.deepEqual(
      here.server.letters.map(({ uid }) => uid),
      isTold ? [2] : [1, 2, 3],
    )
    assert.match(commandsOf(here), /^UID STORE 1,3 \+FLAGS\.SILENT \(\\Deleted\)$/m)
    assert.doesNotMatch(commandsOf(here), /^EXPUNGE/m)
  }
})

test('a letter that is ours and was marked in a session that broke off is listed, so that it can go', async (t) => {
  const here = await setting(t)
  here.server.letters[1]?.flags.add('\\Deleted')
  here.rows.set('7.2', { state: 'kept' })
  const box = await open(here)
  assert.deepEqual(
    box.letters.map(({ number }) => number),
    [1, 2, 3],
  )
})

const partings: Record<string, [RegExp, (tag: string) => string | undefined, string, number]> = {
  'the line drops ahead of STORE': [/STORE/, () => 'drop', 'unknown', 3],
  'STORE is refused': [/STORE/, (tag) => `${tag} NO [NOPERM] No\r\n`, 'refused', 3],
  'the line drops ahead of EXPUNGE': [/EXPUNGE/, () => 'drop', 'unknown', 3],
  'EXPUNGE is refused': [/EXPUNGE/, (tag) => `${tag} NO Busy\r\n`, 'refused', 3],
  'the line drops ahead of LOGOUT': [/LOGOUT/, () => 'drop', 'committed', 2],
  'nothing goes wrong': [/never/, () => undefined, 'committed', 2],
}
for (const [words, [when, what, parting, left]] of Object.entries(partings))
  test(`deletions when ${words}: ${parting}`, async (t) => {
    const here = await setting(t, { answer: (command, tag) => (when.test(command) ? what(tag) : undefined) })
    const box = await open(here)
    const sent: string[] = []
    await box.delete(2, () => sent.push('delete'))
    assert.equal(here.server.letters[1]?.flags.size, 0)
    assert.equal(await box.quit(() => sent.push('quit')), parting)
    assert.deepEqual(sent, ['delete', 'quit'])
    assert.equal(here.server.letters.length, left)
  })

test('a box that can only be read gives its letters and refuses to delete them', async (t) => {
  const box = await open(await setting(t, { access: 'READ-ONLY' }))
  assert.equal((await box.delete(1)).kind, 'refused')
  assert.deepEqual(await body(box, 1), bodies[0])
})

test('UIDs that do not last name nothing', async (t) => {
  const here = await setting(t, { code: 'UIDNOTSTICKY' })
  assert.deepEqual(
    (await open(here)).letters.map(({ uidl }) => uidl),
    [undefined, undefined, undefined],
  )
})

const crowd = (state: LedgerState, validity = 7) => new Map(Array.from({ length: 500 }, (_, nth) => [`${validity}.${nth + 1}`, { state }]))
const many = () => imapLetters(...Array.from({ length: 503 }, (_, nth) => Buffer.alloc(100 + nth, 'x')))

test('of letters that are ours and stay there only a line is said', async (t) => {
  const here = await setting(t, { letters: many() })
  for (const [key, row] of crowd('kept')) here.rows.set(key, row)
  const brief = await open(here, { sizes: true, ahead: 0 })
  assert.deepEqual(
    brief.letters.map(({ number, size }) => [number, size]),
    many().map(({ uid, octets }) => [uid, uid <= 500 ? 0 : octets.length]),
  )
  const whole = await open(here)
  assert.deepEqual(
    whole.letters.map(({ size }) => size),
    many().map(({ octets }) => octets.length),
  )
  assert.ok(brief.traffic().received < 3000 && whole.traffic().received > 15_000, `${brief.traffic().received} ${whole.traffic().received}`)
})

test('a letter that came to be between those that are ours, one that was noted, and a box that was made anew are listed with sizes', async (t) => {
  const here = await setting(t, { letters: many() })
  for (const [key, row] of crowd('kept')) here.rows.set(key, row)
  here.rows.delete('7.100')
  here.rows.set('7.200', { state: 'noted' })
  const { letters } = await open(here, { sizes: true, ahead: 0 })
  assert.equal(letters.length, 503)
  assert.deepEqual(
    letters.filter(({ size }) => size > 0).map(({ number }) => number),
    [100, 200, 501, 502, 503],
  )
  const anew = await setting(t, { letters: many(), validity: 8 })
  for (const [key, row] of crowd('kept')) anew.rows.set(key, row)
  const box = await open(anew, { sizes: true, ahead: 0 })
  assert.ok(box.letters.every(({ size, uidl }) => size > 0 && uidl?.startsWith('8.')))
})

test('where sizes can wait the list is a line, and they come when they are asked for', async (t) => {
  const wants = { sizes: false, ahead: 0 }
  const here = await setting(t, { letters: many(), insideCapabilities: ['STATUS=SIZE', ...inside] })
  for (const [key, row] of crowd('kept')) here.rows.set(key, row)
  const box = await open(here, wants)
  assert.deepEqual([box.letters.length, box.octets], [503, many().reduce((sum, { octets }) => sum + octets.length, 0)])
  assert.doesNotMatch(commandsOf(here), /RFC822/)
  assert.deepEqual(
    [...((await box.sizes?.()) ?? [])],
    [501, 502, 503].map((uid) => [uid, 99 + uid]),
  )
  const without = await open(await setting(t), wants)
  assert.deepEqual(
    without.letters.map(({ size }) => size),
    bodies.map(({ length }) => length),
  )
})

test('a box that the server made anew, under other UIDs, costs its headers and is not delivered again', async (t) => {
  const letters = ['one', 'two'].map((name) => letter(name, { size: 3000 }))
  const home = house()
  const run = async (validity: number, here: readonly Buffer[]) => {
    const there = await setting(t, { letters: imapLetters(...here), validity })
    const maildrop = imap(there.account, { ...there.parts, rows: () => home.rows })
    const report = await drain({ ...work, keep: true }, home.parts({ open: maildrop, letters: [], asked: [] }), new Map(), never)
    return { ...report, commands: commandsOf(there) }
  }
  assert.deepEqual([(await run(7, letters)).collected, [...home.rows.keys()]], [2, ['7.1', '7.2']])
  const late = letter('late', { size: 4000 })
  const { collected, doubles, commands } = await run(8, [...letters, late])
  assert.deepEqual([collected, doubles, [...home.rows.keys()], home.letters.length], [1, 2, ['8.1', '8.2', '8.3'], 3])
  assert.deepEqual(home.letters.map(asItCame).at(-1), late)
  assert.doesNotMatch(commands, /FETCH [12] BODY\.PEEK\[\]/)
  assert.match(commands, /UID FETCH 3 BODY\.PEEK\[\]<\d+\.1000000000>/)
})

test('what cannot be inflated ends the session in words, and so does a server that goes while it compresses', async (t) => {
  for (const [what, said] of [
    [Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 1, 2]), /invalid|incorrect/],
    ['drop', /hung up|cut/],
  ] as const) {
    const here = await setting(t, {
      insideCapabilities: ['COMPRESS=DEFLATE', ...inside],
      answer: (command, tag) =>
        command === 'COMPRESS DEFLATE' && what !== 'drop'
          ? Buffer.concat([Buffer.from(`${tag} OK Deflating\r\n`), what])
          : command.includes('BODY')
            ? 'drop'
            : undefined,
    })
    const box = await open(here)
    const answer = await box.retrieve(1, () => {})
    assert.equal(answer.kind, 'lost')
    assert.match(answer.kind === 'lost' ? answer.text : '', said)
    assert.equal(await box.quit(), 'unknown')
  }
})
