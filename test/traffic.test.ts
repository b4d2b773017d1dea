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
    writeFileSync(join(statistics, 'rx_bytes'), `${received}\n`)
    writeFileSync(join(statistics, 'tx_bytes'), `${sent}\n`)
  }
  counts(0, 0)
  writeFileSync(join(interfaces, 'ppp0', 'mtu'), '1500\n')
  const netstat = join(interfaces, 'netstat')
  const repeats = (old: number, unordered: number): void =>
    writeFileSync(
      netstat,
      `TcpExt: SyncookiesSent TCPDSACKOldSent TCPDSACKOfoSent\nTcpExt: 7 ${old} ${unordered}\nIpExt: InNoRoutes\nIpExt: 9\n`,
    )
  repeats(0, 0)
  const clock = fakeClock()
  const ours = { octets: 0, payload: 0 }
  const told: boolean[] = []
  const watched = traffic({ clock, carried: () => ({ ...ours }), changed: (active) => told.push(active), interfaces, netstat })
  return { interfaces, netstat, repeats, clock, ours, told, watched, counts }
}

test('LAN users are seen within a second, and are gone three seconds after their last octet', async (t) => {
  const { clock, told, watched, counts } = line(t)
  watched.open('ppp0')
  await clock.advance(5000)
  counts(9000, 500)
  await clock.advance(1000)
  assert.deepEqual([told, watched.users().lastActive], [[true], 6000])
  await clock.advance(5000)
  assert.deepEqual([told, watched.users().lastActive], [[true, false], 6000])
  watched.close()
  assert.equal(clock.waiting(), 0)
})

test('what our connections and datagrams carried is ours, and useful when it moved', async (t) => {
  const { clock, ours, told, watched, counts } = line(t)
  watched.open('ppp0')
  await clock.advance(1500)
  ours.octets = 5200
  ours.payload = 5000
  watched.spent(600)
  counts(5300, 500)
  await clock.advance(3000)
  assert.deepEqual([told, watched.lastUseful()], [[], 2000])
  watched.close()
})

test('what a server sends us a second time is nobody else’s, but what is more than that is', async (t) => {
  const { clock, told, watched, counts, repeats } = line(t)
  watched.open('ppp0')
  await clock.advance(1500)
  repeats(14, 1)
  counts(21_000, 600)
  await clock.advance(1000)
  assert.deepEqual(told, [])
  counts(24_000, 600)
  await clock.advance(1000)
  assert.deepEqual(told, [true])
  watched.close()
})

test('without the kernel’s count of segments users are still seen', async (t) => {
  const { clock, told, watched, counts, netstat } = line(t)
  rmSync(netstat)
  watched.open('ppp0')
  await clock.advance(1500)
  counts(9000, 600)
  await clock.advance(1000)
  assert.deepEqual(told, [true])
  watched.close()
})

test('a new call begins anew', async (t) => {
  const { clock, watched, counts } = line(t)
  watched.open('ppp0')
  await clock.advance(1000)
  counts(9000, 0)
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
