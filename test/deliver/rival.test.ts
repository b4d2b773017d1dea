/**
 * Somebody else reads, deletes and delivers in the mailbox while we append: no letter is lost, torn or doubled. A few
 * seconds, or as many as RIVAL_SECONDS says.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { mboxLetter } from '../../src/deliver/from-line.ts'
import type { Mail } from '../../src/deliver/mailbox.ts'
import { mail, mboxesIn, never, noted, temporaryDirectory } from './mboxes.ts'

const seconds = Number(process.env['RIVAL_SECONDS'] ?? 3)
const program = join(import.meta.dirname, 'rival.py')

test(`a rival deletes and appends for ${seconds} seconds, and every letter is there once and whole`, async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'eddy')
  writeFileSync(path, '')
  const mbox = mboxesIn(directory, { patience: 5000 })
  const rival = spawn('python3', [program, 'rival', path], { stdio: ['pipe', 'pipe', 'inherit'] })
  let said = ''
  rival.stdout.on('data', (octets: Buffer) => (said += octets.toString()))
  const ended = new Promise<number | null>((resolve) => rival.once('close', resolve))

  const ours = new Map<string, string>()
  const until = systemClock.elapsed() + seconds * 1000
  for (let delivery = 1; systemClock.elapsed() < until; ) {
    const batch = [0, 1, 2].slice(0, 1 + (delivery % 3)).map(() => varied(delivery++))
    for (const one of batch) ours.set(`${one.id}.${one.delivery}`, await hashOf(one))
    const outcomes = await mbox.append('eddy', batch, noted, never)
    assert.deepEqual(
      outcomes.filter(({ kind }) => kind !== 'accepted'),
      [],
    )
  }
  rival.stdin.end()
  assert.equal(await ended, 0)

  const left = spawnSync('python3', [program, 'dump', path], { encoding: 'utf8' }).stdout
  const reports = `${said}${left}`
    .trim()
    .split('\n')
    .map((line) => line.split(' ') as [string, string, string])
  const appended = new Map([...ours, ...reports.filter(([what]) => what === 'appended').map(([, mark, hash]) => [mark, hash] as const)])
  const found = reports.filter(([what]) => what !== 'appended').map(([, mark, hash]) => `${mark} ${hash}`)
  const expected = [...appended].map(([mark, hash]) => `${mark} ${hash}`)
  assert.deepEqual(found.sort(), expected.sort())
  assert.ok(ours.size > 10 && reports.some(([what]) => what === 'deleted') && reports.some(([what]) => what === 'appended'))
  t.diagnostic(
    `${ours.size} letters of ours, ${appended.size - ours.size} of the rival's, ${reports.filter(([what]) => what === 'deleted').length} deleted`,
  )
})

/** Of every size, some longer than one write. */
function varied(delivery: number): Mail {
  const lines = delivery % 7 === 0 ? 3000 : (delivery * 37) % 200
  return mail(delivery, 'From a line that might be torn\r\n'.repeat(lines))
}

/** As the reader sees it: without the `From ` line and the blank line at the end. */
async function hashOf(one: Mail): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of mboxLetter(one)) chunks.push(chunk)
  const octets = Buffer.concat(chunks)
  return createHash('sha256')
    .update(octets.subarray(octets.indexOf('\n') + 1, -1))
    .digest('hex')
}
