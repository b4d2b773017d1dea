/** Port: the telephone line as the rest of the house sees it. Mail-free: it says up or down, and may be asked to dial. */

export type LinkState =
  | { readonly kind: 'down'; readonly since: number; readonly reason: string }
  | { readonly kind: 'dialling'; readonly since: number; readonly reason: string }
  | { readonly kind: 'negotiating'; readonly since: number; readonly reason: string }
  | { readonly kind: 'up'; readonly since: number; readonly reason: string; readonly link: LinkFacts }
  | { readonly kind: 'closing'; readonly since: number; readonly reason: string }
  | { readonly kind: 'resting'; readonly since: number; readonly reason: string; readonly until: number }
  | { readonly kind: 'broken'; readonly since: number; readonly reason: string }

/** What pppd tells its ip-up script (pppd(8), SCRIPTS); '' where a line mode has no such thing. */
export type LinkFacts = {
  readonly interface: string
  readonly tty: string
  /** bit/s between computer and modem, 0 if unknown. */
  readonly speed: number
  readonly local: string
  readonly remote: string
  readonly ipparam: string
  /** IP addresses of the ISP's, where it gave any (usepeerdns). */
  readonly nameservers?: readonly string[]
}

/** `since` and `until` count in `clock.elapsed()` milliseconds. */
export interface Line {
  state(): LinkState
  /** Calls back after every change, in order; returns what ends it. */
  watch(seen: (state: LinkState) => void): () => void
  /** Asks for the line. What cannot dial (hooks) says so by a sentence; undefined is yes. */
  dial(reason: string): string | undefined
  hangUp(reason: string): string | undefined
}
