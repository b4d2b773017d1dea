import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { traffic } from '../src/traffic.ts'
import { fakeClock } from './fake/clock.ts'

function line(t: TestContext) {
  const interfaces = mkdtempSync(join(tmpdir(), 'traffic-'))
  t.after(() => rmSync(interfaces, { recursive: true }))
  const statistics = join(interfaces, 'ppp0', 'statistics')
  mkdirSync(statistics, { recursive: true })
  const counts = (received: number, sent: number): void => {
    writeFileSync(join(statistics, 'rx_packets'), `${received}\n`)
    writeFileSync(join(statistics, 'tx_packets'), `${sent}\n`)
  }
  counts(0, 0)
  const snmp = join(interfaces, 'snmp')
  const resets = (count: number): void => writeFileSync(snmp, `Ip: Forwarding\nIp: 1\nTcp: MaxConn OutRsts\nTcp: -1 ${count}\n`)
  resets(82)
  const clock = fakeClock()
  const ours = { packets: 0, payload: 0, waiting: false }
  const told: boolean[] = []
  const watched = traffic({ clock, carried: () => ({ ...ours }), changed: (active) => told.push(active), interfaces, snmp })
  return { interfaces, snmp, resets, clock, ours, told, watched, counts }
}

test('LAN users are seen within a second, and are gone three seconds after their last octet', async (t) => {
  const { clock, told, watched, counts } = line(t)
  watched.open('ppp0')
  await clock.advance(5000)
  counts(8, 6)
  await clock.advance(1000)
  assert.deepEqual([told, watched.users().lastActive], [[true], 6000])
  await clock.advance(5000)
  assert.deepEqual([told, watched.users().lastActive], [[true, false], 6000])
  watched.close()
  assert.equal(clock.waiting(), 0)
})

test('a last look tells at once that nobody has come, and within a second who has', async (t) => {
  const { clock, ours, told, watched, counts } = line(t)
  watched.open('ppp0')
  await clock.advance(2500)
  let over = 0
  const last = (): void => void watched.lastLook().then(() => over++)
  ours.packets = 12
  counts(12, 12)
  last()
  await clock.advance(0)
  assert.equal(over, 1)
  // A connection begins: too little yet to be somebody.
  counts(14, 15)
  last()
  await clock.advance(900)
  assert.deepEqual([over, told], [1, []])
  counts(20, 21)
  await clock.advance(100)
  assert.deepEqual([over, told], [2, [true]])
  await clock.advance(5000)
  counts(21, 22)
  last()
  await clock.advance(1000)
  assert.deepEqual([over, told], [3, [true, false]])
  watched.close()
  last()
  await clock.advance(0)
  assert.deepEqual([over, clock.waiting()], [4, 0])
})

test('what our connections and datagrams carried is ours, and useful when it moved', async (t) => {
  const { clock, ours, told, watched, counts } = line(t)
  watched.open('ppp0')
  await clock.advance(1500)
  ours.packets = 40
  ours.payload = 5000
  for (let query = 0; query < 5; query++) watched.sent()
  counts(45, 45)
  await clock.advance(3000)
  assert.deepEqual([told, watched.lastUseful()], [[], 2000])
  watched.close()
})

test('what comes for a connection that is gone is nobody else’s, nor are the resets that answer it, but what leaves beside them is', async (t) => {
  const { clock, told, watched, counts, resets } = line(t)
  watched.open('ppp0')
  await clock.advance(1500)
  resets(90)
  counts(30, 8)
  await clock.advance(1000)
  assert.deepEqual(told, [])
  counts(30, 14)
  await clock.advance(1000)
  assert.deepEqual(told, [true])
  watched.close()
})

test('without the kernel’s count of resets users are still seen', async (t) => {
  const { clock, told, watched, counts, snmp } = line(t)
  rmSync(snmp)
  watched.open('ppp0')
  await clock.advance(1500)
  counts(8, 6)
  await clock.advance(1000)
  assert.deepEqual(told, [true])
  watched.close()
})

test('a new call begins anew', async (t) => {
  const { clock, watched, counts } = line(t)
  watched.open('ppp0')
  await clock.advance(1000)
  counts(0, 9)
  await clock.advance(1000)
  watched.close()
  counts(0, 0)
  watched.open('ppp0')
  await clock.advance(3000)
  assert.deepEqual([watched.users().lastActive, watched.lastUseful()], [undefined, undefined])
  watched.close()
})

test('a line without an interface, or one that goes, has no users', async (t) => {
  const { interfaces, clock, told, watched } = line(t)
  watched.open('')
  await clock.advance(3000)
  watched.open('ppp0')
  await clock.advance(3000)
  rmSync(join(interfaces, 'ppp0'), { recursive: true })
  await clock.advance(3000)
  assert.deepEqual(told, [])
  watched.close()
})
