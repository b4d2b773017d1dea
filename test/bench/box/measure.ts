/** One burst of letters against one server: how long, at what cost, and whether each letter is there exactly once. */
import assert from 'node:assert/strict'
import { open, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Volume } from '../volume.ts'
import { eddy, type Server } from './contender.ts'
import { drive } from './drive.ts'

/** Letters a second, and of one letter: milliseconds of processor, kilobytes written to the disk, flushes of it. */
export type Figures = { readonly rate: number; readonly cpu: number; readonly kilobytes: number; readonly flushes: number }

export type Burst = {
  readonly letters: number
  /** Local part of the recipients. */
  readonly whom: string
  readonly kept: boolean
  readonly letter?: string
}

/** Letters before those that count: processes are started, folders made, code is warm. */
const warmth = 100
const patience = 180_000

export async function queue(server: Server, volume: Volume, { letters, whom, ...how }: Burst): Promise<Figures> {
  const work = (to: string, letters: number): Promise<number> => drive({ port: server.port, letters, to, numbered: true, ...how })
  await work('warm@far.example', warmth)
  const figures = await counted(server, volume, letters, () => work(`${whom}@far.example`, letters))
  const found = await queuedOnceSettled(server, whom, letters)
  assert.equal(found.length, letters, 'letters in the queue')
  assert.equal(new Set(found).size, letters, 'a letter is in the queue twice')
  return figures
}

/** Through the queue into one mbox, until the last is in it. */
export async function deliver(server: Server, volume: Volume, letters: number): Promise<Figures> {
  const work = async (letters: number): Promise<number> => {
    const before = await mboxOf(server).count()
    const began = performance.now()
    const arriving = grown(server, before + letters)
    await drive({ port: server.port, letters, to: eddy, numbered: false, kept: true })
    await arriving
    return (performance.now() - began) / 1000
  }
  await work(warmth)
  const figures = await counted(server, volume, letters, () => work(letters))
  const text = await readFile(server.mbox, 'latin1')
  const ids = text.split(/^From .*\n/m).flatMap((letter) => /^Received: (?:.|\n[ \t])*?\bid ([\w-]+)/m.exec(letter)?.[1] ?? [])
  assert.equal(ids.length, letters + warmth, 'letters in the mbox')
  assert.equal(new Set(ids).size, ids.length, 'a letter is in the mbox twice')
  return figures
}

async function counted(server: Server, volume: Volume, letters: number, work: () => Promise<number>): Promise<Figures> {
  await atRest(server)
  const before = { ...volume.read(), cpu: server.meter.seconds() }
  const seconds = await work()
  await atRest(server)
  const after = { cpu: server.meter.seconds(), ...volume.read() }
  return {
    rate: letters / seconds,
    cpu: (1000 * (after.cpu - before.cpu)) / letters,
    kilobytes: (after.kilobytes - before.kilobytes) / letters,
    flushes: (after.flushes - before.flushes) / letters,
  }
}

/** It does nothing more of itself: what it had to do behind the 250 counts too. */
async function atRest(server: Server): Promise<void> {
  for (let before = -1; ; await delay(400)) {
    const now = server.meter.seconds()
    if (now - before < 0.02) return
    before = now
  }
}

async function queuedOnceSettled(server: Server, whom: string, letters: number): Promise<readonly number[]> {
  const deadline = Date.now() + patience
  for (;;) {
    const found = await server.queued(whom)
    if (found.length >= letters || Date.now() > deadline) return found
    await delay(500)
  }
}

/** Resolves when the mbox has that many letters. */
async function grown(server: Server, letters: number): Promise<void> {
  const deadline = Date.now() + patience
  const mbox = mboxOf(server)
  while ((await mbox.count()) < letters) {
    if (Date.now() > deadline) throw new Error(`the mbox never had ${letters} letters`)
    await delay(10)
  }
}

/** Counts the letters of an mbox, reading each octet once. */
function mboxOf({ mbox }: Server): { count(): Promise<number> } {
  let at = 0
  let letters = 0
  return {
    async count() {
      const file = await open(mbox).catch(() => undefined)
      if (!file) return 0
      try {
        const { size } = await file.stat()
        const { buffer, bytesRead } = await file.read(Buffer.alloc(size - at), 0, size - at, at)
        const whole = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1
        letters += buffer.toString('latin1', 0, whole).match(/^From /gm)?.length ?? 0
        at += whole
        return letters
      } finally {
        await file.close()
      }
    },
  }
}
