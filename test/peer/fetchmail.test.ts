/** What a .fetchmailrc means: what fetchmail itself says of it (`--configdump`) is what we understand, and what it refuses, we refuse, on the same line. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Account, accountsOf } from '../../src/import/fetchmail-accounts.ts'
import { readFetchmailrc, textOf } from '../../src/import/fetchmail-file.ts'
import { makeFolder, missing, run } from './room.ts'

const skip = missing('tools')
const fixtures = join(import.meta.dirname, '../fixtures/import')
const whole = readdirSync(fixtures)
  .filter((file) => file.endsWith('.fetchmailrc'))
  .map((file): [string, string] => [file, readFileSync(join(fixtures, file), 'utf8')])

const more: readonly [what: string, text: string][] = [
  ['names that look like keywords', 'poll "poll" proto pop3 user is pass to is keep here to here=flush keep'],
  ['quotes in words', 'poll x proto pop3 user "a"b pass c"d\' is eddy'],
  ['escapes', String.raw`poll x proto pop3 user "\x41\102\0103\t\q" pass "a\65b\\" is eddy`],
  ['strings over lines', 'poll x proto pop3 user "a\\\nb" pass \'c d\' is eddy\n'],
  ['noise everywhere', 'poll x, with: proto pop3; and options user eddy wants keep has flush'],
  ['a second name for oneself', 'poll x proto pop3 user a there pass p is b there is c=d here'],
  [
    'defaults and what overrides them',
    'defaults proto imap localdomains a user u keep ssl pass p to x y\npoll s\npoll t proto pop3 localdomains b user v is z here no keep',
  ],
  ['aka is no default', 'defaults aka a\npoll s proto pop3 user u is eddy'],
  ['several lists', 'poll s proto pop3 aka a b localdomains c aka d user u to e f to g folder h folder i is j'],
  ['users in one line', 'poll s proto imap user a is b here user c is d e=f here user g=h i here pass j'],
  ['a comment behind everything', 'set daemon 60 #x\n#y\npoll s proto pop3 user u # z "\n is eddy # here\n'],
]

/** Refused by both. */
const wrong: readonly string[] = [
  'set daemon 5m',
  'set daemon=300',
  'set daemon 60#x',
  'set keep',
  'set no daemon 5',
  'hello',
  'poll',
  'poll pop3',
  'POLL x',
  'poll x proto Pop3',
  'poll x auth secret',
  'poll x\nport ten',
  'poll x service pop3',
  'poll x envelope 1 keep',
  'poll x aka keep',
  'poll x proto pop3 user y\n\n  proto pop3',
  'poll x proto pop3 pass y user z',
  'poll x proto pop3 user a b',
  'poll x proto pop3 user a is = b',
  'poll x proto pop3 user a\npass s3cret s3cret2',
  'poll x proto pop3 user a to eddy idle here',
  'poll x no via y',
]

test('of every file fetchmail says what we understand', { skip }, async () => {
  const files = [...whole, ...more]
  const [plain, ...told] = await dumps(['poll x proto pop3', ...files.map(([, text]) => text)])
  const usual = accountsIn(plain)[0] ?? {}
  for (const [at, [what, text]] of files.entries()) {
    const { statements, mistakes } = readFetchmailrc(text)
    assert.deepEqual(mistakes, [], what)
    const ours = accountsOf(statements).map((account) => comparable({ ...usual, ...understood(account) }, usual))
    assert.deepEqual(
      ours,
      accountsIn(told[at]).map((account) => comparable(account, usual)),
      what,
    )
    for (const one of statements)
      if (one.kind === 'set' && one.given.name in general)
        assert.deepEqual(told[at]?.[general[one.given.name] ?? ''], one.given.value, what)
  }
})

test('what fetchmail refuses is refused, on the same line', { skip }, async () => {
  const told = await dumps(wrong)
  for (const [at, text] of wrong.entries()) {
    const dump = told[at]
    const refused = String(dump?.['refused'])
    const line = Number(/^fetchmail:[^:]*:(\d+): /m.exec(refused)?.[1])
    assert.deepEqual([readFetchmailrc(`${text}\n`).mistakes[0]?.line, text], [line, text], refused)
  }
})

test('of random files fetchmail takes just those that we take', { skip }, async () => {
  const texts = fc.sample(random, 400)
  const told = await dumps(texts)
  const differing = texts.filter((text, at) => {
    const { mistakes } = readFetchmailrc(text)
    const refused = /:\d+: /.test(JSON.stringify(told[at]?.['refused'] ?? ''))
    // A second defaults, too, is refused, but only where somebody is polled.
    return refused !== mistakes.length > 0 && !mistakes.every(({ message }) => message.startsWith('defaults may stand'))
  })
  assert.deepEqual(differing, [])
})

const words =
  "poll x skip \"a_b\" proto pop3 imap user is to here there = * pass keep no nokeep with and , port 110 5m aka localdomains set daemon syslog postmaster ssl sslproto '' limit defaults envelope \n #c\n auth password any folder it's qvirtual smtp antispam uidl mda a#b \\x41 service eddy a=b".split(
    ' ',
  )
const begun = fc.tuple(
  fc.constantFrom('poll x', 'poll y proto pop3', 'poll z user u', 'skip z', 'set daemon', 'set', 'defaults'),
  fc.array(fc.constantFrom(...words), { maxLength: 7 }),
)
const random = fc
  .array(begun, { minLength: 1, maxLength: 2 })
  .map((all) => all.map(([first, more]) => `${first} ${more.join(' ')}\n`).join(''))

type Dump = Readonly<Record<string, unknown>>

/** Servers with their users, as one account each. */
function accountsIn(dump: Dump | undefined): readonly Dump[] {
  const servers = dump?.['servers'] as readonly (Dump & { readonly users: readonly Dump[] })[] | undefined
  assert.ok(servers, JSON.stringify(dump))
  return servers.flatMap(({ users, ...server }) => users.map((user) => ({ ...server, ...user })))
}

/** The python that fetchmail prints, as data; all in one room. */
async function dumps(texts: readonly string[]): Promise<readonly Dump[]> {
  const folder = await makeFolder()
  try {
    // fetchmail wants the last comment ended.
    for (const [at, text] of texts.entries()) await writeFile(join(folder.path, `${at}`), `${text.trimEnd()}\n`)
    await writeFile(join(folder.path, 'all.py'), all)
    const { code, out, err } = await run('tools', { folder: folder.path }, ['/usr/bin/python3', '/mnt/all.py', String(texts.length)])
    assert.equal(code, 0, err)
    return JSON.parse(String(out)) as readonly Dump[]
  } finally {
    await folder.remove()
  }
}

const all = `
import json, os, shutil, subprocess, sys
told = []
for number in range(int(sys.argv[1])):
    shutil.copy('/mnt/%d' % number, '/tmp/rc')
    os.chmod('/tmp/rc', 0o600)
    ended = subprocess.run(['/usr/bin/fetchmail', '--configdump', '-f', '/tmp/rc'], capture_output=True, text=True)
    said = {}
    if ended.returncode == 0: exec(ended.stdout.replace('TRUE=1; FALSE=0', 'TRUE=True; FALSE=False'), said)
    told.append(said['fetchmailrc'] if ended.returncode == 0 else {'refused': ended.stderr})
print(json.dumps(told))
`

/** Of `set`, what the last of it decides. */
const general: Readonly<Record<string, string>> = {
  daemon: 'poll_interval',
  postmaster: 'postmaster',
  syslog: 'syslog',
}
const theirNames: Readonly<Record<string, string>> = { authenticate: 'auth', user: 'remote', smtphost: 'smtphunt', folder: 'mailboxes' }
/** Of these the dump tells what is not so, or what depends on the computer. */
const untold = new Set(['tracepolls', 'badheader', 'esmtpname', 'interface'])

/** An account of ours in the words of the dump. */
function understood({ server, skip: skipped, options, people }: Account): Dump {
  const given = Object.fromEntries([...options.values()].map(({ name, value }) => [theirNames[name] ?? name, value]))
  const [protocol, service] = [textOf(options.get('protocol')) || 'auto', textOf(options.get('service'))]
  const envelope = options.get('envelope')?.value
  return {
    ...given,
    pollname: server,
    active: !skipped,
    localnames: people.length > 0 ? people : ['root'],
    protocol: protocol === 'auto' ? protocol : ['kpop', 'sdps'].includes(protocol) ? 'POP3' : protocol.toUpperCase(),
    envelope: envelope === undefined ? 'Received' : envelope === false ? null : Array.isArray(envelope) ? envelope[1] : envelope,
    envskip: Array.isArray(envelope) ? Number(envelope[0]) : 0,
    service: service === '' ? null : service,
    antispam: Array.isArray(given['antispam']) ? given['antispam'].join(' ') : '',
  }
}

/** What is comparable of an account. A pair of one name is that name; of `*` root is a part that nobody has written. */
function comparable(account: Dump, usual: Dump): Dump {
  const localnames = (account['localnames'] as readonly (string | readonly string[])[]).map((name) => [...new Set([name].flat())].join('='))
  const all = localnames.includes('*')
  const names = localnames.filter((name) => name !== '*' && !(all && name === 'root'))
  const kept = Object.keys(usual).filter((key) => !untold.has(key))
  return { ...Object.fromEntries(kept.map((key) => [key, account[key]])), localnames: all ? [...names, '*'] : names }
}
