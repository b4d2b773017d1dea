/**
 * A person at a terminal of 80×24 on a line of 9600 bit/s uses every command: what is typed stands in sessions/at-9600.in (typed.ts), all that
 * was seen in at-9600.out, without what no two runs have in common. `UPDATE_GOLDEN=1` writes that anew, to be read before committing.
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { commands } from '../../src/console/commands.ts'
import { folderPatterns } from '../../src/console/folder-commands.ts'
import { octetsOf } from '../console/typed.ts'
import { until } from '../journey/daemon.ts'
import { send } from '../peer/client.ts'
import { noAppliance } from './appliance.ts'
import { patience } from './emulator.ts'
import { alwaysUp, type LoneGateway, loneGateway } from './lone-gateway.ts'
import { work } from './people.ts'
import { type SerialTerminal, serialTerminal } from './serial-terminal.ts'

const skip = noAppliance()
const sessions = join(import.meta.dirname, 'sessions')
const session = readFileSync(join(sessions, 'at-9600.in'), 'utf8').split('\n').slice(0, -1)

/** The last row, when it is the person's turn. */
const turn = /^moriah \(\w+\) >$|^--more--$|[?:]$|^q ends$|^Paste .* shown\.$/
/** What a command is told that does not end by itself. */
const log = /^(?!moriah \()./

let house: LoneGateway
let terminal: SerialTerminal

before(async () => {
  if (skip !== false) return
  terminal = serialTerminal(9600)
  house = await loneGateway({ link: alwaysUp.replace('10s', '60m'), memory: 64, terminal: terminal.backend })
  house.mood.busy = true
  await house.gateway.switchOn('2026-11-25T12:00:00')
  await terminal.connected()
  await terminal.settled(turn)
})
after(async () => {
  if (skip !== false) return
  await house.stop()
  await terminal.close()
})

test('every command is typed', () => {
  const typed = session.join('\n')
  const missing = [...commands, ...folderPatterns]
    .map(({ pattern }) => pattern.replace(/ [A-Z[].*$/, ''))
    .filter((name) => !new RegExp(`^${name}\\b`, 'm').test(typed) && !['export', 'restore', 'poweroff'].includes(name))
  assert.deepEqual(missing, [])
})

test('every command can be used, and is answered in its own time', { skip }, async (t) => {
  await handIn('friend@far.example')
  let slowest: readonly [seconds: number, line: string] = [0, '']
  for (const line of session) {
    // What lies there earlier is collected as soon as the line is up.
    if (line.startsWith('preview')) for (const subject of ['first', 'second']) house.boxes.put(work.user, letterCalled(subject))
    // What was polled is delivered by then: Tab names what waits, and is to name one letter.
    if (line.startsWith('hold')) await delay(30_000)
    terminal.type(octetsOf(line))
    if (/^poll .*protocol|^define/.test(line)) continue
    const end = line === 'log -f' ? log : turn
    const seconds = await terminal.settled(end)
    if (seconds > slowest[0]) slowest = [seconds, line]
    await turnPages(end)
    // What is typed next stands on a row of its own.
    if (end === log)
      await until(
        () => terminal.screen.cursor().column === 0,
        () => terminal.screen.rows().join('\n'),
        patience * 1000,
      )
  }
  t.diagnostic(`the slowest, ${slowest[1]}, had shown its first page in ${slowest[0].toFixed(1)} s`)
  const seen = withoutChance(`${terminal.screen.seen().join('\n')}\n`)
  const golden = join(sessions, 'at-9600.out')
  if (process.env['UPDATE_GOLDEN']) writeFileSync(golden, seen)
  assert.equal(seen, readFileSync(golden, 'utf8'))
})

test('what is exported can be taken from the screen and pasted', { skip }, async () => {
  const rows = await answerTo('export')
  const from = terminal.screen.seen().length
  terminal.type(octetsOf('restore -'))
  await terminal.settled(turn)
  for (const row of rows.slice(
    rows.findIndex((one) => one.startsWith('dialpost settings 1')),
    rows.indexOf('end') + 1,
  ))
    terminal.type(octetsOf(row))
  // The daemon starts anew with them.
  await until(
    () => terminal.screen.seen().slice(from).join('\n').includes('help lists the commands'),
    () => terminal.screen.seen().slice(from).join('\n'),
    patience * 1000,
  )
  await terminal.settled(turn)
  assert.match((await answerTo('check')).join('\n'), /no mistakes/)
})

test('and the box can be switched off', { skip }, async () => {
  terminal.type(octetsOf('poweroff'))
  await terminal.settled(turn)
  terminal.type(octetsOf('yes'))
  await house.gateway.switchedOff()
})

async function turnPages(end = turn): Promise<void> {
  while (terminal.screen.seen().at(-1) === '--more--') {
    terminal.type(octetsOf('<Space>\\'))
    await terminal.settled(end)
  }
}

const letterCalled = (subject: string): Buffer => Buffer.from(`From: linda@far.example\r\nSubject: ${subject}\r\n\r\nHere.\r\n`)

async function handIn(to: string): Promise<void> {
  const [answer] = await send(house.port, [{ from: 'keith@shire.lan', to: [to], octets: letterCalled('waits') }])
  assert.match(answer ?? '', /^250/)
}

/** Rows of the screen from then on. */
async function answerTo(command: string): Promise<readonly string[]> {
  const from = terminal.screen.seen().length
  terminal.type(octetsOf(command))
  await terminal.settled(turn)
  await turnPages()
  return terminal.screen.seen().slice(from)
}

/** Without what no two runs have in common: the time, how long and how much, the version, and which lines the log has. */
function withoutChance(seen: string): string {
  return seen
    .replaceAll(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d .*\n( {4}.*\n)*/gm, '')
    .replaceAll(/\d+:\d\d(:\d\d)?/g, '0:00')
    .replaceAll(/\b\d+(\.\d+)?[KM]\b/g, '0K')
    .replaceAll(/\d+ flushes/g, '0 flushes')
    .replaceAll(/\+\d{14}\.[\w-]+/g, '')
    .replaceAll(/<1\.\w+@/g, '<1@')
}
