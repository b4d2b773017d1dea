/**
 * Two machines with Debian's pppd at both ends of a modem line, and what lies on the device: pppd takes /etc/ppp/peers/isp, ip-up has the
 * line's queue set and tells the daemon, letters go both ways at once, and whoever ends the call, the daemon hears of it from ip-down.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { logged } from './dialling.ts'
import { noMachines } from './emulator.ts'
import { waitFor } from './guest.ts'
import { prepareMail } from './mail.ts'
import { leasedModems } from './modems.ts'
import { type Pair, startPair } from './pair.ts'

const skip = noMachines()
let pair: Pair

before(async () => {
  if (skip === false) pair = await startPair(leasedModems)
})
after(async () => {
  if (skip === false) await pair.stop()
})

test('letters that wait at both ends are where they should be, whole, after one call', { skip }, async () => {
  const mail = await prepareMail(pair, 'small', 0.03)
  await pair.dial()
  const { faults, carried } = await mail.exchanged()
  assert.deepEqual(faults, [])
  assert.ok(carried.near > 1000 && carried.far > 1000, 'they went over the line')
})

test('both ends compress headers and content, and the near one sends what is urgent first', { skip }, async () => {
  const said = await pair.near.must('cat /share/pppd.log')
  assert.match(said, /sent \[IPCP ConfReq .*<compress VJ/)
  assert.match(said, /rcvd \[IPCP ConfAck .*<compress VJ/)
  assert.match(said, /Deflate \(15\) compression enabled/)
  const queue = await pair.near.must('tc qdisc show dev ppp0; tc filter show dev ppp0')
  assert.match(queue, /^qdisc prio 1: root .* bands 3 /m)
  for (const band of [1, 2, 3]) assert.match(queue, new RegExp(`^qdisc pfifo .* parent 1:${band} limit 32p$`, 'm'))
  assert.match(queue, /flowid 1:1/)
  const { passed } =
    /Sent \d+ bytes (?<passed>\d+) pkt/.exec((await pair.near.must('tc -s qdisc show dev ppp0')).split('parent 1:1')[1] ?? '')?.groups ?? {}
  assert.ok(Number(passed) > 5, `${passed} packets were urgent`)
  assert.equal(await pair.near.must('cat /proc/sys/net/ipv4/tcp_timestamps'), '0\n')
})

test('a hang-up reaches the daemon from ip-down', { skip }, async () => {
  await pair.hangUp()
  await pair.near.must(waitFor('grep -q \'"event":"line-down"\' /share/dialpost.log', 10))
  assert.equal(logged(pair.near, 'line-up').length, 1)
  assert.match(logged(pair.near, 'line-down')[0]?.msg ?? '', /^line down after \d+ s: ip-down; 6 letters out, 6 in$/)
  assert.equal(await pair.near.must('ls /run/dialpost'), 'control\nhook\n')
})

test('a pppd that is killed says nothing, and the daemon notices that its line is gone', { skip }, async () => {
  await pair.dial()
  await pair.near.must(waitFor('[ "$(grep -c \'"event":"line-up"\' /share/dialpost.log)" = 2 ]', 10))
  for (const end of [pair.near, pair.far]) await end.must('kill -9 "$(cat /run/ppp0.pid)"')
  await pair.ended()
  await pair.near.must(waitFor('[ "$(grep -c \'"event":"line-down"\' /share/dialpost.log)" = 2 ]', 20))
  assert.match(logged(pair.near, 'line-down')[1]?.msg ?? '', /ppp0 is gone, and no ip-down has told of it/)
})

test('a line that dies without a word is noticed by pppd, and the daemon is told', { skip }, async () => {
  await pair.dial({ near: 'call isp lcp-echo-interval 1 lcp-echo-failure 2' })
  await pair.near.must(waitFor('[ "$(grep -c \'"event":"line-up"\' /share/dialpost.log)" = 3 ]', 10))
  pair.modems.cut()
  await pair.ended()
  assert.match(await pair.near.must('cat /share/pppd.log'), /No response to 2 echo-requests/)
  await pair.near.must(waitFor('[ "$(grep -c \'"event":"line-down"\' /share/dialpost.log)" = 3 ]', 10))
})
