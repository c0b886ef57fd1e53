// Which pixels of a frame, along one axis, each pixel of a reduced frame is made of.

/** Ranges of source pixels, one for each pixel of the result, in rising order; an empty range lies outside of the frame. */
export interface Boxes {
  /** First pixel of each range. */
  readonly starts: Int32Array
  /** The pixel after the last of each range. */
  readonly ends: Int32Array
}

/** What part of an axis is reduced to how many pixels. */
export interface Axis {
  /** Where the part begins; it may be outside of the frame. */
  readonly origin: number
  /** Pixels of the part. */
  readonly length: number
  /** Pixels of the frame. */
  readonly size: number
  /** Pixels of the result. */
  readonly count: number
}

/** Pixels on one side of a box, as the LS-CAT image server counts them: where it is 1 or less on either axis, that server takes the nearest pixel instead. */
export function legacyBoxSize ({ length, count }: Axis): number {
  return Math.trunc(length / count)
}

/**
 * Boxes of the LS-CAT image server: around the place of each pixel of the result, and so that neighbours may share a pixel of the source.
 * @param mayReachIn - whether a box whose centre lies outside of the frame still has those of its pixels that lie inside, which that server does with 32 bits only
 */
export function legacyBoxes (axis: Axis, mayReachIn: boolean): Boxes {
  const whole = legacyBoxSize(axis)
  const lower = Math.floor(whole / 2)
  const upper = whole - lower
  return boxes(axis, index => {
    const centre = index * axis.length / axis.count + axis.origin
    if (!mayReachIn && centre < 0) return [0, 0]
    if (!mayReachIn && centre >= axis.size) return [axis.size, axis.size]
    return [Math.trunc(centre - lower), Math.ceil(centre + upper)]
  })
}

/** Boxes that share no pixel and leave none out, of one pixel at least. */
export function partition (axis: Axis): Boxes {
  const border = (index: number) => Math.floor(index * axis.length / axis.count) + axis.origin
  return boxes(axis, index => [border(index), Math.max(border(index) + 1, border(index + 1))])
}

/**
 * Places of the nearest pixel as the LS-CAT image server finds it, with -1 for what lies outside of the frame. That server reads beyond the last pixel where a part is
 * enlarged; here that is the last pixel.
 * @param mayReachIn - as for `legacyBoxes`
 */
export function legacyNearest (axis: Axis, mayReachIn: boolean): Int32Array {
  return Int32Array.from({ length: axis.count }, (_, index) => {
    const centre = index * axis.length / axis.count + axis.origin
    const place = Math.trunc(centre + 0.5)
    if (centre >= axis.size || centre + 0.5 < 0 || (!mayReachIn && centre < 0)) return -1
    return Math.min(place, axis.size - 1)
  })
}

/** Places of the pixel under the middle of each pixel of the result, with -1 for what lies outside of the frame. */
export function nearest (axis: Axis): Int32Array {
  return Int32Array.from({ length: axis.count }, (_, index) => {
    const place = Math.floor((index + 0.5) * axis.length / axis.count) + axis.origin
    return place < 0 || place >= axis.size ? -1 : place
  })
}

function boxes ({ size, count }: Axis, rangeOf: (index: number) => [start: number, end: number]): Boxes {
  const starts = new Int32Array(count)
  const ends = new Int32Array(count)
  for (let index = 0; index < count; index++) {
    const [start, end] = rangeOf(index)
    starts[index] = Math.min(Math.max(start, 0), size)
    ends[index] = Math.min(Math.max(end, starts[index]!), size)
  }
  return { starts, ends }
}
