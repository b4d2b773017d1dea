/** Whoever does something at the gateway does it by gateway.ts, inside the machine: starts that, and gives it orders from here. */
import { type Guest, waitFor } from './guest.ts'
import { program } from './guest-program.ts'

/** Resolves with what comes of an order; its words are gateway.ts's. Rejects with what went wrong. */
export type Order = (...words: readonly string[]) => Promise<string>

const fifo = '/run/orders'

/** Resolves when orders are taken; it ends with its machine. */
export async function takeOrders(near: Guest): Promise<Order> {
  const ended = near.run(`${program(near, 'test/image/gateway.ts')} ${fifo}`).then(({ out }) => {
    throw new Error(`nobody takes orders at the gateway any more: ${out}`)
  })
  // It ends one day, and by then nobody waits for it.
  ended.catch(() => {})
  await Promise.race([near.must(waitFor(`[ -p ${fifo} ]`)), ended])
  let count = 0
  return async (...words) => {
    const number = ++count
    const answer = `${fifo}-${number}`
    const given = `mkfifo ${answer}; echo '${number} ${JSON.stringify(words)}' >${fifo}`
    return Promise.race([near.must(`${given}; { read -r code; cat; } <${answer}; rm ${answer}; exit "$code"`), ended])
  }
}
