/** TUN devices (Linux Documentation/networking/tuntap): a network interface whose packets this process reads and writes. As root. */
import { closeSync, openSync, read, writeSync } from 'node:fs'
import { dlopen } from 'node:ffi'

export interface Tun {
  /** Calls with each IP packet that the system sends into the device. */
  listen(take: (packet: Uint8Array) => void): void
  /** Hands a packet to the system as if it had come from outside; one that it will not have is lost. */
  give(packet: Uint8Array): void
}

const { functions: libc } = dlopen(null, { ioctl: { return: 'i32', arguments: ['i32', 'u64', 'pointer'] } })
const TUNSETIFF = 0x400454can
const IFF_TUN = 0x0001
const IFF_NO_PI = 0x1000

/** Makes the device in this process's network namespace; it goes with the process, wherever it was moved. */
export function openTun(name: string): Tun {
  const fd = openSync('/dev/net/tun', 'r+')
  const request = Buffer.alloc(40)
  request.write(name, 'latin1')
  request.writeInt16LE(IFF_TUN | IFF_NO_PI, 16)
  if (libc.ioctl(fd, TUNSETIFF, request) !== 0) {
    closeSync(fd)
    throw new Error(`no TUN device ${name} can be made: is this root?`)
  }
  return {
    listen(take) {
      const buffer = Buffer.alloc(64 * 1024)
      const again = (): void =>
        read(fd, buffer, 0, buffer.length, null, (error, length) => {
          if (!error) take(Buffer.from(buffer.subarray(0, length)))
          // A device that is not up yet, or not any more, says EIO.
          if (!error || error.code === 'EIO') again()
        })
      again()
    },
    give(packet) {
      try {
        writeSync(fd, packet)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error
      }
    },
  }
}
