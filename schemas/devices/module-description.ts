// How the functions of a module are described when it is told to the server: what `functions` of an upload holds, once lists that came as maps of indices are lists.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'

const oneOf = <const Text extends string>(texts: readonly Text[], description: string) => Type.Unsafe<Text>({ type: 'string', enum: texts, description })

const Name = (description: string) => Type.String({ description, minLength: 1, maxLength: 200 })

/** One function. Members beyond these are dropped. */
export const FunctionInput = Type.Object({
  method: oneOf(['get', 'post', 'put', 'delete'], 'Method of HTTP that calls it, in letters of any case. `get` runs at once, others are queued on the device.'),
  parameters: Type.Array(Type.Object({
    name: Name('Name in the query of the call.'),
    type: oneOf(['integer', 'float'], 'What it is.')
  }), { description: 'Parameters in the order in which the function takes them.', maxItems: 1000 }),
  output: Type.Optional(Type.String({ description: '`integer`, `float`, or the media type of the file that it writes; not needed where there is a mount of stage `output`.', maxLength: 255 })),
  mounts: Type.Array(Type.Object({
    name: Name('Name of the file for the function, and of the part of a form that brings it.'),
    mediaType: Type.Optional(Type.String({ description: 'Media type; for mounts of stage `output` alone: others have that of the file that is sent.', maxLength: 255 })),
    stage: oneOf(['deployment', 'execution', 'output'], 'When the file is there: with the deployment, with each call, or after one.')
  }), { description: 'Files that it reads and writes.', maxItems: 100 })
}, { description: 'How a function of a module is called.' })

/** One function. */
export type FunctionInput = Static<typeof FunctionInput>
