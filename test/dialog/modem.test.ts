/**
 * Conversations with a modem as text files, the modem's side played against the real adapter over a pseudo terminal. `@ do` names what
 * dialpost does, in order (`dial NUMBER`, `hang up`), `@ init` its commands and `@ pin` a PIN, both with `|` between; `@ hurry` lets
 * time pass so many times as fast, for conversations with silences. K lines say how each of it ended, and what is then known.
 */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../src/clock.ts'
import { hayesModem } from '../../src/link/hayes.ts'
import type { Modem } from '../../src/link/modem.ts'
import { openPty, type Pty } from '../modem/pty.ts'
import { matchLines, parseDialog, play, type Transport } from './player.ts'

const folder = join(import.meta.dirname, 'modem')

for (const file of readdirSync(folder).sort()) {
  test(file.replace(/\.txt$/, '').replaceAll('-', ' '), { timeout: 30_000 }, async () => {
    const dialog = parseDialog(readFileSync(join(folder, file), 'utf8'))
    const setting = (name: string): string => dialog.settings.get(name) ?? ''
    const room = mkdtempSync(join(tmpdir(), 'dialpost-modem-'))
    mkdirSync(join(room, 'lock'))
    const pty = openPty()
    const pinFile = join(room, 'pin')
    if (setting('pin') !== '') writeFileSync(pinFile, setting('pin'))
    const modem = hayesModem({
      tty: pty.path,
      speed: 115_200,
      init: setting('init') === '' ? [] : setting('init').split(' | '),
      answerWithin: 5000,
      lockFolder: join(room, 'lock'),
      clock: hurried(systemClock, Number(setting('hurry') || '1')),
      ...(setting('pin') === '' ? {} : { pin: { file: pinFile, mark: join(room, 'mark') } }),
    })
    try {
      const [said] = await Promise.all([doAll(modem, setting('do').split(' | ')), play(dialog, 'server', ptyTransport(pty))])
      matchLines([...said, ...known(modem)], dialog.facts)
      assert.deepEqual(readdirSync(join(room, 'lock')), [], 'the lock is left')
    } finally {
      await modem.close()
      await pty.close()
      rmSync(room, { recursive: true })
    }
  })
}

async function doAll(modem: Modem, tasks: readonly string[]): Promise<readonly string[]> {
  const said: string[] = []
  for (const task of tasks) {
    if (task === 'hang up') said.push(await modem.hangUp())
    else {
      const dialled = await modem.dial(task.replace(/^dial /, ''), new AbortController().signal)
      said.push(
        dialled.kind === 'connected'
          ? `connected ${dialled.carrier.speed} ${dialled.carrier.protocol}`.trim()
          : `${dialled.failure}: ${dialled.words}`,
      )
    }
  }
  return said
}

function known(modem: Modem): readonly string[] {
  return Object.entries(modem.facts()).map(([name, value]) => `${name} ${value}`)
}

function hurried({ now, elapsed, sleep }: Clock, times: number): Clock {
  return { now, elapsed: () => elapsed() * times, sleep: (until, signal) => sleep(until / times, signal) }
}

function ptyTransport(pty: Pty): Transport {
  const chunks: Uint8Array[] = []
  let wake: (() => void) | undefined
  pty.master.on('data', (octets: Buffer) => {
    chunks.push(octets)
    wake?.()
  })
  return {
    async write(octets) {
      pty.master.write(octets)
    },
    async read() {
      if (chunks.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return chunks.shift()
    },
    close: () => void pty.close(),
  }
}
