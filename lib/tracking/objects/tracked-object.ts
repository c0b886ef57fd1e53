// An object that is being tracked, as every part of the module sees it.

/** An object that a client has asked to track. Never changed: what changes is replaced. */
export interface TrackedObject {
  /** Its number; from 1, never used again. */
  readonly id: number
  /** JSON text of the picture it was started with; undefined where there was none. */
  readonly image: Buffer | undefined
  /** JSON text of its feature map; `{}` until a processor has sent one. */
  readonly featureMap: Buffer
  /** When it was started, in milliseconds since 1970. */
  readonly startedAt: number
  /** When it was seen last, in milliseconds since 1970; that of its start where it has not been seen. */
  readonly seenAt: number
}
