/**
 * The flash's counters over an hour in which no mail moves, as QEMU counts requests. It boots as ever; then its time goes on at once while it
 * has nothing to do.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../journey/daemon.ts'
import { type Appliance, noAppliance } from './appliance.ts'
import { patience } from './emulator.ts'
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
  const before = await settled(gateway)
  const seconds = await passed(gateway, 3600)
  t.diagnostic(`${seconds} s of its time`)
  assert.deepEqual(written(await gateway.disk()), before)

  await house.greets()
})

type Written = { readonly writes: number; readonly flushes: number }

const written = ({ writes, flushes }: Written): Written => ({ writes, flushes })

/**
 * Resolves with the counters when what a start writes is on the flash: after five minutes of its time at the latest (commit=300), and then for as
 * long as the host's disk takes, which may be much of that time (`hurry`).
 */
async function settled(gateway: Appliance): Promise<Written> {
  for (let looks = 0; ; looks++) {
    const before = written(await gateway.disk())
    await passed(gateway, 600)
    const after = written(await gateway.disk())
    if (after.writes === before.writes && after.flushes === before.flushes) return after
    assert.ok(looks < 3, 'after half an hour it still writes')
  }
}

/** Resolves when so many seconds of its time have passed, with how many they are. */
async function passed(gateway: Appliance, seconds: number): Promise<number> {
  const began = await gateway.time()
  let now = began
  await until(
    async () => (now = await gateway.time()) - began >= seconds,
    () => `of ${seconds} s of its time only ${now - began} have passed`,
    patience * 1000,
  )
  return now - began
}
