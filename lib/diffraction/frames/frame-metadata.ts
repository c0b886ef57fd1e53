// What is told of a frame besides what its file says.
import type { FrameSource } from '../frame.ts'
import type { Metadata, MetadataItem } from '../metadata.ts'
import type { Facts } from './errand.ts'

const integer = (value: number): MetadataItem => ({ kind: 'integer', value })

/**
 * The metadata of a frame: what the file says, and `first_frame`, `last_frame`, `frame` and `fn` (the file as it was asked for), as the LS-CAT image server adds them; also
 * `filepath`, the same as `fn`, where there is a `filename`.
 */
export function metadataOf ({ metadata, frames }: Pick<Facts, 'metadata' | 'frames'>, { file, frame }: FrameSource): Metadata {
  const fn: MetadataItem = { kind: 'string', value: file }
  const path = metadata.filename === undefined ? undefined : { filepath: fn }
  return Object.assign(Object.create(null), path, metadata, { first_frame: integer(1), last_frame: integer(frames), fn, frame: integer(frame) })
}
