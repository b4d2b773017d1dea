/** What openssl and Node say of the certificate that a new box makes for itself. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect, createServer } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { isFor, selfSigned } from '../../src/setup/certificate.ts'

const folder = mkdtempSync(join(tmpdir(), 'dialpost-certificate-'))
after(() => rmSync(folder, { recursive: true }))

const named = { hostname: 'moriah.shire.lan', addresses: ['192.168.1.1'] }
const pem = selfSigned(named)
const file = join(folder, 'lan.pem')
writeFileSync(file, pem)
const openssl = (...words: readonly string[]): string => execFileSync('openssl', words, { encoding: 'utf8' })

test('openssl reads all of it as it was meant', () => {
  const text = openssl('x509', '-in', file, '-noout', '-text')
  for (const expected of [
    /Version: 3 \(0x2\)/,
    /Signature Algorithm: ecdsa-with-SHA256/,
    /Issuer: CN = moriah\.shire\.lan\n/,
    /Not Before: Jan {2}1 00:00:00 1970 GMT/,
    /Not After : Dec 31 23:59:59 9999 GMT/,
    /ASN1 OID: prime256v1/,
    /Basic Constraints: critical\n +CA:FALSE/,
    /Key Usage: critical\n +Digital Signature\n/,
    /Extended Key Usage: ?\n +TLS Web Server Authentication/,
    /Alternative Name: ?\n +DNS:moriah\.shire\.lan, DNS:moriah, IP Address:192\.168\.1\.1\n/,
  ])
    assert.match(text, expected)
})

test('openssl verifies it in the strict sense, today, in 1970 and in 2500', () => {
  for (const at of ['86400', '4102444800', '16725225600'])
    assert.match(openssl('verify', '-x509_strict', '-check_ss_sig', '-attime', at, '-CAfile', file, file), /: OK/)
})

test('Node reads it, and finds key and certificate to be a pair', () => {
  const certificate = new X509Certificate(pem)
  assert.ok(certificate.checkPrivateKey(createPrivateKey(pem)))
  assert.ok(certificate.verify(certificate.publicKey))
  assert.equal(certificate.subjectAltName, 'DNS:moriah.shire.lan, DNS:moriah, IP Address:192.168.1.1')
})

test('a client that trusts it speaks TLS with whoever has its key, from one file', async () => {
  const server = createServer({ key: pem, cert: pem }, (socket) => socket.end('hello'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', servername: 'moriah.shire.lan', ca: pem })
  await once(socket, 'secureConnect')
  assert.equal(socket.authorized, true)
  socket.destroy()
  server.close()
})

test('each box has its own key and serial number', () => {
  const other = new X509Certificate(selfSigned(named))
  const own = new X509Certificate(pem)
  assert.notEqual(own.serialNumber, other.serialNumber)
  assert.notEqual(own.fingerprint256, other.fingerprint256)
})

test('it is good for the names it was made for, and no other', () => {
  assert.equal(isFor(pem, named), true)
  assert.equal(isFor(pem, { ...named, hostname: 'bree.shire.lan' }), false)
  assert.equal(isFor(pem, { ...named, addresses: ['10.0.0.1'] }), false)
  assert.equal(isFor('nonsense', named), false)
})

test('names that are long, or not of ASCII, come out as certificates can have them', () => {
  const long = `${'a'.repeat(40)}.${'b'.repeat(40)}.lan`
  assert.equal(new X509Certificate(selfSigned({ ...named, hostname: long })).checkHost(long), long)
  const umlaut = new X509Certificate(selfSigned({ ...named, hostname: 'grün.lan' }))
  assert.match(umlaut.subjectAltName ?? '', /DNS:xn--grn-ioa\.lan/)
})

test('serial numbers are positive whatever the dice say, and lengths of any size are right', () => {
  for (let round = 0; round < 20; round++) {
    writeFileSync(
      file,
      selfSigned({
        hostname: `${'h'.repeat(1 + round)}.${'x'.repeat(60)}.${'y'.repeat(round + 1)}.lan`,
        addresses: ['10.0.0.1', 'fd00::1'],
      }),
    )
    assert.match(openssl('x509', '-in', file, '-noout', '-serial'), /^serial=[4-7]/)
  }
})
