// Bounds that several processes keep together and that cannot be divided, such as one call at a time: who wants a seat asks for it, and
// whoever waits gets one in order of coming.

/** Which seat is wanted: of what, and how many there are of it in all. */
export interface SeatQuestion { of: string, most: number }

/** Gives seats to processes. */
export interface Seats {
  /** Resolves when the process has the seat. */
  take (process: number, question: SeatQuestion): Promise<void>
  /** Gives one seat back. */
  leave (process: number, of: string): void
  /** Gives back all that a process has or waits for, because it has ended. */
  end (process: number): void
}

interface Row {
  /** Processes that have a seat, once for each. */
  taken: number[]
  waiting: Array<{ process: number, most: number, resolve: () => void }>
}

/** Makes seats that nobody has taken. */
export function createSeats (): Seats {
  const rows = new Map<string, Row>()
  const serve = (of: string, row: Row) => {
    for (let [next] = row.waiting; next !== undefined && row.taken.length < next.most; [next] = row.waiting) {
      row.waiting.shift()
      row.taken.push(next.process)
      next.resolve()
    }
    if (row.taken.length === 0 && row.waiting.length === 0) rows.delete(of)
  }

  return {
    take (process, { of, most }) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const row = rows.get(of) ?? { taken: [], waiting: [] }
      rows.set(of, row)
      row.waiting.push({ process, most: Math.max(1, most), resolve })
      serve(of, row)
      return promise
    },
    leave (process, of) {
      const row = rows.get(of)
      const place = row?.taken.indexOf(process) ?? -1
      if (row === undefined || place === -1) return
      row.taken.splice(place, 1)
      serve(of, row)
    },
    end (process) {
      for (const [of, row] of rows) {
        row.taken = row.taken.filter(each => each !== process)
        row.waiting = row.waiting.filter(each => each.process !== process)
        serve(of, row)
      }
    }
  }
}
