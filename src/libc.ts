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
const { functions: libc } = dlopen(null, {
  __errno_location: { return: 'pointer', arguments: [] },
  fcntl: { return: 'i32', arguments: ['i32', 'i32', 'pointer'] },
  posix_fallocate: { return: 'i32', arguments: ['i32', 'i64', 'i64'] },
  mkfifo: { return: 'i32', arguments: ['string', 'u32'] },
  socket: { return: 'i32', arguments: ['i32', 'i32', 'i32'] },
  connect: { return: 'i32', arguments: ['i32', 'pointer', 'u32'] },
  close: { return: 'i32', arguments: ['i32'] },
})

const F_OFD_GETLK = 36
const F_OFD_SETLK = 37
const F_WRLCK = 1
const F_UNLCK = 2
const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const ENAMETOOLONG = 36

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
  if (libc.fcntl(fd, F_OFD_GETLK, flock) !== 0) throw failure('fcntl', lastError())
  return flock.readInt16LE(0) === F_UNLCK ? undefined : flock.readInt32LE(24)
}

/** Gives the file blocks for `length` octets from `offset` on (posix_fallocate(3)), so that later writes need no new ones. */
export function allocate(fd: number, offset: number, length: number): void {
  const errno = libc.posix_fallocate(fd, BigInt(offset), BigInt(length))
  if (errno !== 0) throw failure('posix_fallocate', errno)
}

/** Makes a named pipe with that mode, less the umask. */
export function makeFifo(path: string, mode: number): void {
  if (libc.mkfifo(path, mode) !== 0) throw failure('mkfifo', lastError())
}

function setLock(fd: number, type: number): void {
  if (libc.fcntl(fd, F_OFD_SETLK, wholeFile(type)) !== 0) throw failure('fcntl', lastError())
}

/** A Unix datagram socket that talks to the one at that path (unix(7)) and never blocks; writing to it sends one datagram. */
export function connectDatagram(path: string): number {
  const name = Buffer.from(path)
  if (name.length > 107) throw failure('connect', ENAMETOOLONG)
  const address = Buffer.alloc(110)
  address.writeUInt16LE(AF_UNIX, 0)
  name.copy(address, 2)
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)
  if (fd < 0) throw failure('socket', lastError())
  if (libc.connect(fd, address, address.length) === 0) return fd
  const errno = lastError()
  libc.close(fd)
  throw failure('connect', errno)
}

/** struct flock of 64-bit Linux: short type, short whence, 4 spare, off_t start, off_t length (0: to the end), pid, 4 spare. */
function wholeFile(type: number): Buffer {
  const flock = Buffer.alloc(32)
  flock.writeInt16LE(type, 0)
  return flock
}

function lastError(): number {
  return getInt32(libc.__errno_location())
}

function failure(syscall: string, errno: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(-errno)
  return Object.assign(new Error(`${code}: ${syscall} failed`), { code, errno: -errno, syscall })
}
