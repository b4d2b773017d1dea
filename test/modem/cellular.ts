/** What a GSM or LTE stick answers beyond a telephone modem (3GPP TS 27.007): its SIM (§8.3), its signal (§8.5), its network. Pure. */
import type { Command } from './commands.ts'

export type Cellular = {
  readonly sim: 'ready' | 'absent' | { readonly pin: string }
  /** As +CSQ has it: 0 is -113 dBm, each more is 2 dB, 99 is unknown. */
  readonly signal: number
}

export type CellularAnswer = {
  readonly lines: readonly string[]
  /** The lines end in a +CME ERROR, and no OK follows. */
  readonly failed: boolean
  readonly unlocked: boolean
}

/** Undefined for a command that no stick knows. */
export function cellularAnswer(
  { sim, signal }: Cellular,
  { name, how, value }: Command & { kind: 'extended' },
  unlocked: boolean,
): CellularAnswer | undefined {
  const says = (...lines: readonly string[]): CellularAnswer => ({ lines, failed: false, unlocked })
  const fails = (code: number): CellularAnswer => ({ lines: [`+CME ERROR: ${code}`], failed: true, unlocked })
  switch (`${name} ${how}`) {
    case '+CPIN read':
      if (sim === 'absent') return fails(10)
      return says(sim === 'ready' || unlocked ? '+CPIN: READY' : '+CPIN: SIM PIN')
    case '+CPIN set':
      if (sim === 'absent') return fails(10)
      // 3: operation not allowed, 16: incorrect password (TS 27.007 §9.2.1).
      if (sim === 'ready' || unlocked) return fails(3)
      return value.replaceAll('"', '') === sim.pin ? { lines: [], failed: false, unlocked: true } : fails(16)
    case '+CSQ do':
      return says(`+CSQ: ${signal},99`)
    case '+CREG read':
      return says(signal === 99 ? '+CREG: 0,2' : '+CREG: 0,1')
    case '+CGDCONT set':
    case '+CMEE set':
    case '+CFUN set':
      return says()
    default:
      return undefined
  }
}
