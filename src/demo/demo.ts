/**
 * `dialpost demo`: the main job at work on loopback. Letters wait while the line is down; it comes up, they leave masqueraded while the
 * ISP's boxes are emptied into the right mboxes; it goes down, and the next letter waits. Shows each step and checks it.
 */
import type { Clock } from '../clock.ts'
import type { House } from '../console/house.ts'
import { size, span, table } from '../console/words.ts'
import { mailDate } from '../mail/date.ts'
import { compose, late, multi, outgoing, type Sample, single } from './letters.ts'
import type { Screen } from './screen.ts'
import type { Stage } from './stage.ts'

export type DemoParts = {
  readonly clock: Clock
  readonly stage: Stage
  readonly house: House
  readonly screen: Screen
  /** The daemon's LAN door; resolves with its last reply. */
  readonly submit: (from: string, to: readonly string[], letter: string) => Promise<string>
  /** How `dialpost` is called on this machine, for the words at the end. */
  readonly program: string
}

/** Seconds after which the demo gives up waiting for a step. */
const patience = 90

/** Plays all steps; resolves with what did not go as it should, which ought to be nothing. */
export async function playDemo(parts: DemoParts): Promise<readonly string[]> {
  const { stage, house, screen } = parts
  const faults: string[] = []
  const expect = (fact: boolean, words: string): void => {
    if (!fact) faults.push(words)
  }

  screen.heading('The line is down. Letters from the LAN come in and wait.')
  for (const [number, letter] of outgoing.entries()) await handIn(parts, letter, number)
  screen.line(queueWords(house))
  expect(stage.modem.carried().out === 0, 'something was sent although the line was down')
  expect(house.status().queue.forIsp === outgoing.length, 'the queue does not hold the letters')

  const waiting = fillBoxes(parts)
  screen.heading(`At the ISP ${waiting} letters wait in two POP3 boxes. Now pppd's ip-up says that the line is up.`)
  const call = await callTheIsp(parts, outgoing.length + waiting)
  expect(call.done === outgoing.length + waiting, `${call.done} of ${outgoing.length + waiting} letters moved in ${patience} s`)
  stage.hook('down ppp0 /dev/ttyS1 115200 10.0.0.2 10.0.0.1')
  stage.modem.hangUp()
  await until(parts, () => house.status().line.kind === 'down')

  screen.heading('The line is down again. What the ISP was given:')
  screen.line(table(stage.received.map(({ from, to, octets }) => [from, '→', to.join(', '), size(octets)])))
  expect(
    stage.received.every(({ from, header }) => !from.includes('shire.lan') && !/^From:.*shire\.lan/m.test(header)),
    'a LAN address left the house',
  )
  screen.heading('What lies in /var/mail:')
  screen.line(table(stage.users.map((user) => [user, stage.mbox(user).join(' · ')])))
  expect(stage.mbox('eddy').length === 4, 'eddy has not got his four letters')
  expect(stage.mbox('keith').length === 2, 'keith has not got his two letters')
  expect(stage.mbox('root').length === 1, 'the postmaster has not got the letter for nobody')

  screen.heading('Another letter comes in, and waits for the next call:')
  await handIn(parts, late, outgoing.length)
  screen.line(queueWords(house))
  expect(house.status().queue.forIsp === 1, 'the last letter does not wait')

  summarize(parts, call)
  return faults
}

type CallFigures = { readonly seconds: number; readonly done: number; readonly out: number; readonly in: number }

async function callTheIsp(parts: DemoParts, of: number): Promise<CallFigures> {
  const { clock, stage, house, screen } = parts
  const began = clock.elapsed()
  stage.modem.pickUp()
  stage.hook('up ppp0 /dev/ttyS1 115200 10.0.0.2 10.0.0.1')
  const figures = (): CallFigures => {
    const collected = house.status().call?.in.letters ?? 0
    return { seconds: (clock.elapsed() - began) / 1000, done: stage.received.length + collected, ...stage.modem.carried() }
  }
  const atIsp = (): number => stage.pop3.box('eddyy').length + stage.pop3.box('shofar').length
  for (;;) {
    const now = figures()
    const { queue, boxes } = house.status()
    if ((atIsp() + queue.letters === 0 && boxes.every(({ busy }) => !busy)) || now.seconds > patience) {
      screen.progress({ ...now, of }, 'last')
      screen.line(boxes.map(({ name, words }) => `${name}: ${words}`).join('\n'))
      return now
    }
    screen.progress({ ...now, of })
    await clock.sleep(clock.elapsed() + 200)
  }
}

async function handIn({ clock, screen, submit }: DemoParts, letter: Sample, number: number): Promise<void> {
  const said = await submit(letter.from, [letter.to], compose(letter, number, mailDate(clock.now())))
  screen.line(`${letter.from} → ${letter.to}, "${letter.subject}": ${said}`)
}

/** Puts the letters into the ISP's boxes; the list mail once for each member, as ISPs do. */
function fillBoxes({ clock, stage }: DemoParts): number {
  const put = (user: string, letters: readonly Sample[], from: number): void => {
    for (const [at, letter] of letters.entries()) stage.pop3.put(user, Buffer.from(compose(letter, from + at, mailDate(clock.now()))))
  }
  put('eddyy', single, 100)
  put('shofar', multi, 200)
  put('shofar', multi.slice(-1), 200 + multi.length - 1)
  return single.length + multi.length + 1
}

function queueWords(house: House): string {
  return table(
    [...house.queue()].flatMap(({ id, size: octets, deliveries }) =>
      deliveries.map(({ recipient, words }) => [id, size(octets), recipient, words]),
    ),
  )
}

async function until({ clock }: DemoParts, fact: () => boolean): Promise<void> {
  const end = clock.elapsed() + patience * 1000
  while (!fact() && clock.elapsed() < end) await clock.sleep(clock.elapsed() + 50)
}

function summarize({ stage, house, screen, program }: DemoParts, { seconds, out, in: back }: CallFigures): void {
  const { memory, flash } = house.status()
  const slower = Math.max(out, back) * 8
  screen.heading('In all:')
  screen.line(
    table([
      [
        'on line',
        span(seconds),
        `${Math.round((100 * slower) / 33_600 / seconds)} % of what the busier direction of a 33.6 kbit/s line can carry`,
      ],
      ['out', size(out), `${stage.received.length} letters and their commands`],
      ['in', size(back), `${single.length + multi.length + 1} letters, one of them a second copy that nobody needed`],
      ['flash', size(flash.octets), `${flash.flushes} flushes`],
      ['memory', size(memory.pss), `the pretend ISP included; ${size(memory.anonymous)} of it anonymous`],
    ]),
  )
  screen.heading('By hand:')
  screen.line(
    [
      `${program} demo --stay               keeps all this running and says how to reach it`,
      `${program} settings                  every setting, with its help`,
      `${program} check -C FILE             reads your settings and names every mistake`,
      `${program} serve -C FILE             is the daemon; then, from another terminal:`,
      `${program} queue -C FILE             what waits, and why`,
    ].join('\n'),
  )
}
