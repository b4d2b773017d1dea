/** Every conversation in test/dialog/accept, with the real listener on a port of its own and a queue in memory. */
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { formatAddress, formatPath } from '../../src/mail/address.ts'
import type { Copy } from '../../src/mail/message.ts'
import { SpoolFull } from '../../src/queue/intake.ts'
import type { FakeIntakes, KeptLetter } from '../fake/intake.ts'
import { openDoor } from '../accept/door.ts'
import type { Dialog } from './player.ts'
import { matchLines, parseDialog, play, socketTransport } from './player.ts'

const folder = join(import.meta.dirname, 'accept')

for (const file of readdirSync(folder).filter((name) => name.endsWith('.txt'))) {
  test(file.replace('.txt', '').replaceAll('-', ' '), { timeout: 30_000 }, async () => {
    await playFile(parseDialog(readFileSync(join(folder, file), 'utf8')))
  })
}

async function playFile(dialog: Dialog): Promise<void> {
  const { settings } = dialog
  await using house = await openDoor({
    networks: [{ octets: settings.has('stranger') ? [192, 168, 1, 0] : [127, 0, 0, 0], bits: 8 }],
    ...(settings.has('max-message') ? { maxMessage: Number(settings.get('max-message')) } : {}),
  })
  const full = settings.get('spool-full-at')
  if (full !== undefined) house.intakes.failAt(full === 'open' || full === 'keep' ? full : 'write', 1, new SpoolFull('98 % used'))
  const broken = settings.get('disk-breaks-at')
  if (broken !== undefined) house.intakes.failAt(broken === 'keep' ? broken : 'write', 1, new Error('EIO'))
  const socket = connect(house.port, '127.0.0.1')
  await play(dialog, 'client', socketTransport(socket))
  socket.end()
  await house.door.close()
  matchLines(summary(house.intakes), dialog.facts)
}

/** What became of the letters, in lines: envelope, content, and how many came to nothing. */
function summary({ kept, discarded }: FakeIntakes): string[] {
  return [...kept.flatMap(letter), ...(discarded.length > 0 ? [`discarded ${discarded.length}`] : [])]
}

function letter({ draft, content }: KeptLetter): string[] {
  const { from, copies, parameters, priority } = draft
  const asked = Object.entries(parameters).map(([name, value]) => `${name}=${value}`)
  return [
    `from ${formatPath(from)}`,
    ...copies.map(copyLine),
    ...(asked.length > 0 ? [`with ${asked.join(' ')}`] : []),
    ...(priority === 'normal' ? [] : [priority]),
    ...lines(content).map((line) => `| ${line}`.trimEnd()),
  ]
}

function copyLine({ recipient, to, notify, orcpt }: Copy): string {
  const parts = [`to ${formatAddress(recipient)}`, to.courier === 'mailbox' ? `mailbox ${to.user}` : to.courier]
  if (notify) parts.push(`notify=${notify.join(',')}`)
  if (orcpt !== undefined) parts.push(`orcpt=${orcpt}`)
  return parts.join(' ')
}

/** Lines by CR LF alone: any other control character shows. */
function lines(content: Buffer): string[] {
  const all = content.toString('utf8').split('\r\n')
  return all
    .slice(0, all.at(-1) === '' ? -1 : undefined)
    .map((line) => line.replace(/[\x00-\x08\x0a-\x1f]/g, (c) => `<${c.charCodeAt(0).toString(16)}>`))
}
