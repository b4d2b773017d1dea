/** Port: the telephone line as the rest of the house sees it. Mail-free: it says what it does, and may be asked to dial. */

/**
 * `reason`: why it is as it is; from `dialling` to `up` that is the cause it was dialled for. `isp`: who is called, by the name in the
 * settings; '' where there is but one or nobody knows. A call costs money from `negotiating` on, where dialpost dials, else from `up` on.
 */
export type LinkState =
  | { readonly kind: 'down'; readonly since: number; readonly reason: string; readonly usage?: Usage }
  | { readonly kind: 'dialling'; readonly since: number; readonly reason: string; readonly isp: string; readonly number: string }
  | { readonly kind: 'negotiating'; readonly since: number; readonly reason: string; readonly isp: string; readonly carrier: Carrier }
  | {
      readonly kind: 'up'
      readonly since: number
      readonly reason: string
      readonly link: LinkFacts
      readonly isp: string
      /** Absent where somebody else dialled. */
      readonly carrier?: Carrier
    }
  | { readonly kind: 'closing'; readonly since: number; readonly reason: string }
  /** Wanted, and dialled again at `until`. */
  | { readonly kind: 'resting'; readonly since: number; readonly reason: string; readonly until: number; readonly usage?: Usage }
  /** Needs a person. */
  | { readonly kind: 'broken'; readonly since: number; readonly reason: string; readonly usage?: Usage }

/** What pppd counted of the call that has just ended: seconds, and octets on the line. */
export type Usage = { readonly seconds: number; readonly sent: number; readonly received: number }

/** What the modem said of the connection. */
export type Carrier = {
  /** bit/s on the line, 0 if it did not say. */
  readonly speed: number
  /** `V34/ARQ`, ''. */
  readonly protocol: string
}

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
  /**
   * Wants the line, from now on until `hangUp`: it is dialled, and dialled again, for this cause. `isp` is who is to be called first, else the first
   * in the settings. What cannot dial (hooks, an ISP of no such name, broken) says so by a sentence; undefined is yes.
   */
  dial(cause: Cause): string | undefined
  /** Wants it no more. */
  hangUp(reason: string): string | undefined
}

/** Why somebody wants the line: `timetable 13:00`, `urgent letter 4F2 from keith`, `LAN host 192.168.1.7 asked`, `operator`. */
export type Cause = {
  readonly words: string
  readonly isp?: string
  /** A person asks: what waited for a person (`broken`) is tried again. */
  readonly person?: true
}
