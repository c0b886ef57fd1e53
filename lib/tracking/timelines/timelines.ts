// Timelines: who has seen an object, and when.

/** An object seen once by one processor. */
export interface Sighting {
  /** When, in milliseconds since 1970. */
  at: number
  /** Identifier of the processor as JSON text; `null` where it has none. */
  processor: string
}

/** Which part of a timeline. */
export interface Excerpt {
  /** Nothing before this, in milliseconds since 1970. */
  from?: number
  /** Nothing after this, in milliseconds since 1970. */
  to?: number
  /** Most sightings. */
  limit?: number
  /** Goes on after the page that gave this. */
  cursor?: string
}

/** Part of a timeline, the oldest sighting first. */
export interface Page {
  sightings: Sighting[]
  /** Where the next page begins; absent where this is the last. */
  next?: string
}

/** Keeps timelines. What was recorded is in the next reading, written down or not. Nothing here throws but `read` where a cursor is none of ours (RangeError). */
export interface Timelines {
  /** Adds sightings. Takes no time: what must be written is written in the background. @param objectIds - who was seen, each as often as there was a box of it */
  record (objectIds: readonly number[], sighting: Sighting): void
  /** A timeline, all of it unless told otherwise; undefined where the object was never seen. */
  read (objectId: number, excerpt?: Excerpt): Promise<Page | undefined>
  /** Highest number of an object that has a timeline, 0 where none has: numbers of objects go on from there. */
  highestId (): Promise<number>
  /** What stands in the way of keeping them, in words for an operator; undefined where nothing does. */
  readonly trouble: string | undefined
  /** Writes what is left, and ends. */
  close (): Promise<void>
}
