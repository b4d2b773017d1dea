/**
 * From one recipient to its copies: claims, aliases, :include: files, .forward, accounts, until every branch has ended
 * in a mailbox, a program, a file or an outside address (sendmail's rules: a name that leads to itself is delivered,
 * ten steps are the limit, owner-NAME gets the bounces of NAME). One expansion visits each name once.
 */
import type { Address, ReversePath } from '../mail/address.ts'
import { addressKey, formatAddress, parseAddress } from '../mail/address.ts'
import type { Recipient } from '../mail/envelope.ts'
import type { Copy } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'
import { formatReply, reply } from '../mail/reply.ts'
import type { Alias } from './aliases.ts'
import { readForward } from './forward.ts'
import { isPostmaster, names } from './names.ts'
import type { Target } from './targets.ts'
import { formatTarget, parseTargetLines } from './targets.ts'
import type { House, Settings, Step, Walk } from './walk.ts'
import { addCopy, asked, circle, circling, defer, fail, qualified, unknown, warnOf } from './walk.ts'

export type Expansion = {
  readonly copies: readonly Copy[]
  /** What the sender is told of branches that led nowhere. */
  readonly failed: readonly Reply[]
  /** Why nothing can be said now. */
  readonly deferred?: string
  /** The recipient is postmaster, who is never unknown. */
  readonly isPostmaster: boolean
}

/** Programs and files of aliases run and are written as this user (sendmail's DefaultUser). */
const aliasUser = 'daemon'

const deepest = 10

/** Expands a recipient; the rules met are added to `rules`. A branch that leads nowhere beside others that do not goes to postmaster. */
export async function expansion(house: House, recipient: Recipient, from: ReversePath, rules: string[]): Promise<Expansion> {
  const walk: Walk = {
    house,
    names: names(house.aliases, house.accounts),
    recipient,
    rules,
    copies: [],
    failed: [],
    circles: [],
    seen: new Set(),
  }
  const step = { address: recipient.address, from, path: [] }
  await walkAddress(walk, step)
  const [broken] = walk.failed
  if (broken && walk.copies.length > 0) {
    const whose = formatAddress(recipient.address)
    house.log.warn('alias-broken', `Mail for ${whose} goes to postmaster, too, since a part of it leads nowhere: ${formatReply(broken)}`)
    await walkPostmaster(walk, step)
  }
  return {
    ...walk,
    failed: [...walk.failed, ...walk.circles],
    isPostmaster: isPostmaster(recipient.address.local) && house.claimsOf(recipient.address, from).length > 0,
  }
}

/** A copy for whoever of postmaster and root has a mailbox; for postmaster as configured if neither has. */
export function lastResort({ postmaster, accounts, hostname }: Settings, recipient: Recipient, from: ReversePath, rules: string[]): Copy {
  const user = [postmaster, 'root'].find((name) => accounts.has(name)) ?? postmaster
  rules.push(`postmaster always exists: to the mailbox ${user}`)
  return { ...asked(recipient), from, recipient: qualified(recipient.address, hostname), to: { courier: 'mailbox', user } }
}

async function walkAddress(walk: Walk, step: Step): Promise<void> {
  const { house, rules } = walk
  if (step.path.length > deepest) return fail(walk, circling(`Mail for ${formatAddress(walk.recipient.address)} goes round in circles`))
  const possible = house.claimsOf(step.address, step.from)
  const claim = possible.find(({ to, domain }) => domain === 'local' || to.domain !== '' || walk.names.isKnown(to.local))
  if (claim) {
    rules.push(claim.rule)
    return claim.to.domain === '' ? walkName(walk, step, claim.to.local) : walkGuise(walk, step, claim.to)
  }
  if (step.from === null && possible.some(({ domain }) => domain === 'ours')) return fail(walk, unknown(step.address))
  rules.push(`${formatAddress(step.address)} is not ours: to the smarthost`)
  addCopy(walk, step, step.address, { courier: 'smarthost' })
}

/** Ours, but shown outside as something else that leads on to a full address. */
function walkGuise(walk: Walk, step: Step, address: Address): Promise<void> {
  return walkAddress(walk, { ...step, address, path: [...step.path, `guise ${addressKey(step.address)}`] })
}

async function walkName(walk: Walk, step: Step, name: string): Promise<void> {
  const alias = walk.names.alias(name)
  const key = alias && `alias ${alias.name.toLowerCase()}`
  if (alias && key && !step.path.includes(key)) return visitOnce(walk, key, () => walkAlias(walk, step, alias, key))
  const user = walk.names.account(name)
  if (user !== undefined) return walkUser(walk, step, user)
  if (isPostmaster(name) && !alias) return walkPostmaster(walk, step)
  if (alias) return circle(walk, `The alias ${alias.name} (${alias.where}) leads to itself`)
  fail(walk, unknown(step.address))
}

async function walkAlias(walk: Walk, step: Step, alias: Alias, key: string): Promise<void> {
  walk.rules.push(`${alias.name} is an alias for ${alias.targets.map(formatTarget).join(', ')} (${alias.where})`)
  const owner = step.from === null ? undefined : ownerOf(walk.house, alias)
  if (owner) walk.rules.push(`owner-${alias.name} gets the bounces: ${formatAddress(owner)}`)
  const { user: _, ...others } = step
  await walkTargets(walk, { ...others, ...(owner ? { from: owner, list: true } : {}), path: [...step.path, key] }, alias.targets)
}

async function walkUser(walk: Walk, step: Step, user: string): Promise<void> {
  const key = `forward ${user}`
  if (step.path.includes(key) || !walk.house.forwardFiles) return walkMailbox(walk, step, user)
  await visitOnce(walk, key, async () => {
    const read = readForward(user, await walk.house.files.forward(user))
    if (read.kind === 'unreadable') return defer(walk, read.reason)
    if (read.rule !== undefined) walk.rules.push(read.rule)
    if (read.kind === 'unsafe') walk.house.log.warn('forward-unsafe', read.rule, { user })
    if (read.kind !== 'targets') return walkMailbox(walk, step, user)
    warnOf(walk, read.mistakes)
    await walkForward(walk, { ...step, user, path: [...step.path, key] }, user, read.targets)
  })
}

/** What a .forward sends nowhere stays in its user's mailbox: it is nobody else's business. */
async function walkForward(walk: Walk, step: Step, user: string, targets: readonly Target[]): Promise<void> {
  const [failed, circles] = [walk.failed.length, walk.circles.length]
  await walkTargets(walk, step, targets)
  const broken = [...walk.failed.splice(failed), ...walk.circles.splice(circles)]
  if (broken.length === 0) return
  walk.house.log.warn('forward-broken', `The .forward of ${user} leads nowhere in part: ${broken.map(formatReply).join('; ')}`, { user })
  walkMailbox(walk, step, user)
}

function walkMailbox(walk: Walk, step: Step, user: string): void {
  walk.rules.push(`to the mailbox of ${user}`)
  const direct = step.path.every((passed) => passed.startsWith('guise ') || passed === `forward ${user}`)
  addCopy(walk, step, direct ? walk.recipient.address : { local: user, domain: '' }, { courier: 'mailbox', user })
}

async function walkPostmaster(walk: Walk, step: Step): Promise<void> {
  const { house, rules } = walk
  const to = parseAddress(house.postmaster)
  const elsewhere = to && house.claimsOf(to, step.from).length === 0
  if (to && (elsewhere || walk.names.isNamed(to.local)) && !step.path.includes('postmaster')) {
    rules.push(`postmaster is ${house.postmaster}`)
    return walkAddress(walk, { ...step, address: to, path: [...step.path, 'postmaster'] })
  }
  walk.copies.push(lastResort(house, walk.recipient, step.from, rules))
}

async function walkTargets(walk: Walk, step: Step, targets: readonly Target[]): Promise<void> {
  for (const target of targets) await walkTarget(walk, step, target)
}

async function walkTarget(walk: Walk, step: Step, target: Target): Promise<void> {
  switch (target.kind) {
    case 'address':
      return walkAddress(walk, { ...step, address: target.address })
    case 'mailbox': {
      const user = walk.names.account(target.user)
      return user === undefined ? fail(walk, unknown({ local: target.user, domain: '' })) : walkMailbox(walk, step, user)
    }
    case 'include':
      return walkInclude(walk, step, target.path)
    case 'program':
      walk.rules.push(`to the program ${target.command}`)
      return addCopy(walk, step, step.address, { courier: 'program', command: target.command, user: step.user ?? aliasUser })
    case 'file':
      walk.rules.push(`to the file ${target.path}`)
      return addCopy(walk, step, step.address, { courier: 'file', path: target.path, user: step.user ?? aliasUser })
    case 'error':
      return fail(walk, reply(550, '5.1.1', target.text))
  }
}

/** Read with the daemon's rights, so only for the administrator's aliases: a user's .forward must not read others' files. */
async function walkInclude(walk: Walk, step: Step, path: string): Promise<void> {
  const key = `include ${path}`
  if (step.user !== undefined) return fail(walk, reply(550, '5.7.0', `The .forward of ${step.user} may not include ${path}`))
  if (step.path.includes(key)) return circle(walk, `${path} includes itself`)
  await visitOnce(walk, key, async () => {
    const read = await walk.house.files.include(path)
    if (read.kind === 'unreadable') return defer(walk, read.reason)
    const { targets, mistakes } = parseTargetLines(path, read.text)
    walk.rules.push(`${path} names ${targets.length} recipients`)
    warnOf(walk, mistakes)
    await walkTargets(walk, { ...step, path: [...step.path, key] }, targets)
  })
}

async function visitOnce(walk: Walk, key: string, visit: () => Promise<void>): Promise<void> {
  if (walk.seen.has(key)) return
  walk.seen.add(key)
  await visit()
}

/** Its target if that is exactly one address, else owner-NAME itself (sendmail, op.me §5.1.1). */
function ownerOf({ aliases, hostname }: House, { name }: Alias): Address | undefined {
  const owner = aliases.byName.get(`owner-${name.toLowerCase()}`)
  const only = owner?.targets.length === 1 ? owner.targets[0] : undefined
  const address = only?.kind === 'address' ? only.address : undefined
  return owner && qualified(address ?? { local: owner.name, domain: '' }, hostname)
}
