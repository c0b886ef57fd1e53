// What GET /requests answers: what became of the last requests to services, and nothing of what was in them.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'

const RecentStep = Type.Object({
  service: Type.String({ description: 'Name of the service.' }),
  role: Type.String({ description: 'modifier, preprocessor or handler.' }),
  kind: Type.String({ description: 'How it ended: done, cached, not-applicable, failed, late, cancelled; running where it had not when the request ended.' }),
  reason: Type.Optional(Type.String({ description: 'Why it failed: refused, broken, down, timeout, status, too-large, not-json, invalid, wrong-name, internal.' })),
  start: Type.Optional(Type.Number({ description: 'Milliseconds from the arrival of the request until it was asked; absent where it never was.' })),
  ms: Type.Number({ description: 'Milliseconds that it took.' }),
  cached: Type.Boolean({ description: 'True where its result was known before.' }),
  attempts: Type.Optional(Type.Integer({ description: 'How many replicas were asked, where it was more than one.' }))
})

/** One request. */
export const RecentRequest = Type.Object({
  number: Type.Integer({ description: 'Counts the requests of the process that answers, from 1.' }),
  id: Type.Optional(Type.String({ description: 'Its request_uuid; absent where it could not be read.' })),
  path: Type.String({ description: '/render or /render/preprocess.' }),
  route: Type.Optional(Type.String({ description: 'Route that it names; absent where it could not be read, or no service has it.' })),
  when: Type.Integer({ description: 'When it came, in milliseconds since 1970.' }),
  ms: Type.Number({ description: 'Milliseconds until its answer had gone out.' }),
  status: Type.Integer({ description: 'HTTP status; 499 where the client had gone.' }),
  end: Type.String({ description: 'answered, refused, cancelled (the client went) or failed.' }),
  code: Type.Optional(Type.String({ description: 'Code of the refusal or fault, such as TUTTI_BODY_TOO_LARGE; invalid where the schema of requests is not met.' })),
  steps: Type.Array(RecentStep, { description: 'Services in the order in which they were asked.' }),
  omittedSteps: Type.Integer({ description: 'Services that are not listed because there were too many.' })
})

/** The whole answer. */
export const RecentRequests = Type.Object({
  limit: Type.Integer({ description: 'RECENT_REQUESTS: how many are kept; 0 where none are.' }),
  requests: Type.Array(RecentRequest, { description: 'Requests that have ended, the newest first.' })
}, { description: 'What became of the last requests to services. With several processes: those of the process that answers.' })

/** The whole answer. */
export type RecentRequests = Static<typeof RecentRequests>
