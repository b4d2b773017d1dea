/**
 * One life of the daemon: `daemon.ts SETTINGS PASSWD LOG [INSTANT OCCURRENCE]`. Says `ready PORT`, writes every event to LOG as a line
 * of JSON, and is killed by its own hand, as a power cut would, when INSTANT comes for that time. Ends in order on SIGTERM, and with
 * whoever started it.
 */
import { openSync, writeSync } from 'node:fs'
import { readConfig } from '../../src/config/read.ts'
import { startDaemon } from '../../src/daemon.ts'

const [, , settings = '', passwd = '', logFile = '', fatal, occurrence = '1'] = process.argv
const read = readConfig(settings)
if ('mistakes' in read) throw new Error(JSON.stringify(read.mistakes))

const log = openSync(logFile, 'a')
let left = Number(occurrence)
const daemon = await startDaemon(read.config, {
  passwd,
  sink(line) {
    writeSync(log, `${JSON.stringify(line)}\n`)
    if (line.event === fatal && --left === 0) process.kill(process.pid, 'SIGKILL')
  },
})
process.once('SIGTERM', () => {
  process.stdin.destroy()
  void daemon.close()
})
process.stdin.resume().once('end', () => process.kill(process.pid, 'SIGKILL'))
process.stdout.write(`ready ${daemon.addresses[0]?.port}\n`)
