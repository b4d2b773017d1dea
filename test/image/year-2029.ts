/**
 * A time server for a machine that has not what it tells, inside it: the year 2029. There is /run/serving when it serves.
 *   node year-2029.ts PORT
 */
import { writeFileSync } from 'node:fs'
import { clockServer } from '../time/clock-server.ts'

const [port = ''] = process.argv.slice(2)
await clockServer(() => Date.UTC(2029, 5, 1, 12) + performance.now(), undefined, Number(port))
writeFileSync('/run/serving', '')
