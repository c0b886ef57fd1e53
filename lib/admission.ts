// Bounds on what is taken in at one time: so many requests, so many bytes of bodies. What is beyond is refused before it is read.

/** What is taken in now. */
export interface AdmissionState {
  /** Requests that have a place. */
  requests: number
  /** Bytes of bodies that they hold, or have announced. */
  bytes: number
  /** Requests refused since the start. */
  refused: number
}

/** The place of one request. */
export interface Place {
  /** Says how many bytes the body has in the end. Only a smaller number counts: what was promised stays the most. */
  settle (bytes: number): void
  /** Gives the place back; again and again does no harm. */
  release (): void
}

/** Gives places to requests. */
export interface Admission {
  /**
   * Asks for a place.
   * @param bytes - most bytes that the body can take, 0 or more
   * @returns undefined where there is none. A body alone always has one, however large: it would never get in otherwise
   */
  admit (bytes: number): Place | undefined
  /** What is taken in now. */
  state (): AdmissionState
}

/** Bounds of an admission, each at least 1. */
export interface AdmissionOptions { maxRequests: number, maxBytes: number }

/** Makes an admission that has given no place. */
export function createAdmission ({ maxRequests, maxBytes }: AdmissionOptions): Admission {
  const state: AdmissionState = { requests: 0, bytes: 0, refused: 0 }
  return {
    admit (bytes) {
      const isFull = state.requests >= maxRequests || (bytes > 0 && state.bytes > 0 && state.bytes + bytes > maxBytes)
      if (isFull) {
        state.refused += 1
        return undefined
      }
      let held = bytes
      let isReleased = false
      state.requests += 1
      state.bytes += held
      return {
        settle (size) {
          if (isReleased || size >= held) return
          state.bytes += size - held
          held = size
        },
        release () {
          if (isReleased) return
          isReleased = true
          state.requests -= 1
          state.bytes -= held
        }
      }
    },
    state: () => ({ ...state })
  }
}

/** The headers that say how large a body is, as received. */
export interface LengthHeaders {
  'content-length'?: string | undefined
  'transfer-encoding'?: string | undefined
  'content-encoding'?: string | undefined
}

/**
 * The most bytes that a body can take, by its headers: those announced; the limit where none are (RFC 9112, section 6.1); and what it may
 * inflate to besides, where it is compressed.
 * @param maxBody - the limit of a body, before and after decompression, in bytes; what announces more is refused unread and takes nothing
 */
export function mostBodyBytes (headers: LengthHeaders, maxBody: number): number {
  const isChunked = headers['transfer-encoding'] !== undefined
  const announced = isChunked ? maxBody : Number(headers['content-length'] ?? 0)
  if (announced === 0 || announced > maxBody) return 0
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase()
  return encoding === '' || encoding === 'identity' ? announced : announced + maxBody
}
