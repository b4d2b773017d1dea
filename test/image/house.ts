/**
 * The three machines of the talk: the gateway as it is flashed, its ISP behind a modem line, and a machine of its LAN. The gateway's owner
 * has answered the questions of the first boot already.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Appliance, appliance, diskIn } from './appliance.ts'
import { cable, card } from './cable.ts'
import { flash, layData } from './flash.ts'
import { layHousehold } from './household.ts'
import { type Provider, startIsp } from './isp.ts'
import { type LanClient, startLanClient } from './lan-client.ts'
import { type DialledModems, dialledModems } from './modems.ts'

export type House = {
  readonly gateway: Appliance
  readonly isp: Provider
  readonly client: LanClient
  readonly modems: DialledModems
  /** Seconds from the gateway's switch to its prompt. */
  readonly readyAfter: number
  readonly stop: () => Promise<void>
}

/** MB of the gateway's, which scripts/bench smallest lowers. */
const memory = Number(process.env['GATEWAY_MEMORY'] ?? 64)

/** Resolves when the gateway's console takes commands, and its LAN has the mailboxes. */
export async function startHouse(): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-house-'))
  const ending: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })]
  const stop = async (): Promise<void> => {
    for (const end of ending.splice(0).toReversed()) await end()
  }
  const started = <Machine extends { readonly stop: () => Promise<void> }>(machine: Machine): Machine => {
    ending.push(machine.stop)
    return machine
  }
  try {
    const modems = dialledModems(folder)
    ending.push(modems.close)
    const lan = cable(folder)
    const isp = started(await startIsp(join(folder, 'isp'), modems.port('far')))
    const [gateway, client] = await Promise.all([
      (async () => {
        const own = join(folder, 'gateway')
        mkdirSync(join(own, 'data'), { recursive: true })
        layHousehold(join(own, 'data'), { isp: isp.ports })
        flash(diskIn(own))
        layData(diskIn(own), join(own, 'data'))
        const made = started(await appliance({ folder: own, card: card(lan.gateway), modem: modems.port('near'), memory }))
        await made.switchOn()
        return made
      })(),
      startLanClient(join(folder, 'client'), lan.client).then(started),
    ])
    const readyAfter = await gateway.ready()
    await client.mount(4)
    return { gateway, isp, client, modems, readyAfter, stop }
  } catch (cause) {
    await stop()
    throw cause
  }
}
