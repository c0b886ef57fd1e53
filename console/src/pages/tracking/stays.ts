// Sightings of an object become stays: from when until when one camera saw it.

/** A sighting, as /timelines has it. */
export interface Sighting { readonly timeStamp: string, readonly processorId: unknown }

/** A stay. Times are milliseconds since 1970. */
export interface Stay { readonly camera: string, readonly from: number, readonly until: number, readonly sightings: number }

/** Milliseconds without a sighting after which a stay is over. */
const pause = 10_000

/** Joins sightings, which are in the order in which they came. Several cameras may see an object at the same time. */
export function staysOf (sightings: readonly Sighting[]): Stay[] {
  const stays: Stay[] = []
  // Where the last stay of each camera is.
  const last = new Map<string, number>()
  for (const { timeStamp, processorId } of sightings) {
    const at = new Date(timeStamp).getTime()
    const camera = typeof processorId === 'string' ? processorId : JSON.stringify(processorId)
    const place = last.get(camera)
    const stay = place === undefined ? undefined : stays[place]
    if (place !== undefined && stay !== undefined && at - stay.until <= pause) stays[place] = { ...stay, until: at, sightings: stay.sightings + 1 }
    else last.set(camera, stays.push({ camera, from: at, until: at, sightings: 1 }) - 1)
  }
  return stays
}
