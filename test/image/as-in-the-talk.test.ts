/**
 * Three machines: the gateway as it is flashed, with 64 MB; its ISP with Debian's pppd, Postfix and Dovecot behind a modem line of 33.6 kbit/s;
 * and a Debian machine of the LAN, which mounts the mailboxes, reads them with mutt and sends by sendmail. What the talk's house does in a day.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { until } from '../journey/daemon.ts'
import { noLines } from '../modem/lines.ts'
import { noAppliance } from './appliance.ts'
import { patience } from './emulator.ts'
import { type House, startHouse } from './house.ts'
import type { Person } from './lan-client.ts'
import { corpus } from '../bench/line/corpus.ts'
import { box } from '../bench/line/far.ts'
import { work } from './people.ts'

const skip = noAppliance('client') || noLines()
let house: House

before(async () => {
  if (skip === false) house = await startHouse()
})
after(async () => {
  if (skip === false) await house.stop()
})

test('a letter of the LAN goes out masqueraded, and two boxes of the ISP come in, each letter to whom it is for', { skip }, async () => {
  const { client, isp } = house
  await client.send('eddy', ['friend@far.example', 'keith'], letter('eddy@herring.shire.lan', 'friend@far.example, keith@shire.lan', 'out'))
  await isp.put(work.user, crlf(letter('boss@far.example', 'eddy.younger@isp.example', 'to-the-box')))
  await isp.put(box.user, crlf(`X-Envelope-To: keith@shofar.isp.example\n${letter('list@far.example', 'list@far.example', 'to-keith')}`))
  await isp.put(
    box.user,
    crlf(`X-Envelope-To: nelug@shofar.isp.example\n${letter('list@far.example', 'nelug@shofar.isp.example', 'to-both')}`),
  )
  await call()
  assert.deepEqual(await subjects('eddy'), ['to-both', 'to-the-box'])
  assert.deepEqual(await subjects('keith'), ['out', 'to-both', 'to-keith'])
  assert.deepEqual([await isp.left(work.user), await isp.left(box.user)], [0, 0])
  const out = await firstSent('out')
  assert.match(out, /^From: .*eddy\.younger@isp\.example/m)
  assert.match(out, /^To: friend@far\.example, ?keith@shofar\.isp\.example\r$/m)
})

test('mutt deletes a letter with its own locks while others are delivered: those are there, and it is not', { skip }, async () => {
  const { client } = house
  for (const name of ['first', 'second']) await client.send('keith', ['eddy@shire.lan'], letter('keith@shire.lan', 'eddy@shire.lan', name))
  await has('eddy', 'second')
  const deleting = client.mutt('eddy', '<delete-pattern>~s first<enter><sync-mailbox><exit>')
  const names = ['third', 'fourth', 'fifth', 'sixth']
  for (const name of names) await client.send('keith', ['eddy@shire.lan'], letter('keith@shire.lan', 'eddy@shire.lan', name))
  await deleting
  for (const name of names) await has('eddy', name)
  // mutt gives a deletion up when the box changes under its hands.
  if ((await subjects('eddy')).includes('first')) await client.mutt('eddy', '<delete-pattern>~s first<enter><sync-mailbox><exit>')
  assert.deepEqual(await subjects('eddy'), ['fifth', 'fourth', 'second', 'sixth', 'third', 'to-both', 'to-the-box'])
})

test('a reply to all goes to the house’s alias here, and to the world outside under the house’s name', { skip }, async () => {
  const { client } = house
  await client.send('keith', ['family', 'friend@far.example'], letter('keith@shire.lan', 'family@shire.lan, friend@far.example', 'supper'))
  await has('eddy', 'supper')
  await client.mutt('eddy', '<limit>~s supper<enter><group-reply><send-message><exit>')
  await has('keith', 'Re: supper')
  await call()
  const out = await firstSent('Re: supper')
  assert.match(out, /^From: .*eddy\.younger@isp\.example/m)
  assert.doesNotMatch(out.split('\r\n\r\n')[0] ?? '', /^(From|To|Cc|Reply-To):.*(shire\.lan|moriah)/im)
  assert.deepEqual([await count('keith', 'Re: supper'), await count('eddy', 'Re: supper')], [1, 1])
})

test('by version 3 of NFS, whose locks are another server’s, mutt reads and deletes as by version 4', { skip }, async () => {
  const { client } = house
  await client.mount(3)
  await client.send('keith', ['eddy@shire.lan'], letter('keith@shire.lan', 'eddy@shire.lan', 'by-version-3'))
  await has('eddy', 'by-version-3')
  await client.mutt('eddy', '<delete-pattern>~s by-version-3<enter><sync-mailbox><exit>')
  assert.equal(await count('eddy', 'by-version-3'), 0)
  await client.mount(4)
})

test('the line drops in the middle twice: nothing is lost, nothing comes twice', { skip }, async () => {
  const { client, gateway, isp, modems } = house
  // So large that the line drops within one, not between its end and the answer: then nobody could know whether it has arrived (RFC 1047).
  const names = ['dropped-0', 'dropped-1']
  for (const name of names) {
    await client.send('eddy', ['friend@far.example'], letter('eddy@shire.lan', 'friend@far.example', name, attached(40_000)))
    await isp.put(work.user, crlf(letter('boss@far.example', 'eddy.younger@isp.example', name, attached(40_000))))
  }
  modems.exchange.awaits({ after: 15_000, fault: 'no-carrier' }, { after: 12_000, fault: 'no-carrier' })
  const before = modems.exchange.calls().length
  await gateway.ask('flush')
  await settled(before + 3)
  assert.equal(modems.exchange.calls().length - before, 3)
  for (const name of names) {
    await firstSent(name)
    assert.deepEqual([sent(name).length, await count('eddy', name)], [1, 1], name)
  }
  assert.equal(await isp.left(work.user), 0)
})

test('five megabytes go each way at once', { skip }, async () => {
  const { client, isp, modems } = house
  modems.exchange.trains(460_800)
  const size = 5_000_000
  const text = corpus('large', 1, 3)
    .map(({ octets }) => octets.toString('latin1').replaceAll('\r', ''))
    .join('')
    .repeat(5)
    .slice(0, size)
  await client.send('eddy', ['friend@far.example'], letter('eddy@shire.lan', 'friend@far.example', 'large', text))
  await isp.put(work.user, crlf(letter('boss@far.example', 'eddy.younger@isp.example', 'large', text)))
  await call()
  const out = await firstSent('large')
  assert.ok(out.length >= size, `${out.length} octets`)
  const [arrived] = (await client_mbox('eddy')).filter((one) => subjectOf(one) === 'large')
  assert.ok((arrived?.length ?? 0) >= size, `${arrived?.length} octets`)
})

test('it did all that in 64 MB, and killed nothing for it', { skip }, async (t) => {
  const { gateway, isp } = house
  assert.doesNotMatch(gateway.console.text(), /out of memory|oom|Killed process/i)
  const names = isp.received().map((octets) => subjectOf(octets.toString('latin1')))
  assert.equal(new Set(names).size, names.length, names.join(', '))
  t.diagnostic(`ready after ${house.readyAfter.toFixed(1)} s; ${/^memory.*$/m.exec(await gateway.ask('status'))?.[0]}`)
})

/** Everything that waits goes and comes; resolves when it has, and the line is down again. */
async function call(): Promise<void> {
  const before = house.modems.exchange.calls().length
  await house.gateway.ask('flush')
  await house.gateway.ask('poll')
  await settled(before + 1)
}

/** So many calls have been made, and all is done. During a call the gateway is not asked: to answer takes it a second of its processor. */
async function settled(calls: number): Promise<void> {
  const { gateway, modems } = house
  await until(
    () => modems.exchange.calls().length >= calls && modems.exchange.calls().at(-1)?.ended !== undefined,
    () => gateway.console.text().slice(-2000),
    patience * 1000,
  )
  await gateway.statusIs(({ queue, boxes, line }) => queue.letters === 0 && boxes.every(({ busy }) => !busy) && line.kind === 'down')
}

const client_mbox = async (user: Person): Promise<readonly string[]> =>
  (await house.client.mbox(user)).map(({ octets }) => octets.toString('latin1'))

const subjectOf = (text: string): string => /^Subject: (.*)\r$/m.exec(text)?.[1] ?? ''

const subjects = async (user: Person): Promise<readonly string[]> => (await client_mbox(user)).map(subjectOf).sort()

const count = async (user: Person, subject: string): Promise<number> => (await subjects(user)).filter((one) => one === subject).length

const has = async (user: Person, subject: string): Promise<void> =>
  until(
    async () => (await subjects(user)).includes(subject),
    () => `${subject} has not come to ${user}`,
    patience * 1000,
    1000,
  )

const sent = (subject: string): readonly string[] =>
  house.isp
    .received()
    .map((octets) => octets.toString('latin1'))
    .filter((text) => subjectOf(text) === subject)

/** Postfix has it by then, and passes it on. */
async function firstSent(subject: string): Promise<string> {
  await until(
    () => sent(subject).length > 0,
    () => `${subject} has not come out of the ISP`,
    patience * 1000,
  )
  return sent(subject)[0] ?? ''
}

let serial = 0
function letter(from: string, to: string, subject: string, text = 'Hello.\n'): string {
  return `From: ${from}\nTo: ${to}\nSubject: ${subject}\nMessage-ID: <${++serial}@${subject}.example>\n\n${text}`
}

/** So many octets of an attachment, which nothing on the way makes shorter. */
const attached = (size: number): string =>
  randomBytes(size * 0.74)
    .toString('base64')
    .replaceAll(/.{76}/g, '$&\n')

const crlf = (text: string): Buffer => Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1')
