// Keeps the bound of a service's label over all processes: a replica that takes one call at a time gets one, whichever process makes it.
import type { Replicas } from '../graphics/replicas.ts'
import { unlessAborted } from '../unless-aborted.ts'
import type { SeatQuestion } from './seats.ts'

/** Where seats are asked for. */
export interface SharedSeats {
  /** Resolves when this process has the seat. */
  takeSeat (question: SeatQuestion): Promise<void>
  /** Gives it back. */
  leaveSeat (of: string): Promise<void>
}

/** Replicas whose services have a bound are asked only by whoever has a seat there; all others as before. */
export function shareReplicas (replicas: Replicas, seats: SharedSeats): Replicas {
  const leave = async (of: string) => {
    // Where it cannot be given back, the primary process has gone, and this one goes too.
    await seats.leaveSeat(of).catch(() => {})
  }
  return {
    ...replicas,
    get size () { return replicas.size },
    async take (service, signal, tried) {
      const own = await replicas.take(service, signal, tried)
      if (own === undefined || own === 'down' || service.concurrency === undefined) return own
      const of = `${own.replica.id} ${own.replica.origin}`
      const taken = seats.takeSeat({ of, most: service.concurrency }).then(() => true as const)
      if (await unlessAborted(taken, signal) === undefined) {
        // It comes in its time, and nobody wants it any more.
        taken.then(() => leave(of), () => {})
        own.leave('neither')
        return undefined
      }
      let isTaken = true
      return {
        replica: own.replica,
        leave (verdict) {
          if (!isTaken) return
          isTaken = false
          own.leave(verdict)
          void leave(of)
        }
      }
    }
  }
}
