/** An Ethernet cable between two machines: each end is a socket, and whoever is at the other may be away or start anew. */
import { join } from 'node:path'

export type Plug = { readonly here: string; readonly there: string; readonly mac: string }

export type Cable = { readonly gateway: Plug; readonly client: Plug }

/** In a folder that is there for it. */
export function cable(folder: string): Cable {
  const [gateway, client] = [join(folder, 'lan-gateway'), join(folder, 'lan-client')]
  return {
    gateway: { here: gateway, there: client, mac: '52:54:00:00:00:01' },
    client: { here: client, there: gateway, mac: '52:54:00:00:00:02' },
  }
}

/** QEMU's arguments for a card with this end in it. It has no program to boot from the network with. */
export const card = ({ here, there, mac }: Plug): readonly string[] => [
  '-netdev',
  `dgram,id=lan,local.type=unix,local.path=${here},remote.type=unix,remote.path=${there}`,
  '-device',
  `virtio-net-pci,netdev=lan,mac=${mac},romfile=`,
]
