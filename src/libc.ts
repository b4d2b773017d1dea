/**
 * The few system calls that Node lacks. By node:ffi, which is built into the pinned Node 26: koffi would do the same as a
 * native addon to ship for each board, and a helper program would cost a process a lock. The only file that calls C. Failures
 * are Node's own kind of error, with `code` (`EAGAIN`) and `syscall`. Locks are open-file-description locks (fcntl(2),
 * F_OFD_SETLK): they meet everybody's fcntl locks, NFS clients' too, but unlike those are not lost when this process closes
 * another descriptor of the same file.
 */
import { dlopen, getInt32, getRawPointer } from 'node:ffi'
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
    prctl: { return: 'i32', arguments: ['i32', 'u64', 'u64', 'u64', 'u64'] },
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

/** Linux's own, in glibc since 2.28. */
const openRename = () => dlopen(null, { renameat2: { return: 'i32', arguments: ['i32', 'string', 'i32', 'string', 'u32'] } }).functions

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
const EINVAL = 22
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
const TCGETS = 0x5401n
const TCSETS = 0x5402n
const CLOCK_REALTIME = 0
/** Octets; the smallest of any board's. */
const page = 4096
const AT_FDCWD = -100
const RENAME_EXCHANGE = 2
const PR_CAP_AMBIENT = 47
const PR_CAP_AMBIENT_CLEAR_ALL = 4n
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

/** Memory that begins where a page does, as reading and writing past the page cache demands (open(2), O_DIRECT). */
export function pageAligned(octets: number): Uint8Array {
  const room = new Uint8Array(octets + page)
  const over = Number(getRawPointer(room) % BigInt(page))
  return room.subarray(page - over, page - over + octets)
}

/** Makes a named pipe with that mode, less the umask. */
export function makeFifo(path: string, mode: number): void {
  if (libc().mkfifo(path, mode) !== 0) throw failure('mkfifo', lastError())
}

/** Two names of one file system change places in one instant (renameat2(2)); both must be there. */
export function exchangeNames(one: string, other: string): void {
  if (openRename().renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) !== 0) throw failure('renameat2', lastError())
}

/** Sets the computer's clock (clock_settime(2)) to that many milliseconds since 1970, or throws: EPERM without CAP_SYS_TIME. */
export function setSystemClock(wall: number): void {
  const seconds = Math.floor(wall / 1000)
  const timespec = Buffer.alloc(16)
  timespec.writeBigInt64LE(BigInt(seconds), 0)
  timespec.writeBigInt64LE(BigInt(Math.floor((wall - seconds * 1000) * 1e6)), 8)
  if (libc().clock_settime(CLOCK_REALTIME, timespec) !== 0) throw failure('clock_settime', lastError())
}

/** What this process starts from now on gets none of its capabilities (prctl(2)); what is setuid root gets its own. They stay ours. */
export function keepCapabilities(): void {
  if (libc().prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0n, 0n, 0n) !== 0) throw failure('prctl', lastError())
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

/** The bits of c_cflag that are a speed (asm-generic/termbits.h). */
const speeds: ReadonlyMap<number, number> = new Map([
  [1200, 0o11],
  [2400, 0o13],
  [4800, 0o14],
  [9600, 0o15],
  [19200, 0o16],
  [38400, 0o17],
  [57600, 0o10001],
  [115200, 0o10002],
  [230400, 0o10003],
  [460800, 0o10004],
  [921600, 0o10007],
])
const CBAUD = 0o10017
const OPOST = 1
const IGNBRK = 1
const ISIG_ICANON_ECHO_IEXTEN = 0o100013
const CSIZE_CSTOPB_PARENB_HUPCL_CRTSCTS = 0o20000002560
const CS8_CREAD_CLOCAL = 0o4260

/**
 * Raw octets of 8 bits on a serial line that has no modem (termios(3)): a BREAK is nothing, no carrier is waited for or missed, and closing
 * drops no DTR. `speed`: bit/s; without one it stays as it is. Throws: ENOTTY for what is no tty, EINVAL for a speed that no port has.
 */
export function setSerialLine(fd: number, speed?: number): void {
  const bits = speed === undefined ? undefined : speeds.get(speed)
  if (speed !== undefined && bits === undefined) throw failure('tcsetattr', EINVAL)
  // struct termios of the kernel: c_iflag, c_oflag, c_cflag, c_lflag, c_line, c_cc[19].
  const termios = Buffer.alloc(64)
  if (libc().ioctl(fd, TCGETS, termios) !== 0) throw failure('tcgetattr', lastError())
  const change = (at: number, off: number, on: number): number => termios.writeUInt32LE(((termios.readUInt32LE(at) & ~off) | on) >>> 0, at)
  termios.writeUInt32LE(IGNBRK, 0)
  change(4, OPOST, 0)
  change(8, CSIZE_CSTOPB_PARENB_HUPCL_CRTSCTS, CS8_CREAD_CLOCAL)
  if (bits !== undefined) change(8, CBAUD, bits)
  change(12, ISIG_ICANON_ECHO_IEXTEN, 0)
  if (libc().ioctl(fd, TCSETS, termios) !== 0) throw failure('tcsetattr', lastError())
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
  /** Segments that left, those without payload and those sent again with them. */
  readonly sent: number
}

/** Undefined for a descriptor that is no TCP connection (any more). */
export function tcpInfo(fd: number): TcpInfo | undefined {
  const info = Buffer.alloc(232)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(info.length)
  if (libc().getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, length) !== 0) return undefined
  const roundTrip = info.readUInt32LE(148)
  return {
    received: Number(info.readBigUInt64LE(128)),
    acknowledged: Number(info.readBigUInt64LE(120)),
    roundTrip: roundTrip === 0xffffffff ? 0 : roundTrip / 1000,
    segment: info.readUInt32LE(16),
    sent: info.readUInt32LE(136),
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
