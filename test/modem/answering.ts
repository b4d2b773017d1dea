/** An ISP that takes every call at its first ring, and says back what it hears: the far end where no machine is. */
import type { Connection, Exchange } from './exchange.ts'

export function answerCalls(exchange: Exchange): void {
  const line: Connection = exchange.plug('far', {
    tell(event) {
      if (event.kind === 'rings') line.answer()
      if (event.kind === 'arrived') line.send(Buffer.from(event.octets))
    },
    hold: () => {},
    go: () => {},
  })
}
