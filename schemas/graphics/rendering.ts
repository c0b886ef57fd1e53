// One rendering: what a handler made of a graphic, in the form that one kind of client software can present.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { WEB_ADDRESS_PATTERN } from './patterns.ts'

/** Who made something and under which terms. Stands in definitions.json under `metadata`. */
export const Metadata = Type.Object({
  homepage: Type.Optional(Type.String({ pattern: WEB_ADDRESS_PATTERN, description: 'Web address where the maker tells more.' })),
  description: Type.Optional(Type.String({ maxLength: 300, description: 'What made this and how, for people; at most 300 characters.' })),
  license: Type.Optional(Type.String({ description: 'Licence under which the result may be used, as a name or an SPDX identifier.' }))
}, { description: 'Who made something and under which terms.' })

/** Who made something and under which terms. */
export type Metadata = Static<typeof Metadata>

/** The data of a rendering; its `type_id` says which schema it follows. */
export const RenderingContent = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  description: 'The rendering itself; the schema that it follows belongs to the renderer named by type_id.'
})

/**
 * One rendering, as it stands in definitions.json under `rendering`. Its references are relative to that file: elsewhere use `RenderingReference`
 * of definitions.ts. Unknown members are allowed and travel on unchanged.
 */
export const Rendering = Type.Object({
  type_id: Type.Unsafe<string>({ $ref: '#/definitions/renderer', description: 'Name of the renderer that can present this rendering.' }),
  confidence: Type.Optional(Type.Number({ minimum: 0, maximum: 100, description: 'How sure the handler is of this rendering, in per cent.' })),
  description: Type.String({ maxLength: 300, description: 'What the user will get, in the language of the request; at most 300 characters.' }),
  metadata: Type.Optional(Type.Unsafe<Metadata>({ $ref: '#/definitions/metadata', description: 'Who made the rendering and under which terms.' })),
  data_schema: Type.Optional(Type.Unsafe<string>({ $ref: '#/definitions/data_schema', description: 'Web address of the schema that the data follows.' })),
  data: RenderingContent
}, { description: 'A graphic in a form that one kind of client software can present.' })

/** One rendering: what a handler made of a graphic, in the form that one kind of client software can present. */
export type Rendering = Static<typeof Rendering>
