// What GET /tracking/state answers: who is connected and how fast things go, and nothing of what is seen or sent.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'

/** Most entries of each list. */
export const most = { processors: 500, clients: 200, cameras: 10, objects: 10 }

const id = Type.String({ description: 'What the log calls the connection (`reqId`). It says nothing about who it is.' })
const since = Type.Integer({ description: 'When it came, in milliseconds since 1970.' })
const count = (description: string) => Type.Integer({ description, minimum: 0 })
const rate = (description: string) => Type.Number({ description: `${description} In a second, over \`window\`.`, minimum: 0 })

const ProcessorState = Type.Object({
  id,
  name: Type.Optional(Type.String({ description: 'Identifier of its camera; absent where it has given none.' })),
  isRegistered: Type.Boolean({ description: 'False where it answers for no camera: it has given no identifier, or another one has taken its place.' }),
  since,
  messagesPerSecond: rate('Messages that it sends.'),
  boxesPerSecond: rate('Boxes that it sends.'),
  last: Type.Optional(Type.Integer({ description: 'When its last message came, in milliseconds since 1970; absent where none did.' }))
})

const ClientState = Type.Object({
  id,
  since,
  cameras: Type.Optional(Type.Array(Type.String(), { description: `Identifiers of cameras whose boxes it wants, the first ${most.cameras}; absent where it wants all.` })),
  omittedCameras: count('How many more of them there are.'),
  objects: Type.Optional(Type.Array(Type.Number(), { description: `Numbers of objects that it wants to hear of, the first ${most.objects}; absent where it wants all.` })),
  omittedObjects: count('How many more of them there are.'),
  usesImages: Type.Boolean({ description: 'Whether it is told of new objects with their pictures.' }),
  unread: count('Bytes that wait for it.'),
  dropped: count('Boxes that it was not sent because newer ones of the same camera came: messages, since it came.'),
  messagesPerSecond: rate('Messages that it is sent.')
})

/** The whole answer. */
export const TrackingState = Type.Object({
  time: Type.Integer({ description: 'When this was so, in milliseconds since 1970.' }),
  window: Type.Number({ description: 'Seconds before `time` over which rates were counted: about one.' }),
  totals: Type.Object({
    processors: count('Processors that are connected.'),
    clients: count('Clients that are connected.'),
    cameras: count('Cameras that a processor answers for, at all processes and servers that share.'),
    objects: count('Objects that are followed, likewise.'),
    messagesInPerSecond: rate('Messages of processors and clients.'),
    messagesOutPerSecond: rate('Messages to processors and clients that are connected.'),
    boxesPerSecond: rate('Boxes of processors that are connected.'),
    unread: count('Bytes that wait for processors and clients.'),
    dropped: count('Boxes that were not sent because newer ones came: messages, since the start.')
  }),
  processors: Type.Array(ProcessorState, { description: `Processors that are connected, the oldest first; of more than ${most.processors} the oldest.`, maxItems: most.processors }),
  omittedProcessors: count('Processors that are not listed because there are too many.'),
  clients: Type.Array(ClientState, { description: `Clients that are connected, the oldest first; of more than ${most.clients} those for whom most waits, then those who missed most.`, maxItems: most.clients }),
  omittedClients: count('Clients that are not listed because there are too many.')
}, { description: 'Who is connected to /processor and /client. With several processes: of the process that answers.' })

/** The whole answer. */
export type TrackingState = Static<typeof TrackingState>
