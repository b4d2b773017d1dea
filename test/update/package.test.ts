import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Header, kernelBlocks, longestLine, newKeys, payloadLength, publicKeyOf, seal, unseal } from '../../src/update/package.ts'

const header: Header = { board: 'qemu-x86_64', version: '0.2.0', root: 10_000, kernel: 5000, sha256: 'ab'.repeat(32) }
const keys = newKeys()

const linesOf = (sealed: Uint8Array): [string, string] => {
  const [line = '', signature = '', rest] = Buffer.from(sealed).toString('utf8').split('\n')
  assert.equal(rest, '')
  return [line, signature]
}

test('what was sealed is unsealed', () => {
  const [line, signature] = linesOf(seal(header, keys.privateKey))
  assert.deepEqual(unseal(Buffer.from(line), signature, keys.publicKey), header)
  assert.ok(line.length < longestLine / 2)
})

test('the same header is sealed by the same octets', () => {
  assert.deepEqual(seal(header, keys.privateKey), seal(header, keys.privateKey))
})

test('the payload is whole blocks, and the kernel is found in sectors', () => {
  assert.equal(payloadLength(header), 12_288 + 8192)
  assert.equal(kernelBlocks(header), '24+10')
  assert.equal(kernelBlocks({ ...header, root: 12_288, kernel: 1 }), '24+1')
})

test('an initramfs lies behind the kernel, and a kernel that has none is sealed as ever', () => {
  const modular: Header = { ...header, initramfs: 700 }
  assert.equal(payloadLength(modular), 12_288 + 8192 + 4096)
  assert.equal(kernelBlocks(modular), '24+10,40+2')
  const [line, signature] = linesOf(seal(modular, keys.privateKey))
  assert.deepEqual(unseal(Buffer.from(line), signature, keys.publicKey), modular)
  assert.deepEqual(Object.keys(JSON.parse(linesOf(seal(header, keys.privateKey))[0]) as object), [
    'format',
    'board',
    'version',
    'root',
    'kernel',
    'sha256',
  ])
})

test('a bit that is another anywhere in the two lines unseals nothing', () => {
  const sealed = Buffer.from(seal(header, keys.privateKey))
  const end = sealed.indexOf('\n')
  fc.assert(
    fc.property(fc.nat(sealed.length - 2), fc.nat(7), (at, bit) => {
      if (at === end) return
      const other = Buffer.from(sealed)
      other.writeUInt8(other.readUInt8(at) ^ (1 << bit), at)
      const found = unseal(other.subarray(0, end), other.subarray(end + 1, -1).toString('latin1'), keys.publicKey)
      assert.ok('wrong' in found, other.toString('latin1'))
    }),
  )
})

test('a signature written in another way than ours is none', () => {
  const [line, signature] = linesOf(seal(header, keys.privateKey))
  // The last digit before == has four bits that no octet needs.
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const other = signature.slice(0, 85) + digits[digits.indexOf(signature[85] ?? '') ^ 1] + '=='
  assert.deepEqual(Buffer.from(other, 'base64'), Buffer.from(signature, 'base64'))
  for (const text of [other, ` ${signature}`, `${signature}\r`, signature.slice(0, -1), ''])
    assert.deepEqual(unseal(Buffer.from(line), text, keys.publicKey), { wrong: 'its second line is no signature' })
})

test('a header signed by another key is not believed', () => {
  const [line, signature] = linesOf(seal(header, newKeys().privateKey))
  assert.deepEqual(unseal(Buffer.from(line), signature, keys.publicKey), { wrong: 'its signature is not by the key that this box trusts' })
})

const unheard: readonly [string, unknown, string][] = [
  ['another format', { format: 2 }, 'it is of format 2, and this box knows format 1'],
  ['no board', { board: undefined }, 'it does not say for which board it is'],
  ['a board that is no name', { board: '../x y' }, 'it does not say for which board it is'],
  ['no version', { version: 3 }, 'it does not say of which version it is'],
  ['a part of a negative length', { kernel: -1 }, 'it does not say how long its parts are'],
  ['a part of half an octet', { root: 0.5 }, 'it does not say how long its parts are'],
  ['a part without end', { root: 2 ** 52 }, 'it does not say how long its parts are'],
  ['a hash too short', { sha256: 'ab' }, 'it does not say what its payload hashes to'],
]
for (const [name, change, wrong] of unheard) {
  test(`signed, but with ${name}: said so`, () => {
    const line = JSON.stringify({ format: 1, ...header, ...Object(change) })
    assert.deepEqual(unseal(...signed(line), keys.publicKey), { wrong })
  })
}

test('signed, but no JSON: said so', () => {
  assert.deepEqual(unseal(...signed('{'), keys.publicKey), { wrong: 'its first line is no JSON' })
  assert.deepEqual(unseal(...signed('null'), keys.publicKey), { wrong: 'it is of format undefined, and this box knows format 1' })
})

test('OpenSSL makes the keys, signs and checks as we do', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-package-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const openssl = (...words: string[]): Buffer => execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  openssl('genpkey', '-algorithm', 'ed25519', '-out', 'key')
  openssl('pkey', '-in', 'key', '-pubout', '-out', 'pub')
  const privateKey = readFileSync(join(folder, 'key'), 'utf8')
  assert.equal(publicKeyOf(privateKey), readFileSync(join(folder, 'pub'), 'utf8'))

  const [line, signature] = linesOf(seal(header, privateKey))
  writeFileSync(join(folder, 'line'), line)
  writeFileSync(join(folder, 'sig'), Buffer.from(signature, 'base64'))
  const verdict = openssl('pkeyutl', '-verify', '-rawin', '-pubin', '-inkey', 'pub', '-in', 'line', '-sigfile', 'sig')
  assert.match(verdict.toString(), /Success/)
  const theirs = openssl('pkeyutl', '-sign', '-rawin', '-inkey', 'key', '-in', 'line')
  assert.equal(theirs.toString('base64'), signature)
})

function signed(line: string): [Uint8Array, string] {
  return [Buffer.from(line), sign(null, Buffer.from(line), keys.privateKey).toString('base64')]
}
