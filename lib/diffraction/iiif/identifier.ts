// Identifiers of frames in IIIF addresses: what a frame is, in one segment of a path.
import type { FrameSource } from '../frame.ts'

/** Whose frame, and which. */
export interface FrameName extends FrameSource {
  /** Number of the ESAF. */
  readonly esaf: number
}

/** Longest path of a file, in characters. */
export const longestFile = 4096

/** Writes a name as `esaf:file:frame`; percent-encoded it is a segment of a path. */
export function writeFrameName ({ esaf, file, frame }: FrameName): string {
  return `${esaf}:${file}:${frame}`
}

/**
 * Reads an identifier that has been percent-decoded: `esaf:file:frame`, or the same as base64url, which proxies that decode `%2F` leave alone.
 * @returns undefined where it is none
 */
export function readFrameName (identifier: string): FrameName | undefined {
  const text = identifier.includes(':') ? identifier : Buffer.from(identifier, 'base64url').toString()
  // Of several colons those between belong to the file.
  const [, esaf, file = '', frame] = /^(\d{1,9}):([^\0]+):(\d{1,9})$/s.exec(text) ?? []
  if (esaf === undefined || file.length > longestFile || Number(frame) < 1) return undefined
  return { esaf: Number(esaf), file, frame: Number(frame) }
}
