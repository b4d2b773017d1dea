/**
 * Port: one connection to a mail server, as octets. It never rejects: a connection that breaks ends its reading and says
 * why, and whoever writes to it is let go. What is written in one turn of the event loop leaves in one segment, and
 * nothing waits for Nagle. Knows no SMTP.
 */
import type { Verdict } from '../tls.ts'

/**
 * off: never. opportunistic: when offered, and any certificate will do, since the alternative is none; old protocols too.
 * required, implicit: checked against the trusted authorities, by STARTTLS or from the first octet.
 */
export type TlsMode = 'off' | 'opportunistic' | 'required' | 'implicit'

/** `fault`: only `opportunistic`, or a clock that is not known yet, puts up with one. */
export type Secured = Verdict

export interface Wire {
  /** `smtp.isp.example [192.0.2.1]`: for logs and outcomes. */
  readonly where: string
  /** Of a connection that was encrypted from the start. */
  readonly secured?: Secured & { readonly kind: 'secured' }
  /** The next octets; undefined once the connection has ended. One reader at a time. */
  read(): Promise<Uint8Array | undefined>
  /** Resolves when more may be written, or the connection has ended; `sent` is called once the system has taken these octets over. */
  write(octets: Uint8Array, sent?: () => void): Promise<void>
  /** Encrypts from here on. What the other side had sent in clear and nobody has read is dropped (RFC 3207 §6). */
  startTls(): Promise<Secured>
  /** Lets what was written go out, then closes, without waiting for the other side. */
  end(): void
  /** Closes at once. */
  close(): void
  /** Why it ended, where it was not the other side's orderly end. */
  fault(): string | undefined
}

export type Target = {
  readonly host: string
  readonly address: string
  readonly port: number
  readonly tls: TlsMode
  /** SHA-256 of the one certificate to trust, hexadecimal with or without colons, whatever the mode. */
  readonly fingerprint?: string
}

export type Connected = { readonly kind: 'connected'; readonly wire: Wire } | { readonly kind: 'failed'; readonly reason: string }

/** Makes a connection; an aborted signal makes it fail at once. Never rejects. */
export type Connect = (target: Target, signal: AbortSignal) => Promise<Connected>
