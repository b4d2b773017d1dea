/**
 * The flash's counters over an hour in which no mail moves, as QEMU counts requests. It boots as ever; then its time goes on at once while it
 * has nothing to do.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../journey/daemon.ts'
import { type Appliance, noAppliance } from './appliance.ts'
import { loneGateway } from './lone-gateway.ts'

const lineDown = `
[link]
mode = "hooks"
`

test('in an hour in which no mail moves nothing is written to the flash', { skip: noAppliance() }, async (t) => {
  const house = await loneGateway({ link: lineDown })
  t.after(house.stop)
  const { gateway } = house
  await gateway.switchOn('2026-11-25T12:00:00')
  await gateway.ready()
  assert.ok((await gateway.disk()).writes > 0, 'what a start writes is seen')
  await gateway.hurry()
  // What a start writes is on the flash after five minutes at the latest (commit=300).
  await passed(gateway, 600)
  const before = await gateway.disk()
  const seconds = await passed(gateway, 3600)
  const after = await gateway.disk()
  t.diagnostic(`${seconds} s of its time`)
  assert.deepEqual(written(after), written(before))

  await house.greets()
})

const written = ({ writes, flushes }: { readonly writes: number; readonly flushes: number }) => ({ writes, flushes })

/** Resolves when so many seconds of its time have passed, with how many they are. */
async function passed(gateway: Appliance, seconds: number): Promise<number> {
  const began = await gateway.time()
  let now = began
  await until(
    async () => (now = await gateway.time()) - began >= seconds,
    () => `of ${seconds} s of its time only ${now - began} have passed`,
    300_000,
  )
  return now - began
}
