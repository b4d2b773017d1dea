/** The ways out of the house, one by each ISP: its smarthosts, and how the LAN looks there. Put together from the settings; like daemon.ts it may use adapters. */
import type { Config } from './config/config.ts'
import { type CalledIsp, ispsOf } from './config/isps.ts'
import { tlsOf } from './config/servers.ts'
import type { Look } from './console/explain.ts'
import type { Courier } from './queue/courier.ts'
import { masquerade } from './send/masquerade.ts'
import { smarthost, type SmarthostOptions } from './send/smarthost.ts'

export type WaysOut = {
  /** By an ISP that the settings do not name, what stands outside of [[isp]]. */
  courier(isp: string): Courier
  /** How the LAN looks outside, in the order of the ISPs. */
  readonly looks: readonly Look[]
}

export function waysOut(config: Config, parts: Omit<SmarthostOptions, 'hosts' | 'masquerade' | 'hostname'>): WaysOut {
  const { hostname, local_domains: localDomains } = config
  const isps = ispsOf(config)
  const lookOf = ({ masquerade: look }: Pick<CalledIsp, 'masquerade'>) => look && masquerade({ hostname, localDomains, masquerade: look })
  const courierOf = (isp: Pick<CalledIsp, 'smarthost' | 'masquerade'>): Courier =>
    smarthost({ ...parts, hostname, hosts: hostsOf(isp.smarthost), masquerade: lookOf(isp) })
  const couriers = new Map(isps.map((isp) => [isp.name, courierOf(isp)]))
  const outside = couriers.get('') ?? courierOf(config)
  return {
    courier: (isp) => couriers.get(isp) ?? outside,
    looks: isps.map((isp) => ({ isp: isp.name, masquerade: lookOf(isp) })),
  }
}

function hostsOf(smarthosts: Config['smarthost']): SmarthostOptions['hosts'] {
  return smarthosts.map(({ host, port, tls, fingerprint, user, password }) => ({
    host,
    port,
    tls: tlsOf(tls, fingerprint),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password: () => password.reveal() }),
  }))
}
