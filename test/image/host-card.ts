/**
 * A card in a network of QEMU's own, in which the test's process is the only other machine: it reaches one port of the gateway through a
 * port of loopback, and the gateway reaches what listens on loopback under the address `host`. Both ends are gone with QEMU.
 */
import { gatewayAddress } from './household.ts'

export const host = '192.168.1.2'

/** QEMU's arguments for it. `port` of loopback leads to the gateway's door for letters. */
export const hostCard = (port: number): readonly string[] => [
  '-netdev',
  `user,id=lan,ipv6=off,net=192.168.1.0/24,host=${host},dns=192.168.1.3,dhcpstart=192.168.1.15,hostfwd=tcp:127.0.0.1:${port}-${gatewayAddress}:25`,
  '-device',
  'virtio-net-pci,netdev=lan,romfile=',
]
