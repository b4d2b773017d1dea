/**
 * The few system calls that Node lacks. By node:ffi, which is built into the pinned Node 26: koffi would do the same as a
 * native addon to ship for each board, and a helper program would cost a process a lock. The only file that calls C. Failures
 * are Node's own kind of error, with `code` (`EAGAIN`) and `syscall`. Locks are open-file-description locks (fcntl(2),
 * F_OFD_SETLK): they meet everybody's fcntl locks, NFS clients' too, but unlike those are not lost when this process closes
 * another descriptor of the same file.
 */
import { dlopen, getInt32 } from 'node:ffi'
import { getSystemErrorName } from 'node:util'

/** null is the running program itself, which has its libc loaded whatever that is called (glibc, musl). */
const openLibc = () =>
  dlopen(null, {
    __errno_location: { return: 'pointer', arguments: [] },
    fcntl: { return: 'i32', arguments: ['i32', 'i32', 'pointer'] },
    posix_fallocate: { return: 'i32', arguments: ['i32', 'i64', 'i64'] },
    mkfifo: { return: 'i32', arguments: ['string', 'u32'] },
    socket: { return: 'i32', arguments: ['i32', 'i32', 'i32'] },
    connect: { return: 'i32', arguments: ['i32', 'pointer', 'u32'] },
    close: { return: 'i32', arguments: ['i32'] },
    ioctl: { return: 'i32', arguments: ['i32', 'u64', 'pointer'] },
    setsockopt: { return: 'i32', arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'] },
    getsockopt: { return: 'i32', arguments: ['i32', 'i32', 'i32', 'pointer', 'pointer'] },
    clock_settime: { return: 'i32', arguments: ['i32', 'pointer'] },
  }).functions

let opened: ReturnType<typeof openLibc> | undefined
/** Opened when first called: what is running may be a program that never does. */
const libc = (): ReturnType<typeof openLibc> => (opened ??= openLibc())

/** glibc's own: elsewhere malloc needs no such words. */
const openMalloc = () =>
  dlopen(null, {
    mallopt: { return: 'i32', arguments: ['i32', 'i32'] },
    malloc_trim: { return: 'i32', arguments: ['u64'] },
  }).functions

let malloc: ReturnType<typeof openMalloc> | undefined

const M_TRIM_THRESHOLD = -1
const M_MMAP_THRESHOLD = -3
const M_ARENA_MAX = -8

const F_OFD_GETLK = 36
const F_OFD_SETLK = 37
const F_WRLCK = 1
const F_UNLCK = 2
const AF_UNIX = 1
const AF_INET = 2
const AF_INET6 = 10
const SOCK_STREAM = 1
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const ENAMETOOLONG = 36
const SOL_SOCKET = 1
const SO_RCVBUF = 8
const SO_LINGER = 13
const IPPROTO_IP = 0
const IP_TOS = 1
const IPTOS_LOWDELAY = 0x10
const IPTOS_THROUGHPUT = 0x08
const IPPROTO_IPV6 = 41
const IPV6_TCLASS = 67
const IPPROTO_TCP = 6
const TCP_WINDOW_CLAMP = 10
const TCP_INFO = 11
const SIOCOUTQ = 0x5411n
const CLOCK_REALTIME = 0
/** Below what Node's streams and the spool's chunks come in, so that these have pages of their own. */
const largeBlock = 16 * 1024

/** Write-locks the whole open file, or throws at once: EAGAIN if somebody else has it, ENOLCK if the server has no lock daemon. */
export function lockFile(fd: number): void {
  setLock(fd, F_WRLCK)
}

/** Gives the lock up; closing the last descriptor of this opening does so too. */
export function unlockFile(fd: number): void {
  setLock(fd, F_UNLCK)
}

/**
 * Who would refuse `lockFile` on this opening: the process, -1 for one that cannot be named (another open-file-description
 * lock, another machine), undefined for nobody.
 */
export function lockHolder(fd: number): number | undefined {
  const flock = wholeFile(F_WRLCK)
  if (libc().fcntl(fd, F_OFD_GETLK, flock) !== 0) throw failure('fcntl', lastError())
  return flock.readInt16LE(0) === F_UNLCK ? undefined : flock.readInt32LE(24)
}

/** Gives the file blocks for `length` octets from `offset` on (posix_fallocate(3)), so that later writes need no new ones. */
export function allocate(fd: number, offset: number, length: number): void {
  const errno = libc().posix_fallocate(fd, BigInt(offset), BigInt(length))
  if (errno !== 0) throw failure('posix_fallocate', errno)
}

/** Makes a named pipe with that mode, less the umask. */
export function makeFifo(path: string, mode: number): void {
  if (libc().mkfifo(path, mode) !== 0) throw failure('mkfifo', lastError())
}

/** Sets the computer's clock (clock_settime(2)) to that many milliseconds since 1970, or throws: EPERM without CAP_SYS_TIME. */
export function setSystemClock(wall: number): void {
  const seconds = Math.floor(wall / 1000)
  const timespec = Buffer.alloc(16)
  timespec.writeBigInt64LE(BigInt(seconds), 0)
  timespec.writeBigInt64LE(BigInt(Math.floor((wall - seconds * 1000) * 1e6)), 8)
  if (libc().clock_settime(CLOCK_REALTIME, timespec) !== 0) throw failure('clock_settime', lastError())
}

/**
 * Has malloc(3) give back what is freed: a large block has pages of its own, which go when it goes, and no thread keeps a heap
 * for itself. False where the libc is not glibc.
 */
export function thriftyMalloc(): boolean {
  try {
    malloc = openMalloc()
  } catch {
    return false
  }
  malloc.mallopt(M_MMAP_THRESHOLD, largeBlock)
  malloc.mallopt(M_TRIM_THRESHOLD, 4 * largeBlock)
  malloc.mallopt(M_ARENA_MAX, 1)
  return true
}

/** Hands all pages that malloc(3) keeps and nobody uses to the kernel; after `thriftyMalloc`, else nothing. */
export function releaseMalloc(): void {
  malloc?.malloc_trim(0n)
}

function setLock(fd: number, type: number): void {
  if (libc().fcntl(fd, F_OFD_SETLK, wholeFile(type)) !== 0) throw failure('fcntl', lastError())
}

/** A Unix datagram socket that talks to the one at that path (unix(7)) and never blocks; writing to it sends one datagram. */
export function connectDatagram(path: string): number {
  const name = Buffer.from(path)
  if (name.length > 107) throw failure('connect', ENAMETOOLONG)
  const address = Buffer.alloc(110)
  address.writeUInt16LE(AF_UNIX, 0)
  name.copy(address, 2)
  const fd = libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)
  if (fd < 0) throw failure('socket', lastError())
  if (libc().connect(fd, address, address.length) === 0) return fd
  const errno = lastError()
  libc().close(fd)
  throw failure('connect', errno)
}

/** A TCP socket that is not connected yet, for IPv4 or IPv6; never blocks. */
export function tcpSocket(family: 4 | 6): number {
  const fd = libc().socket(family === 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)
  if (fd < 0) throw failure('socket', lastError())
  return fd
}

/** What the kernel knows of a TCP connection (tcp(7), TCP_INFO). */
export type TcpInfo = {
  /** Octets of payload that came in order, and that the other side has acknowledged, since it began. */
  readonly received: number
  readonly acknowledged: number
  /** The shortest round trip of late, milliseconds; 0 while unknown. */
  readonly roundTrip: number
  /** Octets of payload in a full segment, as sent. */
  readonly segment: number
  /** Octets of IP packets both ways, retransmissions and headers with them; a few less than there were while options were agreed on. */
  readonly carried: number
}

/** Octets of IP and TCP header (RFC 791 §3.1, RFC 9293 §3.1), and of the timestamps in each segment where both sides want them (RFC 7323 §3.2). */
const headers = { 4: 40, 6: 60 } as const
const timestamps = 12
const TCPI_OPT_TIMESTAMPS = 1

/** Undefined for a descriptor that is no TCP connection (any more). */
export function tcpInfo(fd: number, family: 4 | 6 = 4): TcpInfo | undefined {
  const info = Buffer.alloc(232)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(info.length)
  if (libc().getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, length) !== 0) return undefined
  const roundTrip = info.readUInt32LE(148)
  const header = headers[family] + ((info[5] ?? 0) & TCPI_OPT_TIMESTAMPS ? timestamps : 0)
  return {
    received: Number(info.readBigUInt64LE(128)),
    acknowledged: Number(info.readBigUInt64LE(120)),
    roundTrip: roundTrip === 0xffffffff ? 0 : roundTrip / 1000,
    segment: info.readUInt32LE(16),
    carried: Number(info.readBigUInt64LE(200) + info.readBigUInt64LE(128)) + (info.readUInt32LE(136) + info.readUInt32LE(140)) * header,
  }
}

/** Octets that were written and that the other side has not acknowledged, sent or not (tcp(7), SIOCOUTQ). 0 for a connection that has gone. */
export function unacknowledged(fd: number): number {
  const octets = Buffer.alloc(4)
  return libc().ioctl(fd, SIOCOUTQ, octets) === 0 ? octets.readInt32LE(0) : 0
}

/** Octets that the other side may send before we acknowledge some (tcp(7)). The buffer is set too: else the kernel goes on widening the window by itself. */
export function limitReceiving(fd: number, octets: number): void {
  setOption(fd, SOL_SOCKET, SO_RCVBUF, Math.max(octets, 8 * 1024))
  setOption(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, octets)
}

/** The type of service of what is sent (ip(7), RFC 1349): Linux's own queue in front of a modem (pfifo_fast, tc-prio(8)) goes by it. */
export function typeOfService(fd: number, family: 4 | 6, service: 'low delay' | 'throughput'): void {
  const value = service === 'low delay' ? IPTOS_LOWDELAY : IPTOS_THROUGHPUT
  if (family === 4) setOption(fd, IPPROTO_IP, IP_TOS, value)
  else setOption(fd, IPPROTO_IPV6, IPV6_TCLASS, value)
}

/** What is in the kernel's hands still is thrown away when it is closed, and the other side told so by a reset (socket(7), SO_LINGER of no time). */
export function discardAtClose(fd: number): void {
  const linger = Buffer.alloc(8)
  linger.writeInt32LE(1)
  libc().setsockopt(fd, SOL_SOCKET, SO_LINGER, linger, linger.length)
}

/** Of a connection that has just gone nothing is said: whoever uses it hears of it. */
function setOption(fd: number, level: number, option: number, value: number): void {
  const octets = Buffer.alloc(4)
  octets.writeInt32LE(value)
  libc().setsockopt(fd, level, option, octets, octets.length)
}

/** struct flock of 64-bit Linux: short type, short whence, 4 spare, off_t start, off_t length (0: to the end), pid, 4 spare. */
function wholeFile(type: number): Buffer {
  const flock = Buffer.alloc(32)
  flock.writeInt16LE(type, 0)
  return flock
}

function lastError(): number {
  return getInt32(libc().__errno_location())
}

function failure(syscall: string, errno: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(-errno)
  return Object.assign(new Error(`${code}: ${syscall} failed`), { code, errno: -errno, syscall })
}
