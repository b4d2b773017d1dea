import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Line } from '../../src/log/events.ts'
import { events } from '../../src/log/events.ts'
import { formatAddress, formatPath, parseAddress } from '../../src/mail/address.ts'
import type { Recipient } from '../../src/mail/envelope.ts'
import type { Copy } from '../../src/mail/message.ts'
import { formatReply } from '../../src/mail/reply.ts'
import type { RouteFiles } from '../../src/route/files.ts'
import type { RouterOptions } from '../../src/route/router.ts'
import { router } from '../../src/route/router.ts'

type House = {
  aliases?: string
  includes?: Record<string, string>
  forwards?: Record<string, Awaited<ReturnType<RouteFiles['forward']>> | string>
  options?: Partial<RouterOptions>
}

const aliasText = 'root: eddy\nstaff: eddy, keith, bob@far.example\n'
const sender = parseAddress('alice@far.example') ?? null

function house({ aliases = aliasText, includes = {}, forwards = {}, options = {} }: House = {}) {
  const lines: Line[] = []
  const accounts = new Set(['eddy', 'keith', 'Games', 'root'])
  const route = router({
    hostname: 'moriah.shire.lan',
    localDomains: ['moriah', 'shire.lan'],
    masquerades: [
      {
        as: 'shofar.isp.example',
        domains: ['lan.example'],
        subdomains: true,
        users: new Map([['keith', 'keith.k@isp.example']]),
      },
      { as: 'keith.other.example', domains: [], subdomains: false, users: new Map([['eddy', 'e.younger@other.example']]) },
    ],
    multidrops: [{ domains: ['shofar.isp.example'], users: new Map([['nelug', 'eddy']]) }],
    postmaster: 'eddy',
    accounts,
    forwardFiles: true,
    log: events((line) => lines.push(line)),
    files: {
      aliases: async () => ({ kind: 'text', files: [{ path: '/etc/aliases', text: aliases }] }),
      include: async (path) =>
        path in includes ? { kind: 'text', text: includes[path] ?? '' } : { kind: 'unreadable', reason: `${path} cannot be read (EIO)` },
      forward: async (user) => {
        const found = forwards[user]
        return typeof found === 'string' ? { kind: 'text', path: `/home/${user}/.forward`, text: found } : (found ?? { kind: 'none' })
      },
    },
    ...options,
  })
  return { route, lines }
}

async function routed(address: string, it: House = {}, from = sender, extras: Partial<Recipient> = {}): Promise<readonly string[]> {
  const routing = await house(it).route.route({ address: parseAddress(address) ?? assert.fail(address), ...extras }, from)
  return routing.kind === 'copies' ? routing.copies.map(shown) : [`${routing.kind} ${formatReply(routing.reply)}`]
}

function shown({ to, recipient }: Copy): string {
  if (to.courier === 'mailbox') return `mailbox ${to.user}`
  if (to.courier === 'smarthost') return `smarthost ${formatAddress(recipient)}`
  return to.courier === 'program' ? `program ${to.user} ${to.command}` : `file ${to.user} ${to.path}`
}

type Row = readonly [fact: string, address: string, expected: readonly string[], house?: House]

const unknown = (address: string) => [`refused 550 5.1.1 <${address}>... User unknown`]

const table: readonly Row[] = [
  ['an account in a local domain', 'eddy@shire.lan', ['mailbox eddy']],
  ['an account at our own name', 'eddy@moriah.shire.lan', ['mailbox eddy']],
  ['a name without a domain is local', 'eddy', ['mailbox eddy']],
  ['letter case is folded', 'EDDY@Moriah', ['mailbox eddy']],
  ['an account keeps its own spelling', 'Games@moriah', ['mailbox Games']],
  ['other people are the smarthost’s', 'bob@far.example', ['smarthost bob@far.example']],
  ['an unknown local user is refused', 'nobody@moriah', unknown('nobody@moriah')],
  ['an alias', 'root@moriah', ['mailbox eddy']],
  ['an alias for several', 'staff@moriah', ['mailbox eddy', 'mailbox keith', 'smarthost bob@far.example']],
  ['an alias does not work outside local domains', 'staff@far.example', ['smarthost staff@far.example']],
  ['a name with a detail', 'eddy+lists@moriah', ['mailbox eddy']],
  ['an alias with a detail', 'root+x@moriah', ['mailbox eddy']],
  ['an alias for the full name goes first', 'eddy+lists@moriah', ['mailbox keith'], { aliases: 'eddy+lists: keith' }],
  ['a detail does not make an unknown user known', 'nobody+x@moriah', unknown('nobody+x@moriah')],
  ['postmaster always exists', 'postmaster@moriah', ['mailbox eddy']],
  ['so does MAILER-DAEMON', 'MAILER-DAEMON@moriah', ['mailbox eddy']],
  ['postmaster’s alias goes before the setting', 'postmaster@moriah', ['mailbox keith'], { aliases: 'postmaster: keith' }],
  ['postmaster’s alias may lead nowhere', 'postmaster@moriah', ['mailbox eddy'], { aliases: 'postmaster: nobody' }],
  ['postmaster may be the setting', 'postmaster@moriah', ['mailbox root'], { options: { postmaster: 'postmaster' } }],
  ['postmaster may live outside', 'postmaster@moriah', ['smarthost pm@far.example'], { options: { postmaster: 'pm@far.example' } }],
  ['postmaster may be an alias', 'postmaster@moriah', ['mailbox eddy'], { options: { postmaster: 'root' } }],
  ['the ISP’s postmaster is not ours', 'postmaster@isp.example', ['smarthost postmaster@isp.example']],

  ['an alias that names itself is delivered', 'eddy@moriah', ['mailbox eddy', 'mailbox keith'], { aliases: 'eddy: eddy, keith' }],
  [
    'two aliases that name each other end',
    'a@moriah',
    ['refused 554 5.4.6 The alias a (/etc/aliases:1) leads to itself'],
    { aliases: 'a: b\nb: a' },
  ],
  ['a circle with an account in it is delivered there', 'a@moriah', ['mailbox keith'], { aliases: 'a: keith\nkeith: a, keith' }],
  [
    'eleven aliases deep is too deep',
    'a0@moriah',
    ['refused 554 5.4.6 Mail for a0@moriah goes round in circles'],
    { aliases: Array.from({ length: 12 }, (_, n) => `a${n}: a${n + 1}`).join('\n') },
  ],
  [
    'ten are not',
    'a0@moriah',
    ['mailbox eddy'],
    { aliases: `${Array.from({ length: 9 }, (_, n) => `a${n}: a${n + 1}`).join('\n')}\na9: eddy` },
  ],
  [
    'nobody gets two copies',
    'all@moriah',
    ['mailbox eddy', 'mailbox keith', 'smarthost bob@far.example'],
    { aliases: `all: staff, eddy, root, BOB@far.example\n${aliasText}` },
  ],
  [
    'aliases that branch at every step stay cheap',
    'a0@moriah',
    ['mailbox eddy'],
    {
      aliases: Array.from(
        { length: 9 },
        (_, n) =>
          `a${n}: ${Array(200)
            .fill(n === 8 ? 'eddy' : `a${n + 1}`)
            .join(', ')}`,
      ).join('\n'),
    },
  ],
  [
    'the mailbox itself, past alias and .forward',
    'root@moriah',
    ['mailbox eddy'],
    { aliases: 'root: \\eddy\neddy: keith', forwards: { eddy: 'keith' } },
  ],
  ['the mailbox of nobody', 'root@moriah', unknown('nobody'), { aliases: 'root: \\nobody' }],
  ['a program', 'fax@moriah', ['program daemon /usr/bin/fax -x'], { aliases: 'fax: "|/usr/bin/fax -x"' }],
  ['a file', 'log@moriah', ['file daemon /var/log/mail.in'], { aliases: 'log: /var/log/mail.in' }],
  ['an alias that only says why not', 'gone@moriah', ['refused 550 5.1.1 Gone, for good'], { aliases: 'gone: error: Gone, for good' }],
  [
    'what leads nowhere beside others goes to postmaster',
    'team@moriah',
    ['mailbox keith', 'mailbox eddy'],
    { aliases: 'team: keith, nobody' },
  ],

  [
    'an include',
    'list@moriah',
    ['mailbox eddy', 'smarthost bob@far.example'],
    { aliases: 'list: :include: /l', includes: { '/l': '# x\neddy\nbob@far.example, eddy' } },
  ],
  [
    'an include within an include',
    'list@moriah',
    ['mailbox keith'],
    { aliases: 'list: :include:/l', includes: { '/l': ':include: /m', '/m': 'keith' } },
  ],
  ['an include of itself', 'list@moriah', ['mailbox keith'], { aliases: 'list: :include:/l', includes: { '/l': 'keith\n:include: /l' } }],
  [
    'an include that cannot be read',
    'list@moriah',
    ['deferred 451 4.3.0 Try again later: /l cannot be read (EIO)'],
    { aliases: 'list: eddy, :include:/l' },
  ],

  ['a .forward', 'eddy@moriah', ['smarthost eddy@far.example'], { forwards: { eddy: 'eddy@far.example\n' } }],
  ['a .forward behind an alias', 'root@moriah', ['smarthost eddy@far.example'], { forwards: { eddy: 'eddy@far.example\n' } }],
  [
    'a .forward that keeps a copy',
    'eddy@moriah',
    ['mailbox eddy', 'program eddy /usr/bin/vacation eddy'],
    { forwards: { eddy: '\\eddy, "|/usr/bin/vacation eddy"' } },
  ],
  ['a .forward that names its user', 'eddy@moriah', ['mailbox eddy', 'mailbox keith'], { forwards: { eddy: 'eddy\nkeith' } }],
  ['two .forwards that name each other', 'eddy@moriah', ['mailbox eddy'], { forwards: { eddy: 'keith', keith: 'eddy' } }],
  ['a .forward to a file is written as its user', 'eddy@moriah', ['file eddy /home/eddy/in'], { forwards: { eddy: '/home/eddy/in' } }],
  ['an empty .forward forwards nothing', 'eddy@moriah', ['mailbox eddy'], { forwards: { eddy: '# later\n\n' } }],
  [
    'an unsafe .forward is ignored',
    'eddy@moriah',
    ['mailbox eddy'],
    { forwards: { eddy: { kind: 'unsafe', path: '/home/eddy/.forward', reason: 'others may write to it' } } },
  ],
  [
    'a home that is not there defers',
    'eddy@moriah',
    ['deferred 451 4.3.0 Try again later: /home/eddy cannot be read (ESTALE)'],
    { forwards: { eddy: { kind: 'unreadable', reason: '/home/eddy cannot be read (ESTALE)' } } },
  ],
  ['a .forward may not read other files', 'eddy@moriah', ['mailbox eddy'], { forwards: { eddy: ':include: /etc/shadow' } }],
  ['a .forward that leads nowhere keeps the mail', 'eddy@moriah', ['mailbox eddy'], { forwards: { eddy: 'nobody' } }],
  [
    'a .forward that leads nowhere in part keeps a copy, and is none of postmaster’s business',
    'keith@moriah',
    ['smarthost keith@far.example', 'mailbox keith'],
    { forwards: { keith: 'nobody, keith@far.example' } },
  ],
  [
    'an alias behind a .forward is the administrator’s again',
    'keith@moriah',
    ['program daemon /bin/x', 'mailbox eddy'],
    { forwards: { keith: 'list' }, aliases: 'list: "|/bin/x", :include: /l', includes: { '/l': 'eddy' } },
  ],
  ['no .forward unless wanted', 'eddy@moriah', ['mailbox eddy'], { forwards: { eddy: 'keith' }, options: { forwardFiles: false } }],

  ['what a user is called outside stays inside', 'keith.k@isp.example', ['mailbox keith']],
  ['others at that ISP do not', 'keith@isp.example', ['smarthost keith@isp.example']],
  ['a name in our multidrop box stays inside', 'nelug@shofar.isp.example', ['mailbox eddy']],
  ['what a user is called outside by way of another ISP stays inside', 'e.younger@other.example', ['mailbox eddy']],
  ['a LAN user under the name we masquerade as', 'games+x@shofar.isp.example', ['smarthost games+x@shofar.isp.example']],
  ['letter case of such a user', 'Games@shofar.isp.example', ['mailbox Games']],
  ['a box name that is nobody here goes out', 'nobody@shofar.isp.example', ['smarthost nobody@shofar.isp.example']],
  ['a LAN host that we masquerade, if the user is ours', 'keith@herring.lan.example', ['mailbox keith']],
  ['a LAN host that we masquerade, if not', 'nobody@herring.lan.example', ['smarthost nobody@herring.lan.example']],
  [
    'an own address that leads out',
    'club@shofar.isp.example',
    ['smarthost bob@far.example'],
    { options: { multidrops: [{ domains: ['shofar.isp.example'], users: new Map([['club', 'bob@far.example']]) }] } },
  ],
]
for (const [fact, address, expected, it] of table) {
  test(fact, async () => assert.deepEqual(await routed(address, it), expected))
}

const bounces: readonly Row[] = [
  ['a bounce to a masqueraded sender stays on the LAN', 'keith@lan.example', ['mailbox keith']],
  ['a bounce to a user under our outside name too', 'eddy@shofar.isp.example', ['mailbox eddy']],
  ['a bounce to a user under the name that another ISP shows', 'eddy@keith.other.example', ['mailbox eddy']],
  ['a bounce to nobody on the LAN is not paid for', 'nobody@herring.lan.example', unknown('nobody@herring.lan.example')],
  ['a bounce to nobody in our own box neither', 'nobody@shofar.isp.example', unknown('nobody@shofar.isp.example')],
  [
    'a receipt for somebody else at the ISP goes out',
    'support@isp.example',
    ['smarthost support@isp.example'],
    { options: { masquerades: [{ as: 'isp.example', domains: [], subdomains: false, users: new Map() }] } },
  ],
]
for (const [fact, address, expected, it] of bounces) {
  test(fact, async () => assert.deepEqual(await routed(address, it, null), expected))
}

async function reversePaths(aliases: string, from = sender): Promise<readonly string[]> {
  const routing = await house({ aliases }).route.route({ address: { local: 'list', domain: 'moriah' }, notify: ['never'] }, from)
  return routing.kind === 'copies' ? routing.copies.map((copy) => `${formatPath(copy.from)} ${copy.notify?.join() ?? '-'}`) : assert.fail()
}

test('the owner of a list gets its bounces', async () => {
  assert.deepEqual(await reversePaths('list: eddy\nowner-list: keith'), ['<keith@moriah.shire.lan> -'])
  assert.deepEqual(await reversePaths('list: eddy\nowner-list: bob@far.example'), ['<bob@far.example> -'])
})

test('an owner who is several is owner-NAME', async () => {
  assert.deepEqual(await reversePaths('list: eddy\nOwner-List: keith, eddy'), ['<Owner-List@moriah.shire.lan> -'])
  assert.deepEqual(await reversePaths('list: eddy\nowner-list: "|/bin/log"'), ['<owner-list@moriah.shire.lan> -'])
})

test('a bounce that reaches a list stays a bounce', async () => {
  assert.deepEqual(await reversePaths('list: eddy\nowner-list: keith', null), ['<> never'])
})

test('without an owner the sender is told, as the sender asked', async () => {
  assert.deepEqual(await reversePaths('list: eddy'), ['<alice@far.example> never'])
})

test('a copy is for the address that was written to, or for whom its alias named', async () => {
  const recipients = async (address: string) => {
    const routing = await house().route.route({ address: parseAddress(address) ?? assert.fail(), orcpt: 'rfc822;x' }, sender)
    return routing.kind === 'copies' ? routing.copies.map(({ recipient, orcpt }) => `${formatAddress(recipient)} ${orcpt}`) : []
  }
  assert.deepEqual(await recipients('eddy+x@shire.lan'), ['eddy+x@shire.lan rfc822;x'])
  assert.deepEqual(await recipients('keith.k@isp.example'), ['keith.k@isp.example rfc822;x'])
  assert.deepEqual(await recipients('root@shire.lan'), ['eddy@moriah.shire.lan rfc822;x'])
  assert.deepEqual(await recipients('eddy'), ['eddy@moriah.shire.lan rfc822;x'])
})

test('every step has its sentence', async () => {
  const { route } = house({ aliases: 'team: keith\nowner-team: eddy', forwards: { keith: '\\keith, keith@far.example' } })
  const { rules } = await route.route({ address: { local: 'team', domain: 'moriah' } }, sender)
  assert.deepEqual(rules, [
    'moriah is local',
    'team is an alias for keith (/etc/aliases:1)',
    'owner-team gets the bounces: eddy@moriah.shire.lan',
    'keith has no domain, so it is local',
    'keith forwards to \\keith, keith@far.example (/home/keith/.forward)',
    'to the mailbox of keith',
    'keith@far.example is not ours: to the smarthost',
  ])
})

test('aliases that cannot be read defer everything', async () => {
  const files = {
    aliases: async () => ({ kind: 'unreadable', reason: '/etc/aliases cannot be read (EIO)' }) as const,
    include: async () => assert.fail(),
    forward: async () => assert.fail(),
  }
  assert.deepEqual(await routed('eddy@moriah', { options: { files } }), [
    'deferred 451 4.3.0 Try again later: /etc/aliases cannot be read (EIO)',
  ])
})

test('mistakes in the aliases are reported once, until the file changes', async () => {
  let text = 'nonsense\nroot: eddy'
  const lines: Line[] = []
  const { route } = house({
    options: {
      log: events((line) => lines.push(line)),
      files: {
        aliases: async () => ({ kind: 'text', files: [{ path: '/a', text }] }),
        include: async () => assert.fail(),
        forward: async () => ({ kind: 'none' }),
      },
    },
  })
  const ask = () => route.route({ address: { local: 'root', domain: '' } }, sender)
  await ask()
  await ask()
  assert.equal(lines.filter(({ event }) => event === 'alias-mistake').length, 1)
  text += '\nmore nonsense'
  await ask()
  assert.equal(lines.filter(({ event }) => event === 'alias-mistake').length, 3)
})

test('an unsafe .forward is logged', async () => {
  const { route, lines } = house({ forwards: { eddy: { kind: 'unsafe', path: '/home/eddy/.forward', reason: 'others may write to it' } } })
  await route.route({ address: { local: 'eddy', domain: '' } }, sender)
  assert.deepEqual(
    lines.map(({ event, text }) => [event, text]),
    [['forward-unsafe', 'the .forward of eddy is ignored: others may write to it']],
  )
})

test('local is what has no domain, our own name and the local domains', () => {
  const { route } = house()
  assert.deepEqual(
    ['', 'Moriah', 'SHIRE.lan', 'moriah.shire.lan', 'lan.example', 'herring.shire.lan', 'shofar.isp.example'].map((domain) =>
      route.isLocal(domain),
    ),
    [true, true, true, true, false, false, false],
  )
})
