/**
 * An update file: one line of JSON that says what follows, the ed25519 signature of that line (RFC 8032) in base64, and the
 * payload, which is what a slot holds: the root file system, the kernel and perhaps an initramfs, each filled up with zeros to
 * whole blocks of 4096. The builder seals with this module what the device unseals with it. Keys are PEM (PKCS #8, SPKI), so that
 * OpenSSL can do the builder's part as well as check it:
 *
 *   openssl genpkey -algorithm ed25519 -out KEY                  openssl pkey -in KEY -pubout -out PUB
 *   head -n 1 FILE | head -c -1 >line                            openssl pkeyutl -sign -rawin -inkey KEY -in line | base64 -w 0
 *   sed -n 2p FILE | base64 -d >sig                              openssl pkeyutl -verify -rawin -pubin -inkey PUB -in line -sigfile sig
 *
 * A promise: what `unseal` returns was signed. Refuses to know where the file lies.
 */
import { createPublicKey, generateKeyPairSync, type KeyLike, sign, verify } from 'node:crypto'

export type Header = {
  /** The name of the folder in board/. */
  readonly board: string
  readonly version: string
  /** Octets of the root file system, before they are filled up. */
  readonly root: number
  /** Octets of the kernel, likewise. */
  readonly kernel: number
  /** Of the initramfs, likewise, if the kernel needs one. */
  readonly initramfs?: number
  /** Of the payload, in hex. */
  readonly sha256: string
}

export type Wrong = { readonly wrong: string }

/** The only format there is. Another one would need a device that knows it. */
const format = 1

/** Each part of the payload begins at a multiple of this, octets: a page, which is also what the largest sectors of flash measure. */
export const block = 4096

/** The kernel's block list counts in these, octets. */
const sector = 512

/** No line may be longer, octets: it is read before it is known who wrote it. */
export const longestLine = 1024

/** Octets of that length with their filling. */
export function filled(octets: number): number {
  return Math.ceil(octets / block) * block
}

export function payloadLength({ root, kernel, initramfs = 0 }: Header): number {
  return filled(root) + filled(kernel) + filled(initramfs)
}

/** Where the kernel lies in the slot, as GRUB's block list, first sector and how many; behind a comma the initramfs, if there is one. */
export function kernelBlocks({ root, kernel, initramfs }: Header): string {
  const list = (start: number, length: number): string => `${start / sector}+${Math.ceil(length / sector)}`
  const first = list(filled(root), kernel)
  return initramfs === undefined ? first : `${first},${list(filled(root) + filled(kernel), initramfs)}`
}

/** Both lines, ready to have the payload put after them. */
export function seal(header: Header, privateKey: string): Uint8Array {
  const { board, version, root, kernel, initramfs, sha256 } = header
  const line = JSON.stringify({ format, board, version, root, kernel, initramfs, sha256 })
  const signature = sign(null, Buffer.from(line), privateKey)
  return Buffer.from(`${line}\n${signature.toString('base64')}\n`)
}

/** What the signed line says, or what is wrong with it. Nothing in the line is looked at before its signature is found good. */
export function unseal(line: Uint8Array, signature: string, publicKey: KeyLike): Header | Wrong {
  const octets = Buffer.from(signature, 'base64')
  if (octets.length !== 64 || octets.toString('base64') !== signature) return { wrong: 'its second line is no signature' }
  if (!verify(null, line, publicKey, octets)) return { wrong: 'its signature is not by the key that this box trusts' }
  try {
    return header(JSON.parse(Buffer.from(line).toString('utf8')) as unknown)
  } catch {
    return { wrong: 'its first line is no JSON' }
  }
}

/** A pair of PEM keys for a builder who has none. */
export function newKeys(): { readonly privateKey: string; readonly publicKey: string } {
  return generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
}

/** The PEM public key that goes with a PEM private key. */
export function publicKeyOf(privateKey: string): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' })
}

function header(said: unknown): Header | Wrong {
  const { format: theirs, board, version, root, kernel, initramfs, sha256 } = Object(said) as Record<string, unknown>
  if (theirs !== format) return { wrong: `it is of format ${String(theirs)}, and this box knows format ${format}` }
  if (!isWord(board)) return { wrong: 'it does not say for which board it is' }
  if (!isWord(version)) return { wrong: 'it does not say of which version it is' }
  if (!isLength(root) || !isLength(kernel) || !(initramfs === undefined || isLength(initramfs)))
    return { wrong: 'it does not say how long its parts are' }
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return { wrong: 'it does not say what its payload hashes to' }
  return { board, version, root, kernel, ...(initramfs === undefined ? {} : { initramfs }), sha256 }
}

function isWord(said: unknown): said is string {
  return typeof said === 'string' && /^[\w.+~-]{1,64}$/.test(said)
}

/** Far below where sums of a few would lose octets. */
function isLength(said: unknown): said is number {
  return Number.isSafeInteger(said) && Number(said) > 0 && Number(said) < 2 ** 40
}
