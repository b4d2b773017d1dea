/**
 * From the switch of the gateway's image (QEMU, software emulation) to its greeting on the LAN: how many seconds, and of those the firmware's
 * and boot loader's, the kernel's and the services', and the runtime's: from the program's start until it serves mail.
 *
 *   scripts/bench boot [--json FILE] [--memory MB] [--rounds N]      after scripts/image qemu-x86_64
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { noAppliance } from '../image/appliance.ts'
import { loneGateway } from '../image/lone-gateway.ts'
import { rescueShell, withoutConsole } from '../image/rescue-shell.ts'

type Row = { readonly memory: number; readonly seconds: number; readonly loader: number; readonly system: number; readonly runtime: number }

async function boot(memory: number): Promise<Row> {
  const house = await loneGateway({ memory, also: withoutConsole })
  try {
    const began = performance.now()
    const since = (): number => (performance.now() - began) / 1000
    await house.gateway.switchOn()
    await house.greets(300)
    const seconds = since()
    const shell = await rescueShell(house.gateway.console)
    const before = since()
    const said = await shell.must(`cut -d' ' -f1 /proc/uptime; cut -d' ' -f22 /proc/$(pidof dialpost)/stat`)
    const [uptime = Number.NaN, started = Number.NaN] = (said.match(/^[\d.]+$/gm) ?? []).map(Number)
    const loader = (before + since()) / 2 - uptime
    const runtime = seconds - loader - started / ticks
    return { memory, seconds, loader, system: started / ticks, runtime }
  } finally {
    await house.stop()
  }
}

/** Of proc(5), a second: USER_HZ. */
const ticks = 100

const { values } = parseArgs({ options: { json: { type: 'string' }, memory: { type: 'string' }, rounds: { type: 'string' } } })
const reason = noAppliance()
if (reason === false) {
  const rows: Row[] = []
  process.stdout.write('memory  ready after  loader  system  runtime  share of the runtime\n')
  for (let round = 0; round < Number(values.rounds ?? 3); round++) {
    const row = await boot(Number(values.memory ?? 64))
    rows.push(row)
    const { memory, seconds, loader, system, runtime } = row
    const figures = [seconds, loader, system, runtime].map((value) => `${value.toFixed(1)} s`)
    process.stdout.write(`${memory} MB   ${figures.join('   ')}   ${Math.round((100 * runtime) / seconds)} %\n`)
  }
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(rows, undefined, 2))
} else process.stdout.write(`SKIPPED boot: ${reason}\n`)
