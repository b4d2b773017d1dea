/**
 * One update from its file to the boot that tries it. In this order, which is the whole safety of it: everything is looked at
 * before anything is written; the slot that runs is never written; the other one is read back and compared with what was signed;
 * and only then, with one line, somebody with root's rights is asked to boot it once. Whoever pulls the plug before that line
 * finds the box as it was; after it, the boot falls back by itself. One at a time.
 */
import { createPublicKey } from 'node:crypto'
import { doubt, objection } from './appraisal.ts'
import type { Box } from './box.ts'
import { type Copying, readSlot, writeSlot } from './copying.ts'
import { type Facts, otherSlot } from './facts.ts'
import { opening } from './opening.ts'
import { type Header, kernelBlocks, payloadLength } from './package.ts'
import { during, Trouble } from './trouble.ts'

/** The person who wants it. */
export type Teller = {
  readonly say: (text: string) => void
  readonly sure: (question: string) => Promise<boolean>
  /** Aborted: the person gave up, or has gone. */
  readonly signal: AbortSignal
}

export type Verdict = { readonly done: string } | { readonly refused: string }

export interface Updater {
  /** `path` is absolute, for the daemon stands elsewhere than the person; or it is `http://ADDRESS…`. */
  update(path: string, teller: Teller): Promise<Verdict>
  /** What is being done, in words; '' while nothing is. */
  words(): string
}

export function updater(box: Box, tell: (words: string) => void): Updater {
  let doing = ''
  return {
    words: () => doing,
    async update(path, teller) {
      if (doing !== '') return { refused: `${doing}; one update at a time` }
      let booting = false
      try {
        const verdict = await attempt(path, { box, teller, now: (words) => (doing = words) })
        booting = 'done' in verdict
        tell('done' in verdict ? verdict.done : `update: ${verdict.refused}`)
        return verdict
      } finally {
        // Once the boot is asked for the box goes down: nothing may be written to the slot that it will try.
        if (!booting) doing = ''
      }
    },
  }
}

type Work = { readonly box: Box; readonly teller: Teller; readonly now: (words: string) => void }

async function attempt(path: string, work: Work): Promise<Verdict> {
  work.now(`${path} is being looked at`)
  const facts = work.box.facts()
  if (!facts) return { refused: notABox }
  const obstacle = unready(path, facts, work.box)
  if (obstacle !== undefined) return { refused: obstacle }
  try {
    const header = await install(path, facts, work)
    const slot = otherSlot(facts.slot)
    work.now(`${header.version} in slot ${slot} is about to be booted (if nothing comes of it within a minute, start the box anew)`)
    await during('keeper', () => work.box.tryNext(slot, kernelBlocks(header)))
    return { done: `Slot ${slot} holds ${header.version}. The box boots it now; should it not be found healthy, ${facts.version} is back.` }
  } catch (trouble) {
    if (trouble instanceof Trouble) return { refused: troubleWords(trouble, path, facts) }
    throw trouble
  }
}

const notABox = 'this computer has no second slot to write an update to: put the new executable in place of the old one, and start it'

function unready(path: string, facts: Facts, box: Box): string | undefined {
  if (!/^(\/|http:\/\/)/.test(path)) return `${path}: the daemon stands elsewhere; say where it lies from the root: /var/mail/${path}`
  if (facts.slot !== facts.good) return `slot ${facts.slot} is on trial itself; update once dialpost status says that it was taken`
  if (!box.keeperHears()) return 'the keeper does not run, and nobody else can boot the other slot: start the box anew, then update'
  return undefined
}

async function install(path: string, facts: Facts, { box, teller, now }: Work): Promise<Header> {
  await using open = new AsyncDisposableStack()
  const file = open.adopt(
    await during('file', () => box.openFile(path), 'name a file that everybody on the box may read, or http://ADDRESS/FILE on the LAN'),
    (one) => one.close(),
  )
  const key = await during('key', () => createPublicKey(box.publicKey()))
  const opened = await during('file', () => opening(file, key), 'copy it anew')
  if ('wrong' in opened) throw new Trouble('file', `${opened.wrong}: take ${facts.board}.update from who built this box's image`)
  const { header, head } = opened

  const slot = open.adopt(await during('slot', () => box.openSlot()), (one) => one.close())
  const name = otherSlot(facts.slot)
  const against = objection({ header, head, length: file.length, slot: name, room: slot.length }, facts)
  if (against !== undefined) throw new Trouble('file', against)
  const question = doubt(header, facts)
  if (question !== undefined && !(await teller.sure(question))) throw new Trouble('person', 'not done; --yes does it without asking')

  const length = payloadLength(header)
  const passed = tenths(length, (percent) => {
    now(`${header.version} is being written to slot ${name}: ${percent} %`)
    teller.say(`${percent} %`)
  })
  const copying: Copying = { file, head, length, slot, passed, signal: teller.signal }
  teller.say(`${header.version} for ${header.board}, well signed: ${length} octets go to slot ${name}.`)
  // From here slot `name` holds nothing that boots, until it holds all of the update.
  if ((await writeSlot(copying)) !== header.sha256) throw new Trouble('file', 'its payload is not what was signed: copy it anew')
  now(`${header.version} in slot ${name} is being read back`)
  teller.say(`Slot ${name} is read back.`)
  if ((await readSlot(copying)) !== header.sha256) throw new Trouble('flash', 'it gives back something else than was written')
  return header
}

/** Says each tenth once. */
function tenths(length: number, say: (percent: number) => void): (octets: number) => void {
  let said = 0
  return (octets) => {
    const tenth = Math.floor((10 * octets) / length)
    if (tenth > said) say(10 * tenth)
    said = tenth
  }
}

/** Always: what is wrong, what to do, and that the box is what it was. */
function troubleWords({ culprit, message }: Trouble, path: string, { slot }: Facts): string {
  const other = otherSlot(slot)
  switch (culprit) {
    case 'file':
      return `${path}: ${message}. The box stays with slot ${slot}`
    case 'key':
      return `the key that updates are checked with cannot be used: ${message}. It is part of the image: write that to the disk again`
    case 'slot':
      return `slot ${other} cannot be opened: ${message}. Start the box anew, then update; it stays with slot ${slot}`
    case 'flash':
      return `slot ${other}: ${message}. The box stays with slot ${slot}; try again, and if it fails again the flash is worn: save the settings, and write the image to a new one`
    case 'keeper':
      return `slot ${other} is written, but the keeper, who would boot it, is not to be reached: ${message}. Start the box anew, then update again`
    case 'person':
      return `${message}. The box stays with slot ${slot}`
  }
}
