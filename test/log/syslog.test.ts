/** Against a real Unix datagram socket, bound and read by the C library, and a real UDP socket. */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { dlopen } from 'node:ffi'
import { closeSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { syslog } from '../../src/log/syslog.ts'
import { fakeClock } from '../fake/clock.ts'

const folder = mkdtempSync(join(tmpdir(), 'dialpost-syslog-'))
after(() => rmSync(folder, { recursive: true }))

const { functions: libc } = dlopen('libc.so.6', {
  socket: { return: 'i32', arguments: ['i32', 'i32', 'i32'] },
  bind: { return: 'i32', arguments: ['i32', 'pointer', 'u32'] },
  recv: { return: 'i64', arguments: ['i32', 'pointer', 'u64', 'i32'] },
})

/** A syslogd: `heard` gives what has arrived, without waiting. */
function daemon(path: string) {
  const fd = libc.socket(1, 2, 0)
  const address = Buffer.alloc(110)
  address.writeUInt16LE(1, 0)
  address.write(path, 2)
  assert.equal(libc.bind(fd, address, address.length), 0)
  const octets = Buffer.alloc(4096)
  const MSG_DONTWAIT = 0x40
  return {
    heard(): string[] {
      const texts: string[] = []
      for (let n = Number(libc.recv(fd, octets, 4096n, MSG_DONTWAIT)); n > 0; n = Number(libc.recv(fd, octets, 4096n, MSG_DONTWAIT)))
        texts.push(octets.toString('utf8', 0, n))
      return texts
    },
    stop() {
      closeSync(fd)
      rmSync(path)
    },
  }
}

const line = (text: string) => ({ level: 'info', event: 'x', text, fields: {} }) as const
const text = (packet: string) => packet.replace(/^<\d+>\w{3} [ \d]\d \d\d:\d\d:\d\d dialpost\[\d+\]: /, '')

test('lines reach the daemon on its socket', () => {
  const path = join(folder, 'log')
  const syslogd = daemon(path)
  const { sink, close } = syslog({ to: path, hostname: 'moriah', clock: fakeClock() })
  sink(line('one'))
  sink(line('two'))
  assert.deepEqual(syslogd.heard().map(text), ['one', 'two'])
  close()
  syslogd.stop()
})

test('a daemon that is restarted is found again without a line lost', () => {
  const path = join(folder, 'restarted')
  const first = daemon(path)
  const { sink, close } = syslog({ to: path, hostname: 'moriah', clock: fakeClock() })
  sink(line('one'))
  first.stop()
  const second = daemon(path)
  sink(line('two'))
  assert.deepEqual(second.heard().map(text), ['two'])
  close()
  second.stop()
})

test('without a daemon nothing fails, and the loss is told when there is one', () => {
  const path = join(folder, 'later')
  const { sink, close } = syslog({ to: path, hostname: 'moriah', clock: fakeClock() })
  sink(line('lost'))
  sink(line('lost'))
  const syslogd = daemon(path)
  sink(line('heard'))
  assert.deepEqual(syslogd.heard().map(text), ['2 lines of log were lost, for syslog did not take them', 'heard'])
  close()
  syslogd.stop()
})

test('a daemon that hangs does not block the sender', () => {
  const path = join(folder, 'hanging')
  const syslogd = daemon(path)
  const { sink, close } = syslog({ to: path, hostname: 'moriah', clock: fakeClock() })
  for (let n = 0; n < 2000; n++) sink(line(`${n} ${'x'.repeat(500)}`))
  const heard = syslogd.heard().length
  assert.ok(heard > 0 && heard < 2000)
  sink(line('after'))
  assert.deepEqual(syslogd.heard().map(text), [`${2000 - heard} lines of log were lost, for syslog did not take them`, 'after'])
  close()
  syslogd.stop()
})

test('a path too long for a socket is a loss like any other', () => {
  const { sink, close } = syslog({ to: `/${'x'.repeat(200)}`, hostname: 'moriah', clock: fakeClock() })
  sink(line('lost'))
  close()
})

test('a log host gets UDP with our name in it', async () => {
  const host = createSocket('udp4').bind(0, '127.0.0.1')
  await once(host, 'listening')
  const { sink, close } = syslog({ to: `127.0.0.1:${host.address().port}`, hostname: 'moriah', clock: fakeClock() })
  sink(line('hello'))
  const [packet] = (await once(host, 'message')) as [Buffer]
  assert.match(packet.toString(), /^<22>\w{3} [ \d]\d \d\d:\d\d:\d\d moriah dialpost\[\d+\]: hello$/)
  close()
  host.close()
})
