/**
 * One update by the real adapters: `cut-child.ts FOLDER FILE [CALL NTH]`. Pulls its own plug right before the nth CALL (write, turn,
 * read, try, from 0 on); `write` and `read` first do half of what was asked. Ends with 0 if the boot was asked for.
 */
import { runBox } from '../../src/update/run-box.ts'
import { updater } from '../../src/update/updater.ts'

const [, , folder = '', file = '', fatal, nth = '0'] = process.argv
let left = Number(nth)
const comes = (call: string): boolean => call === fatal && left-- === 0
const die = (): never => {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('still alive')
}

const box = runBox({ onLan: () => false, passed: () => {} }, { folder, key: `${folder}/key` })
const verdict = await updater(
  {
    ...box,
    async openSlot() {
      const slot = await box.openSlot()
      return {
        ...slot,
        async write(octets, position) {
          if (!comes('write')) return slot.write(octets, position)
          await slot.write(Math.floor(octets / 8192) * 4096, position)
          die()
        },
        turnRound: async () => (comes('turn') ? die() : slot.turnRound()),
        read: async (octets, position) => (comes('read') ? die() : slot.read(octets, position)),
      }
    },
    tryNext: (slot, kernel) => (comes('try') ? die() : box.tryNext(slot, kernel)),
  },
  () => {},
).update(file, { say: () => {}, sure: async () => false, signal: new AbortController().signal })
process.stdout.write(JSON.stringify(verdict))
process.exitCode = 'done' in verdict ? 0 : 1
