// The data of the SimpleAudio renderer: one recording, played from start to end.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { DIALECT, SCHEMA_BASE } from '../definitions.ts'
import { AudioFile } from './definitions.ts'

/** The data of `ca.mcgill.a11y.image.renderer.SimpleAudio`. To compile it, a validator must know `RendererDefinitions` too. */
export const SimpleAudio = Type.Object({
  audio: AudioFile
}, {
  $schema: DIALECT,
  $id: `${SCHEMA_BASE}renderers/simpleaudio.schema.json`,
  description: 'A graphic as one recording.'
})

/** A graphic as one recording. */
export type SimpleAudio = Static<typeof SimpleAudio>
