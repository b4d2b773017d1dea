import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { secret } from '../../src/config/secret.ts'
import { events } from '../../src/log/events.ts'
import { pinoSink } from '../../src/log/pino.ts'
import { fakeClock } from '../fake/clock.ts'

const folder = mkdtempSync(join(tmpdir(), 'dialpost-pino-'))
after(() => rmSync(folder, { recursive: true }))

test('each line is one JSON object, written before the call returns, with the time of our clock', () => {
  const path = join(folder, 'log')
  const fd = openSync(path, 'w')
  const log = events(pinoSink({ level: 'info', clock: fakeClock(Date.UTC(2026, 10, 22, 9, 30)), fd }))
  log.notice('link-up', 'the line\nis up', { interface: 'ppp0', password: secret('hunter2') })
  log.debug('unheard', 'below the level')
  log.instant('kept')
  log.error('broken', 'oh', { cause: 'x' })
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  closeSync(fd)
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [
      { level: 'notice', time: '2026-11-22T09:30:00.000Z', event: 'link-up', interface: 'ppp0', password: '***', msg: 'the line\nis up' },
      { level: 'error', time: '2026-11-22T09:30:00.000Z', event: 'broken', cause: 'x', msg: 'oh' },
    ],
  )
})

test('a reader that has gone does not take the daemon with it', () => {
  const fd = openSync('/dev/full', 'w')
  const log = events(pinoSink({ level: 'info', clock: fakeClock(), fd }))
  for (let n = 0; n < 3; n++) log.info('lost', 'nobody hears this')
  closeSync(fd)
})
