import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { openHouse } from './house.ts'
import { sample } from './letters.ts'
import type { Silence } from './silence.ts'

test('letters wait for the line, each for all who are outside, and local copies do not', async (t) => {
  const house = await openHouse(t)
  await house.submit(sample('one', { to: ['linda@far.example', 'keith@shire.lan'] }))
  await house.submit(sample('two', { to: ['bob@far.example'] }))
  house.isp.pop3.put('eddyy', sample('in', { to: ['eddy.younger@isp.example'] }).octets)
  await house.until('the local copy is there', () => house.mbox('keith').length === 1)
  assert.equal((await house.status()).queue.forIsp, 2)
  assert.deepEqual(house.isp.modem.carried(), { out: 0, in: 0 })
  house.lineUp()
  await house.untilIdle()
  assert.deepEqual(
    house.isp
      .taken()
      .map(({ name }) => name)
      .toSorted(),
    ['one', 'two'],
  )
  house.lineDown()
  await house.until('the call has ended', () => house.said('line-down') !== undefined)
  await house.submit(sample('three', { to: ['linda@far.example'] }))
  assert.equal((await house.status()).queue.forIsp, 1)
  assert.equal(house.isp.taken().length, 2)
})

const namespaces = spawnSync('unshare', ['--net', 'ip', 'link', 'add', 'name', 'world', 'type', 'veth']).status === 0

test('while it is down no packet, no connection and no question leaves', {
  skip: !namespaces && 'a network of its own is needed to count all packets, and this user may not make one',
}, () => {
  const flags = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'silence.ts')]
  const { stdout, stderr } = spawnSync('unshare', ['--net', process.execPath, ...flags], { encoding: 'utf8', timeout: 60_000 })
  assert.ok(stdout.startsWith('{'), stderr)
  const { down, up, again } = JSON.parse(stdout) as Silence
  const silent = { packets: 0, lost: 0, datagrams: 0, questions: 0, connections: 4, clients: 4 }
  assert.deepEqual(down, silent)
  assert.deepEqual(again, silent)
  assert.ok(up.questions >= 2 && up.datagrams >= 4 && up.connections >= 3, 'while it is up, all that is seen')
})
