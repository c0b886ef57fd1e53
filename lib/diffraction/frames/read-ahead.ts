// Frames next to the one that somebody looks at, which are read while there is nothing else to do: most step through frames one by one.
import type { FrameSource } from '../frame.ts'

/** Reads frames ahead. */
export interface ReadAhead {
  /** What is worth reading; what was so before no longer is. */
  want (sources: readonly FrameSource[]): void
  /** To be called whenever there may be nothing else to do. */
  go (): void
}

/**
 * Makes one.
 * @param isIdle - whether there is nothing else to do
 * @param read - reads a frame; may fail
 */
export function createReadAhead ({ isIdle, read }: { isIdle: () => boolean, read: (source: FrameSource) => Promise<void> }): ReadAhead {
  let wanted: readonly FrameSource[] = []
  // One at a time: whoever comes in between does not wait for more than that.
  let isReading = false
  const go = () => {
    const [first, ...others] = wanted
    if (first === undefined || isReading || !isIdle()) return
    wanted = others
    isReading = true
    void read(first).catch(() => {}).finally(() => {
      isReading = false
      go()
    })
  }
  return {
    want (sources) { wanted = sources },
    go
  }
}

/** The last number in the name of a file, of its extension only where that is a number. */
const numberInName = /(?<number>\d{1,9})(?<rest>\.\d*[^./\d][^./]*|[^./\d]*)$/

/**
 * Frames next to another, the one after it first: those of the same file where that has several, else those of the files with the next numbers in their names.
 * @param frames - how many the file has
 * @param reach - how far on each side
 */
export function neighboursOf ({ file, frame }: FrameSource, frames: number, reach: number): FrameSource[] {
  const steps = Array.from({ length: reach }, (_, index) => [index + 1, -index - 1]).flat()
  if (frames > 1) return steps.map(step => ({ file, frame: frame + step })).filter(({ frame }) => frame >= 1 && frame <= frames)
  const { number, rest = '' } = numberInName.exec(file)?.groups ?? {}
  if (number === undefined) return []
  const stem = file.slice(0, file.length - number.length - rest.length)
  return steps
    .map(step => Number(number) + step)
    .filter(next => next >= 0 && String(next).length <= number.length)
    .map(next => ({ file: `${stem}${String(next).padStart(number.length, '0')}${rest}`, frame: 1 }))
}
