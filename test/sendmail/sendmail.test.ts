/** The program by its three names, as other software starts it, against the whole daemon. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { readConfig } from '../../src/config/read.ts'
import { type Daemon, startDaemon } from '../../src/daemon.ts'
import { until } from '../journey/daemon.ts'
import { makeHub } from '../journey/hub.ts'
import { freePort } from '../peer/port.ts'

const hub = makeHub({ tables: '[[smarthost]]\nhost = "smtp.isp.example"\n', aliases: 'both: eddy, keith\n' })
const names = ['sendmail', 'mailq', 'newaliases'] as const
let daemon: Daemon

before(async () => {
  for (const name of names) symlinkSync(join(import.meta.dirname, '../../src/main.ts'), join(hub.folder, name))
  const port = await freePort()
  writeFileSync(hub.settings, readFileSync(hub.settings, 'utf8').replace('127.0.0.1:0', `127.0.0.1:${port}`))
  daemon = await start()
})

after(async () => {
  await daemon.close()
  hub.remove()
})

async function start(): Promise<Daemon> {
  const read = readConfig(hub.settings)
  if ('mistakes' in read) throw new Error(JSON.stringify(read.mistakes))
  return startDaemon(read.config, { passwd: hub.passwd })
}

type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

async function call(name: (typeof names)[number], words: readonly string[], input: string = ''): Promise<Ended> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(hub.folder, name), '-C', hub.settings, ...words], {
    env: { HOME: hub.folder, TZ: 'UTC' },
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (err += String(chunk)))
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

/** The letter of this subject in a person's mailbox, with LF line ends, once nothing is on its way there any more. */
async function delivered(user: string, subject: string): Promise<string> {
  const settled = async (): Promise<boolean> => (await hub.status()).queue.local === 0
  await until(settled, () => 'letters for mailboxes stay in the queue', 10_000)
  const letters = hub.mbox(user).map(({ octets }) => octets.toString().replaceAll('\r\n', '\n'))
  const found = letters.find((letter) => letter.includes(`\nSubject: ${subject}\n`))
  assert.ok(found, `${user} has no letter "${subject}" among\n${letters.join('\n')}`)
  return found
}

test('-t -i reaches everybody whom the header names, and shows Bcc to nobody', async () => {
  const letter = 'To: eddy\nBcc: keith\nSubject: all of you\n\nline\n.\nFrom here\n'
  assert.deepEqual(await call('sendmail', ['-t', '-i'], letter), { code: 0, out: '', err: '' })
  for (const user of ['eddy', 'keith']) {
    const found = await delivered(user, 'all of you')
    assert.match(found, /\n\nline\n\.\n>?From here\n/)
    assert.match(found, new RegExp(`\\nReturn-Path: <${userInfo().username}>\\n`))
    assert.doesNotMatch(found, /^Bcc/im)
  }
})

test('-f names the sender, -F the author, and without -i a lone dot ends the letter', async () => {
  const ended = await call('sendmail', ['-f', 'keith@shire.lan', '-F', 'Keith', '-v', 'eddy'], 'Subject: of keith\n\nline\n.\nnot this\n')
  assert.equal(ended.code, 0)
  assert.match(ended.out, /^250 2\.0\.0 \S+ Message accepted/)
  const found = await delivered('eddy', 'of keith')
  assert.match(found, /\nReturn-Path: <keith@shire\.lan>\n/)
  assert.match(found, /\nFrom: Keith <keith@shire\.lan>\n/)
  assert.doesNotMatch(found, /not this/)
})

test("-f '<>' is the null sender", async () => {
  assert.equal((await call('sendmail', ['-i', '-f', '<>', '--', 'eddy'], 'Subject: of nobody\n\n')).code, 0)
  assert.match(await delivered('eddy', 'of nobody'), /\nReturn-Path: <>\n/)
})

test('a refused recipient is named, the others get the letter, and the exit code is 67', async () => {
  const ended = await call('sendmail', ['nosuch', 'keith'], 'Subject: half\n\nx\n')
  assert.deepEqual(ended, { code: 67, out: '', err: 'nosuch... User unknown\n' })
  await delivered('keith', 'half')
})

test('a letter that nobody will take is saved', async () => {
  const ended = await call('sendmail', ['nosuch'], 'Subject: lost\n\nx\n')
  const grave = join(hub.folder, 'dead.letter')
  assert.deepEqual(ended, { code: 67, out: '', err: `nosuch... User unknown\nSaved message in ${grave}\n` })
  assert.match(readFileSync(grave, 'utf8'), /^From \S+ .*\nSubject: lost\n\nx\n\n$/)
})

test('-oeq says nothing, and exits as it must', async () => {
  assert.deepEqual(await call('sendmail', ['-oeq', 'nosuch'], ''), { code: 67, out: '', err: '' })
})

test('a letter of a megabyte streams through whole', async () => {
  const body = `${'0123456789abcdef'.repeat(4)}\n`.repeat(16_384)
  assert.deepEqual(await call('sendmail', ['-i', 'keith'], `Subject: large\n\n${body}`), { code: 0, out: '', err: '' })
  assert.ok((await delivered('keith', 'large')).includes(`\n\n${body}`))
})

test('the table of mailq shows what waits, -q hurries it without a word', async () => {
  assert.deepEqual(await call('mailq', []), { code: 0, out: `${hub.folder}/spool is empty\n\t\tTotal requests: 0\n`, err: '' })
  assert.equal((await call('sendmail', ['-feddy@shire.lan', 'linda@far.example'], 'Subject: far\n\nx\n')).code, 0)
  const { out } = await call('mailq', [])
  const [head, columns, row = '', recipient, foot] = out.split('\n')
  assert.equal(head, `\t\t${hub.folder}/spool (1 request)`)
  assert.equal(columns, '-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------')
  assert.match(row, /^[0-9A-F]+ +\d+ [A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d eddy@shire\.lan$/)
  assert.equal(recipient, '\t\t\t\t\t linda@far.example')
  assert.equal(foot, '\t\tTotal requests: 1')
  const id = row.split(' ')[0] ?? ''
  for (const words of [['-q'], ['-qRfar'], [`-qI${id}`], ['-qSnobody']]) {
    assert.deepEqual(await call('sendmail', words), { code: 0, out: '', err: '' })
  }
  assert.match((await call('sendmail', ['-v', `-qI${id}`])).out, /^1 delivery will be tried/)
  assert.equal((await call('mailq', ['-qRnobody'])).out.split('\n').at(-2), '\t\tTotal requests: 0')
})

test('-bs speaks SMTP on standard input and output', async () => {
  const said = ['EHLO pine', 'MAIL FROM:<eddy>', 'RCPT TO:<keith>', 'DATA', 'Subject: spoken', '', 'x', '.', 'QUIT', '']
  const { code, out } = await call('sendmail', ['-bs'], said.join('\r\n'))
  assert.equal(code, 0)
  assert.match(out, /^220 moriah\.shire\.lan .*\r\n250[^]*\r\n354 .*\r\n250 2\.0\.0 \S+ Message accepted.*\r\n221 .*\r\n$/)
  await delivered('keith', 'spoken')
})

test('-bs ends where its input does, with the answers that are due', async () => {
  const { code, out } = await call('sendmail', ['-bs'], 'NOOP\r\n')
  assert.equal(code, 0)
  assert.match(out, /^220 .*\r\n250 .*\r\n221 .*\r\n$/)
})

test('-bv says how an address is delivered', async () => {
  assert.deepEqual(await call('sendmail', ['-bv', 'both', 'linda@far.example', 'nosuch']), {
    code: 67,
    out: `both... deliverable: mailer local, user eddy
both... deliverable: mailer local, user keith
linda@far.example... deliverable: mailer relay, host smtp.isp.example, user linda@far.example
nosuch... User unknown
`,
    err: '',
  })
})

test('newaliases counts aliases, and names mistakes with file and line', async () => {
  const file = join(hub.folder, 'aliases')
  assert.deepEqual(await call('newaliases', []), {
    code: 0,
    out: `${file}: 1 aliases, longest 11 bytes, 15 bytes total\n`,
    err: '',
  })
  writeFileSync(file, 'both: eddy, keith\nno colon\n')
  const { code, err } = await call('sendmail', ['-bi'])
  assert.equal(code, 78)
  assert.match(err, new RegExp(`^${file}:2: `))
})

test('settings that somebody names must be there', async () => {
  const { code, err } = await call('mailq', ['-C', '/nowhere/dialpost.toml'])
  assert.equal(code, 78)
  assert.match(err, /^\/nowhere\/dialpost\.toml:1: this file is not there\n$/)
})

test('without a daemon nothing is sent, which is said and is temporary', async () => {
  await daemon.close()
  const grave = join(hub.folder, 'dead.letter')
  const before = existsSync(grave) ? readFileSync(grave, 'utf8') : ''
  const ended = await call('sendmail', ['eddy'], 'Subject: early\n\nx\n')
  assert.equal(ended.code, 75)
  assert.match(ended.err, /no daemon answers .* NOTHING WAS SENT/)
  assert.equal(existsSync(grave) ? readFileSync(grave, 'utf8') : '', before)
  const spoken = await call('sendmail', ['-bs'])
  assert.equal(spoken.code, 75)
  assert.match(spoken.out, /^421 4\.3\.2 .*\r\n$/)
  assert.equal((await call('mailq', [])).code, 69)
  daemon = await start()
})
