// The services file: a list of services with their labels, for DISCOVERY=static.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'

const label = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])

/** One service: its labels, as in a compose file, and where its copies listen. */
export const ServiceEntry = Type.Object({
  labels: Type.Union([Type.Record(Type.String(), label), Type.Array(Type.String())], {
    description: 'Labels as in a compose file: a map, or a list of name=value. The prefix ca.mcgill.a11y.image. may be left out.'
  }),
  urls: Type.Optional(Type.Array(Type.String({ pattern: '^https?://[^/?#@\\s]+/?$' }), {
    description: 'Addresses of the copies, such as http://127.0.0.1:5000. Without any, http://<name>:<port label>.',
    minItems: 1,
    maxItems: 1000
  }))
}, { additionalProperties: false })

/** The whole file. */
export const ServicesFile = Type.Object({
  services: Type.Record(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' }), ServiceEntry, {
    description: 'Services by name, in the order in which they are listed.', additionalProperties: false, maxProperties: 10000
  })
}, { additionalProperties: false })

/** One service, as listed. */
export type ServiceEntry = Static<typeof ServiceEntry>
/** The file's content. */
export type ServicesFile = Static<typeof ServicesFile>
