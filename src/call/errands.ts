/**
 * What mail does in a call, within what the planner has room for: each letter is weighed when its turn comes, by the rate that its way is
 * known to have. Of what is put off the planner is told, who then calls again in time. Refuses to know of protocols.
 */
import type { Clock } from '../clock.ts'
import type { Collector } from '../collect/collector.ts'
import type { RoomFor } from '../mail/room.ts'
import type { Courier } from '../queue/courier.ts'
import type { Queue } from '../queue/queue.ts'
import type { Boxes } from './boxes.ts'
import type { CallOptions } from './call.ts'
import type { Meter } from './meter.ts'
import type { Planning } from './planning.ts'
import { lineTime, roomIn } from './ration.ts'

export type ErrandsOptions = {
  readonly clock: Clock
  readonly queue: Pick<Queue, 'carry' | 'nextDue'>
  /** The courier by this ISP, '' and unknown ones included. */
  readonly courier: (isp: string) => Courier
  readonly collector: Pick<Collector, 'collect'>
  readonly boxes: Pick<Boxes, 'ended'>
  readonly meter: Pick<Meter, 'learned'>
  /** Absent where somebody else decides about the line: then everything goes. */
  readonly planning: Pick<Planning, 'ration' | 'longestCall' | 'putOff' | 'emptied'> | undefined
}

const never = Number.NEGATIVE_INFINITY

export type Errands = Pick<CallOptions, 'send' | 'nextDue' | 'collect'>

export function errands({ clock, queue, courier, collector, boxes, meter, planning }: ErrandsOptions): Errands {
  const roomBy = (rate: 'outRate' | 'inRate'): RoomFor | undefined =>
    planning && ((ahead) => roomIn(planning.ration(), { now: clock.elapsed(), rate: meter.learned()[rate], ahead }))
  const outwards = roomBy('outRate')
  const inwards = roomBy('inRate')
  /** With room for all that fits in any call. */
  const emptyCall = ({ longestCall }: Pick<Planning, 'longestCall'>): RoomFor => {
    const now = clock.elapsed()
    const end = now + longestCall()
    return (ahead) => roomIn({ until: end, mustBefore: never, budgetEnds: end }, { now, rate: meter.learned().outRate, ahead })
  }
  return {
    async send(isp, signal) {
      await queue.carry(courier(isp), signal, { room: outwards })
      const due = queue.nextDue('smarthost')
      if (planning && due !== undefined && due <= clock.elapsed() && queue.nextDue('smarthost', outwards) !== due)
        planning.putOff(0, queue.nextDue('smarthost', emptyCall(planning)) !== due)
    },
    nextDue: () => queue.nextDue('smarthost', outwards),
    async collect(isp, names, signal) {
      const began = clock.elapsed()
      const reports = await collector.collect(names, signal, inwards, isp)
      for (const report of reports) boxes.ended(report)
      const left = reports.flatMap(({ putOff }) => putOff ?? [])
      const octets = left.reduce((sum, one) => sum + one.octets, 0)
      const tooLong = left.some(({ largest }) => lineTime(largest, meter.learned().inRate) > (planning?.longestCall() ?? 0))
      if (left.length > 0) planning?.putOff(octets, tooLong)
      if (names === undefined && reports.every(({ outcome }) => outcome === 'done')) planning?.emptied(began)
    },
  }
}
