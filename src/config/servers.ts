/** What the settings say of servers, as the doors want it. */
import type { Tls } from './config.ts'

/** Who names one certificate does not want to be talked out of it by a server that offers none. */
export function tlsOf(tls: Tls, fingerprint: string | undefined): Tls {
  return fingerprint !== undefined && tls === 'opportunistic' ? 'required' : tls
}

/** `/run/dovecot/lmtp`, or `127.0.0.1:24`. */
export function serverAt(place: string): { readonly path: string } | { readonly host: string; readonly port: number } {
  const colon = place.lastIndexOf(':')
  return place.startsWith('/') ? { path: place } : { host: place.slice(0, colon), port: Number(place.slice(colon + 1)) }
}
