/**
 * Run in a network namespace of its own, with a loopback and one interface to the world: counts every packet, connection and question that
 * leaves while letters come in and the line is down, then while it is up, then while it is down again. Prints the counts as JSON.
 */
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { call } from '../accept/caller.ts'
import { boxTables, masqueradeTable, smarthostTable } from './hub.ts'
import { openHouse } from './house.ts'
import { sample } from './letters.ts'

export type Counts = {
  /** Packets out of the interface, IPv4 datagrams without a way, UDP datagrams sent, TCP connections begun. */
  readonly packets: number
  readonly lost: number
  readonly datagrams: number
  readonly connections: number
  /** Names asked of the ISP's name server. */
  readonly questions: number
  /** Connections that the LAN's clients have begun. */
  readonly clients: number
}

export type Silence = { readonly down: Counts; readonly up: Counts; readonly again: Counts }

if (import.meta.main) await listen()

async function listen(): Promise<void> {
  writeFileSync('/proc/sys/net/ipv6/conf/all/disable_ipv6', '1')
  for (const words of ['link set lo up', 'link add world type veth peer name far', 'link set far up', 'link set world up'])
    execFileSync('ip', words.split(' '))
  execFileSync('ip', ['address', 'add', '10.0.0.2/24', 'dev', 'world'])
  execFileSync('ip', ['route', 'add', 'default', 'via', '10.0.0.1'])

  let questions = 0
  let clients = 0
  const names = createSocket('udp4', (query, from) => {
    questions++
    names.send(answer(query), from.port, from.address)
  })
  names.bind(53, '127.0.0.1')
  await once(names, 'listening')
  const now = (): Counts => ({ ...counters(), questions, clients })

  const endings: (() => unknown)[] = []
  const house = await openHouse(
    { after: (ending) => void endings.push(ending as () => unknown) },
    {
      tables: ({ near }) =>
        smarthostTable(near.smarthost, { host: 'smtp.isp.example' }) + boxTables(near.pop3, { host: 'pop.isp.example' }) + masqueradeTable,
    },
  )
  const submit = async (name: string): Promise<void> => {
    clients++
    await house.submit(sample(name, { to: ['linda@far.example', 'keith@shire.lan'] }))
  }
  /** All that might tempt it to look outside: letters, a client that wants the queue run, and an operator. */
  const temptations = async (name: string): Promise<void> => {
    for (const one of ['a', 'b', 'c']) await submit(`${name}-${one}`)
    const client = await call(house.port)
    clients++
    for (const line of ['EHLO no.such.host.example', 'ETRN far.example', 'VRFY linda@far.example', 'QUIT']) await client.ask(line)
    await client.end()
    for (const words of [['status'], ['flush'], ['poll'], ['explain', 'linda@far.example'], ['preview', 'work'], ['queue']])
      await house.command(...words)
    await delay(1500)
  }

  const start = now()
  await temptations('down')
  const before = now()
  house.isp.pop3.put('eddyy', sample('in', { to: ['eddy.younger@isp.example'] }).octets)
  house.lineUp('127.0.0.1')
  await house.untilIdle()
  house.lineDown()
  await house.until('the call has ended', () => house.said('line-down') !== undefined)
  const after = now()
  await temptations('again')
  const end = now()
  process.stdout.write(JSON.stringify({ down: less(before, start), up: less(after, before), again: less(end, after) } satisfies Silence))
  for (const ending of endings) await ending()
  names.close()
}

/** proc_net(5): netdev, snmp. */
function counters(): Omit<Counts, 'questions' | 'clients'> {
  const snmp = readFileSync('/proc/net/snmp', 'utf8').split('\n')
  const of = (protocol: string, name: string): number => {
    const [names = '', values = ''] = snmp.filter((line) => line.startsWith(`${protocol}:`))
    return Number(values.split(' ')[names.split(' ').indexOf(name)])
  }
  const world = readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .find((line) => line.trim().startsWith('world:'))
  return {
    packets: Number(world?.trim().split(/[:\s]+/)[10]),
    lost: of('Ip', 'OutNoRoutes'),
    datagrams: of('Udp', 'OutDatagrams'),
    connections: of('Tcp', 'ActiveOpens'),
  }
}

function less(a: Counts, b: Counts): Counts {
  const minus = (name: keyof Counts): number => a[name] - b[name]
  return {
    packets: minus('packets'),
    lost: minus('lost'),
    datagrams: minus('datagrams'),
    connections: minus('connections'),
    questions: minus('questions'),
    clients: minus('clients'),
  }
}

/** Every name is 127.0.0.1 (RFC 1035 §4.1). */
function answer(query: Buffer): Buffer {
  const question = query.subarray(12, query.indexOf(0, 12) + 5)
  const header = Buffer.from([0, 0, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0])
  query.copy(header, 0, 0, 2)
  return Buffer.concat([header, question, Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1])])
}
