/**
 * Two virtual machines joined by a modem line (33,600 bit/s, 60 ms), Debian's pppd at both ends: what bulk TCP gets of the line with each
 * setting of the near end, and what mail takes with the kernel and pppd as they come and as rootfs/ sets them.
 *
 *   scripts/bench machines [--json FILE] [--only TEXT] [--mail SHARE] [--rate BITS]      after npm run build and scripts/peers
 *
 * TEXT: bulk rows whose name holds it, `mail` for none. SHARE: of the corpus "small", 200 letters each way; default 1, 0 for no mail.
 * BITS: a second on the line; where the machines are slower than the line of 33,600, a slower line shows what the line does.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { addresses } from '../../image/addresses.ts'
import { noMachines } from '../../image/emulator.ts'
import { type Guest, waitFor } from '../../image/guest.ts'
import { program } from '../../image/guest-program.ts'
import { type Exchange, prepareMail } from '../../image/mail.ts'
import { leasedModems } from '../../image/modems.ts'
import { inWorld, type Pair, startPair } from '../../image/pair.ts'
import { busyShare, ticks } from '../../image/processor.ts'
import { type Variant, variants } from './variants.ts'

type Rates = { readonly down?: number; readonly up?: number }
type BulkRow = { readonly name: string; readonly ways: string } & Rates & Counts
type MailRow = { readonly name: string } & Exchange

const bulk = (guest: Guest): string => program(guest, 'test/bench/machines/bulk.ts')
const port = 5001
/** Seconds of warming up, and of counting. */
const [warm, counted] = [10, 25]

async function bulkRows(wanted: readonly Variant[]): Promise<readonly BulkRow[]> {
  if (wanted.length === 0) return []
  const pair = await startPair((folder) => leasedModems(folder, { bitsPerSecond }))
  const found: BulkRow[] = []
  try {
    const server = pair.far.run(`${inWorld} ${bulk(pair.far)} serve ${port}`)
    // It ends with its machine.
    server.catch(() => {})
    await pair.far.must(waitFor(`${inWorld} ss -ltn | grep -q :${port}`))
    for (const variant of wanted)
      for (const ways of variant.ways) {
        const row = await bulkRow(pair, variant, ways)
        found.push(row)
        process.stdout.write(`${bulkLine(row)}\n`)
      }
  } finally {
    await pair.stop()
  }
  return found
}

async function bulkRow(pair: Pair, { name, pppd, before, behind, text }: Variant, ways: string): Promise<BulkRow> {
  const { near, far } = pair
  // What the kernel remembers of the last connection would speak in the next.
  await near.must(`${before}; ip tcp_metrics flush; chmod -x /etc/ppp/ip-up`)
  await pair.dial({ near: pppd })
  await far.must(providersQueue)
  await near.must(behind)
  const [again, idle] = [await segmentsAgain(pair), await ticks(near)]
  const said = await near.must(`${bulk(near)} measure ${addresses.world} ${port} ${ways} ${text} ${warm} ${counted}`)
  const counts: Counts = { again: (await segmentsAgain(pair)) - again, busy: busyShare(idle, await ticks(near)) }
  await pair.hangUp()
  return { name, ways, ...(JSON.parse(said) as Rates), ...counts }
}

/** A router's at the ISP: 16 packets, then it drops. */
const providersQueue = 'tc qdisc replace dev ppp0 root pfifo limit 16'

type Counts = {
  /** TCP segments sent again by either end. */
  readonly again: number
  /** Of the near machine's processor. */
  readonly busy: number
}

async function segmentsAgain({ near, far }: Pair): Promise<number> {
  const tcp = "awk '/^Tcp:/ { again = $13 } END { print again }' /proc/net/snmp"
  return Number(await near.must(tcp)) + Number(await far.must(`${inWorld} ${tcp}`))
}

function percent(part: number | undefined): string {
  return (part === undefined ? '' : `${(100 * part).toFixed(1)} %`).padStart(8)
}

function bulkLine({ name, ways, down, up, again, busy }: BulkRow): string {
  const ofLine = (rate: number | undefined): string => percent(rate === undefined ? undefined : (rate * 8) / bitsPerSecond)
  return `${name.padEnd(46)} ${ways.padEnd(4)}  down ${ofLine(down)}  up ${ofLine(up)}  sent again ${String(again).padStart(3)}  near machine busy ${percent(busy)}`
}

async function mailRows(share: number): Promise<readonly MailRow[]> {
  if (share === 0) return []
  const found: MailRow[] = []
  for (const [name, before, pppd] of calls) {
    const pair = await startPair((folder) => leasedModems(folder, { bitsPerSecond }))
    try {
      await pair.near.must(before)
      const mail = await prepareMail(pair, 'small', share, bitsPerSecond)
      await pair.dial({ near: pppd })
      await pair.far.must(providersQueue)
      const row = { name, ...(await mail.exchanged()) }
      found.push(row)
      process.stdout.write(`${mailLine(row)}\n`)
    } finally {
      await pair.stop()
    }
  }
  return found
}

const bare = '/dev/ttyS1 115200 crtscts noauth noipdefault defaultroute usepeerdns nodetach'
const calls = [
  ['mail, kernel and pppd as they come, no compression', 'rm /usr/lib/dialpost/line-queue', `${bare} noccp`],
  ['mail, peers file and line-queue, no compression', 'true', 'call isp noccp'],
  ['mail, peers file and line-queue', 'true', 'call isp'],
] as const

function mailLine({ name, seconds, ratio, carried, payload, busy, faults }: MailRow): string {
  const wrong = faults.length === 0 ? 'all of it whole' : faults.join('; ')
  return `${name.padEnd(52)} ${seconds.toFixed(1)} s, ratio ${ratio.toFixed(2)}; ${payload} octets of letters, on the line ${carried.near} out, ${carried.far} in; busy ${percent(busy.near)} near, ${percent(busy.far)} far; ${wrong}`
}

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string', default: '' },
    mail: { type: 'string', default: '1' },
    rate: { type: 'string', default: '33600' },
  },
})
const bitsPerSecond = Number(values.rate)
const reason = noMachines()
if (reason !== false) throw new Error(reason)
const rows = { bulk: await bulkRows(variants.filter(({ name }) => name.includes(values.only))), mail: await mailRows(Number(values.mail)) }
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, undefined, 2)}\n`)
