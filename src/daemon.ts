/**
 * The daemon: every adapter of the mail path opened and put together, in the order in which each needs the others. With main.ts,
 * telephone.ts, timekeeper.ts, local-delivery.ts, smarthosts.ts and maildrops.ts the only file that may. What the parts do is in the folders of the drawing.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { smtpDoor } from './accept/esmtp.ts'
import { sqliteAddon } from './addon.ts'
import { bouncer } from './bounce/bounce.ts'
import { announce } from './call/announce.ts'
import { boxes as openBoxes } from './call/boxes.ts'
import { openCall } from './call/call.ts'
import { errands } from './call/errands.ts'
import { meter as openMeter } from './call/meter.ts'
import { partly } from './call/partly.ts'
import { unplanned } from './call/planner.ts'
import { type Clock, systemClock } from './clock.ts'
import { collector as openCollector } from './collect/collector.ts'
import { readable, readableText } from './collect/headers.ts'
import { type Accounts, accounts } from './config/accounts.ts'
import type { Config } from './config/config.ts'
import { mailFiles } from './config/files.ts'
import { mailboxesOf } from './config/isps.ts'
import { usualFile } from './console/commandline.ts'
import type { House } from './console/house.ts'
import { houseOf } from './console/inside.ts'
import { hook } from './link/hook.ts'
import type { LinkState } from './link/line.ts'
import { tariffOf } from './link/tariff.ts'
import { localDelivery } from './local-delivery.ts'
import { events, type Log, type Sink } from './log/events.ts'
import { ring as openRing } from './log/ring.ts'
import { atLeast, combine } from './log/sinks.ts'
import { syslog } from './log/syslog.ts'
import { boxesOf } from './maildrops.ts'
import { memory, ownMemory } from './memory.ts'
import { office, openOperators } from './operators.ts'
import { openDisk } from './queue/disk.ts'
import { isFull } from './queue/intake.ts'
import { openQueue, type Queue } from './queue/queue.ts'
import { openSegments } from './queue/segments.ts'
import { openStore } from './queue/spool.ts'
import { openCatalogue } from './queue/sqlite.ts'
import { parseId, type Store } from './queue/store.ts'
import { relief } from './relief.ts'
import { resolver } from './resolver.ts'
import { fingerprint } from './route/fingerprint.ts'
import type { Router } from './route/route.ts'
import { router as openRouter } from './route/router.ts'
import { senderOf } from './route/sender-of.ts'
import { overheard } from './send/overheard.ts'
import { sockets as smtpSockets } from './send/socket.ts'
import { pacer } from './pace.ts'
import { traffic as openTraffic } from './traffic.ts'
import { encrypter } from './tls.ts'
import { waysOut } from './smarthosts.ts'
import { telephone } from './telephone.ts'
import { timekeeper } from './timekeeper.ts'
import { isInside } from './ip.ts'
import { lacking, type Rights } from './config/lacking.ts'
import { unheeded } from './config/unheeded.ts'
import type { Box } from './update/box.ts'
import { describeFacts } from './update/facts.ts'
import { runBox } from './update/run-box.ts'
import { updater } from './update/updater.ts'

export const version = '0.1.0'

export type Surroundings = {
  /** The settings, for `check`. */
  readonly file?: string
  readonly clock?: Clock
  /** Sets the computer's clock; absent: nobody may. */
  readonly setClock?: (wall: number) => void
  /** What this process may do; absent: nobody asks. */
  readonly rights?: Rights
  /** What dialling needs and is not there, in words. */
  readonly equipment?: readonly string[]
  /** Beside the ring and what the settings say. */
  readonly sink?: Sink
  readonly passwd?: string
  readonly box?: Box
}

export interface Daemon {
  readonly house: House
  readonly queue: Queue
  /** Where the LAN's door listens. */
  readonly addresses: readonly AddressInfo[]
  close(): Promise<void>
}

/** Opens everything, in the order in which each needs the others; resolves once the LAN is heard. */
export async function startDaemon(
  config: Config,
  { file = usualFile, clock: computer = systemClock, setClock, rights, equipment = [], sink, passwd, box: givenBox }: Surroundings = {},
): Promise<Daemon> {
  const { hostname, postmaster, spool, run } = config
  const ending = new AbortController()
  for (const folder of [spool, run]) mkdirSync(folder, { recursive: true })

  const time = timekeeper({
    computer,
    set: setClock,
    settings: config.time,
    log: () => log,
    jumped(by) {
      queue.clockKnown(by)
      meter.clockLearned()
      planning?.clockSet()
    },
  })
  const { wall } = time
  const { clock } = wall
  const ring = openRing({ bytes: config.log.ring, clock })
  const system = config.log.syslog ? syslog({ to: config.log.syslog_to, hostname, clock }) : undefined
  const log = events(combine(...(sink ? [sink] : []), atLeast(config.log.level, combine(ring.sink, ...(system ? [system.sink] : [])))))

  const relieve = relief({ memory: ownMemory(), clock, signal: ending.signal })
  const box = givenBox ?? runBox({ onLan: (address) => isInside(config.accept.networks, address), passed: relieve })
  const store = await openSpool(config, log, relieve)
  const policy = { warnAfter: config.queue.warn_after, returnAfter: config.queue.return_after }
  const queue = openQueue({ store, clock, log, policy, clockTrusted: wall.known() })

  const people = accounts({ users: config.users, ...(passwd === undefined ? {} : { passwd }) })
  const router = routerOf(config, people, log)
  const tariff = config.tariff.length === 0 ? undefined : tariffOf(config.tariff)
  const meter = openMeter({
    clock,
    clockKnown: wall.known,
    notebook: { recall: queue.recall, remember: queue.remember },
    budgets: config.call.budget,
    ...(tariff ? { cost: tariff.cost } : {}),
  })
  const boxes = openBoxes(meter)
  const outward = partly()
  const nameservers = (): readonly string[] => {
    const state = line.state()
    return state.kind === 'up' ? (state.link.nameservers ?? []) : []
  }
  const resolve = resolver({ clock, servers: nameservers, sent: () => traffic.sent() })
  const encrypt = encrypter({ clockIsKnown: wall.computerKnown })
  const pace = { pace: pacer(clock, { holds: config.call.short_queues }) }

  const out = waysOut(config, {
    resolve,
    connect: overheard(smtpSockets({ encrypt, ...pace }), time.greeted),
    clock,
    log,
    progress(amount) {
      outward.moved(amount)
      meter.sent({ letters: amount.letters, octets: amount.octets })
    },
    rate: () => meter.learned().outRate,
    notebook: { recall: queue.recall, remember: (name, value) => queue.remember(name, value ?? null) },
  })
  const { stuck, locals } = localDelivery(config, people, clock, log)
  const collector = openCollector({
    boxes: boxesOf(config, { clock, resolve, queue, encrypt, greeted: time.greeted, ...pace }),
    ledger: queue.ledger,
    open: queue.open,
    router,
    senderOf,
    fingerprint,
    readable,
    rate: () => meter.learned().inRate,
    running: queue.running,
    progress: boxes.got,
    recall: queue.recall,
    remember: (name, value) => queue.remember(name, value ?? null),
    hostname,
    postmaster,
    clock,
    clockKnown: wall.known,
    log,
  })

  const { line, planning, modem } = await telephone(config, { clock, log, queue, meter, clockKnown: wall.known })
  const changed = (active: boolean): void => {
    planning?.users(active)
    // In a call that people use nothing waits for cheaper hours.
    if (active) call.mailWaits()
  }
  const traffic = openTraffic({ clock, carried: pace.pace.carried, changed })
  const call = openCall({
    line,
    clock,
    log,
    ...errands({ clock, queue, courier: out.courier, collector, boxes, meter, planning }),
    ...time.asker({ resolve, sent: traffic.sent, log }),
    pollEvery: config.call.poll_every,
    lineUp: queue.lineUp,
    seen: tellOfLine,
    working: (busy) => void workGoesOn(busy),
  })
  let working = false
  /** Where nothing is left to do the call ends, unless LAN users are there: one who begins just then is looked for first. */
  async function workGoesOn(busy: boolean): Promise<void> {
    working = busy
    if (!busy) await traffic.lastLook()
    if (working === busy) planning?.working(busy)
  }
  function tellOfLine(state: LinkState): void {
    planning?.seen(state)
    if (state.kind === 'up') traffic.open(state.link.interface)
    else {
      traffic.close()
      outward.rest()
    }
    announce(log, state, meter.follow(state), config.isp)
  }
  const notices = bouncer({ hostname, router, intake: queue.open, reported: queue.reported, clock, timeKnown: wall.known, log })
  const unwatch = queue.watch((nudge) => {
    if (nudge.kind === 'notice') void tellSenders()
    else if (nudge.courier === 'smarthost') {
      call.mailWaits()
      planning?.queueChanged()
    }
  })
  const tellSenders = async (): Promise<void> => {
    for (const notice of queue.notices()) {
      await notices.notify(notice).catch((cause: unknown) => log.warn('notice-later', `a notice cannot be written now: ${String(cause)}`))
    }
  }

  const door = await smtpDoor({
    hostname,
    software: `dialpost/${version}`,
    listen: config.accept.listen.map(({ address, port }) => ({ host: address, port })),
    networks: config.accept.networks,
    maxMessage: config.accept.max_message,
    maxClients: config.accept.max_clients,
    receivedLimit: config.accept.max_hops,
    router,
    open: queue.open,
    onEtrn: () => {
      call.mailWaits()
      planning?.ask('sender', 'ETRN')
      return undefined
    },
    clock,
    clockKnown: wall.known,
    log,
    relieve,
    ...(config.accept.tls ? { tls: { key: readFileSync(config.accept.tls.key), cert: readFileSync(config.accept.tls.certificate) } } : {}),
  })
  const house = houseOf({
    version,
    hostname,
    clock,
    queue,
    line,
    tellLine: line.tell,
    call,
    planner: planning ?? unplanned(line),
    modem,
    meter,
    collector,
    boxes,
    router,
    looks: out.looks,
    isps: config.isp.map(({ name }) => name),
    ring,
    stuck,
    time: time.words,
    system() {
      const facts = box.facts()
      return facts ? describeFacts(facts) : ''
    },
    updater: updater(box, (words) => log.notice('update', words)),
    memory,
    content(id) {
      const letter = parseId(id)
      return letter !== undefined && store.head(letter) ? store.content(letter) : undefined
    },
    readable,
    readableText,
    partly: outward.octets,
    ...office(file, people.names),
  })
  const operators = await openOperators({ file, config, house, clock, log })
  const delivering = locals.map((courier) => queue.serve(courier, ending.signal))
  const ears = hook({ run, log, clock, seen: line.tell, asked: (host) => void planning?.ask('user', `LAN host ${host} asked`) })
  const watching = time.watch(ending.signal)

  for (const words of unheeded(config)) log.warn('not-built', `${words}; this version does not do that yet`)
  for (const words of equipment) log.warn('equipment', `${words}; the LAN's mail is served, and nothing is dialled until it is there`)
  for (const words of rights ? lacking(config, people.names(), rights) : []) log.warn('right-missing', words)
  void tellSenders()
  relieve(0)
  log.notice(
    'started',
    `dialpost ${version} on ${hostname}; the LAN's door is ${door
      .addresses()
      .map(({ address, port }) => `${address}:${port}`)
      .join(', ')}`,
  )
  return {
    house,
    queue,
    addresses: door.addresses(),
    async close() {
      ending.abort()
      unwatch()
      planning?.close()
      await Promise.all([operators.close(), door.close(), call.close(), watching, ...delivering])
      // The hooks are heard until pppd has ended: its ip-down tells what the call took.
      await line.close()
      await ears.close()
      await queue.close()
      system?.close()
    },
  }
}

async function openSpool({ spool, run, queue }: Config, log: Log, relieve: (octets: number) => void): Promise<Store> {
  const addon = sqliteAddon(run)
  try {
    return await openStore({
      segments: openSegments({ disk: openDisk(spool, relieve), reserve: queue.reserve }),
      catalogue: openCatalogue({ directory: spool, log, ...(addon ? { addon } : {}) }),
      log,
    })
  } catch (cause) {
    // A spool that has begun keeps what it needs (queue/store.ts).
    throw isFull(cause) ? new Error(`${spool} cannot be made: the disk is full; make room on it`, { cause }) : cause
  }
}

function routerOf(config: Config, people: Accounts, log: Log): Router {
  return openRouter({
    hostname: config.hostname,
    localDomains: config.local_domains,
    masquerades: [config, ...config.isp].flatMap(({ masquerade }) => masquerade ?? []),
    multidrops: mailboxesOf(config).flatMap(({ box }) => box.multidrop ?? []),
    postmaster: config.postmaster,
    accounts: people,
    files: mailFiles({ aliases: config.aliases, forwardFiles: config.forward_files, find: people.find }),
    forwardFiles: config.forward_files,
    log,
  })
}
