// The data of the Text renderer: words to be spoken by a screen reader or shown in braille.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { DIALECT, SCHEMA_BASE } from '../definitions.ts'

/** The data of `ca.mcgill.a11y.image.renderer.Text`. */
export const Text = Type.Object({
  text: Type.String({ description: 'The words, in the language of the request; may hold simple HTML.' })
}, {
  $schema: DIALECT,
  $id: `${SCHEMA_BASE}renderers/text.schema.json`,
  description: 'A graphic in words.'
})

/** A graphic in words. */
export type Text = Static<typeof Text>
