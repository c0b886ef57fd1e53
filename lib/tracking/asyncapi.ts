// The messages of /client and /processor as a document of AsyncAPI 3.0 (https://www.asyncapi.com/docs/reference/specification/v3.0.0), made from their schemas.
import type { TObject } from '@sinclair/typebox'
import {
  clientReceives, clientReceivesBesides, clientSends, clientSendsBesides, peerReceivesBesides, processorReceives, processorSends
} from '../../schemas/tracking/messages.ts'
import { examples } from '../../schemas/tracking/examples.ts'
import { listCloseCodes } from './connections/close-code-meanings.ts'

/** The subprotocol with the additions. */
export const subprotocol = 'tutti.v1'

/** A reference to another part of the document. */
export interface Reference { $ref: string }

/** A message. */
export interface MessageObject {
  /** What stands in `type`. */
  name: string
  title: string
  summary: string
  contentType: 'application/json'
  payload: TObject
  examples: Array<{ payload: object }>
  /** There where only peers that have asked for the subprotocol send or get it. */
  'x-subprotocol'?: string
}

/** One of the two WebSockets. */
export interface ChannelObject {
  address: string
  title: string
  description: string
  messages: Record<string, Reference>
  bindings: object
}

/** Messages of a channel in one direction, seen from the server. */
export interface OperationObject {
  action: 'send' | 'receive'
  channel: Reference
  summary: string
  messages: Reference[]
}

/** The document. */
export interface AsyncApiDocument {
  asyncapi: '3.0.0'
  info: { title: string, version: string, description: string, license: { name: string, url: string } }
  defaultContentType: 'application/json'
  channels: Record<string, ChannelObject>
  operations: Record<string, OperationObject>
  components: { messages: Record<string, MessageObject> }
  /** What it means when the server closes a connection with a code. */
  'x-close-codes': ReturnType<typeof listCloseCodes>
}

const description = 'What clients and camera processors send to each other through Tutti: one JSON object a message, with a `type`. ' +
  'Members and values that are passed on keep their spelling, numbers too: `12.0` stays `12.0`. Members that are not named here are ignored. ' +
  `A connection that asks for the subprotocol \`${subprotocol}\` gets answers and more besides; one that does not gets what the processor orchestrator of TrackTech sends, and nothing else.`

const headers = {
  type: 'object',
  properties: {
    'Sec-WebSocket-Protocol': { type: 'string', enum: [subprotocol], description: `Asks for the additions of \`${subprotocol}\`; without it there are none.` },
    Origin: { type: 'string', description: 'Page that connects. One of `TRACKING_ORIGINS`, where the operator has named any.' }
  }
}

type Messages = Readonly<Record<string, TObject>>

/** Messages in one direction, and those of `tutti.v1` besides. */
type Direction = readonly [usual: Messages, besides: Messages]

const sides: Readonly<Record<string, { title: string, description: string, sends: Direction, receives: Direction }>> = {
  client: {
    title: 'Clients',
    description: 'What operators look at: it shows boxes, and says what is to be tracked.',
    sends: [clientSends, clientSendsBesides],
    receives: [clientReceives, { ...peerReceivesBesides, ...clientReceivesBesides }]
  },
  processor: {
    title: 'Processors',
    description: 'What looks at the pictures of a camera: it says what is where, and learns what to track.',
    sends: [processorSends, {}],
    receives: [processorReceives, peerReceivesBesides]
  }
}

/** Makes the document. */
export function asyncApiDocument (): AsyncApiDocument {
  const document: AsyncApiDocument = {
    asyncapi: '3.0.0',
    info: { title: 'Tutti tracking', version: '1', description, license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' } },
    defaultContentType: 'application/json',
    channels: {},
    operations: {},
    components: { messages: {} },
    'x-close-codes': listCloseCodes()
  }
  for (const [name, { title, description, sends, receives }] of Object.entries(sides)) {
    const messages: Record<string, Reference> = {}
    for (const [usual, besides] of [sends, receives]) {
      for (const [key, schema] of Object.entries({ ...usual, ...besides })) {
        document.components.messages[key] = messageObject(key, schema, key in besides)
        messages[key] = { $ref: `#/components/messages/${key}` }
      }
    }
    document.channels[name] = { address: `/${name}`, title, description, messages, bindings: { ws: { method: 'GET', headers, bindingVersion: '0.1.0' } } }
    const operation = (action: OperationObject['action'], summary: string, groups: Direction): OperationObject => ({
      action,
      channel: { $ref: `#/channels/${name}` },
      summary,
      messages: groups.flatMap(group => Object.keys(group)).map(key => ({ $ref: `#/channels/${name}/messages/${key}` }))
    })
    document.operations[`${name}Sends`] = operation('receive', `What a ${name} sends`, sends)
    document.operations[`${name}Receives`] = operation('send', `What a ${name} is sent`, receives)
  }
  return document
}

function messageObject (key: string, schema: TObject, isBesides: boolean): MessageObject {
  const name = String(schema.properties.type?.const)
  return {
    name,
    title: name,
    summary: schema.description ?? '',
    contentType: 'application/json',
    payload: schema,
    examples: [{ payload: examples[key as keyof typeof examples] }],
    ...isBesides ? { 'x-subprotocol': subprotocol } : {}
  }
}
