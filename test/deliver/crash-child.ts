/** Appends two letters to DIRECTORY/eddy, and is killed by its own hand at INSTANT. The note goes to DIRECTORY/note. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { events } from '../../src/log/events.ts'
import { mail, mboxesIn, never } from './mboxes.ts'

const [, , directory = '', instant = ''] = process.argv
const log = events(({ event }) => {
  if (event === instant) process.kill(process.pid, 'SIGKILL')
})
const noting = async (note: string) => writeFileSync(join(directory, 'note'), note)
await mboxesIn(directory, { log }).append('eddy', [mail(1), mail(2)], noting, never)
