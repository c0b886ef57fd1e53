// What GET /topology answers: the services that are there, what is wrong, and what a request of each route leads to.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'

const Trouble = Type.Object({
  cause: Type.String({ description: 'What is wrong.' }),
  cure: Type.String({ description: 'What the operator can do.' })
})

const Dependency = Type.Object({
  service: Type.String({ description: 'Name of the service whose results are wanted.' }),
  runs: Type.Boolean({ description: 'True where it is there; otherwise nobody waits for it.' })
})

/** One running copy of a service. */
export const ReplicaExplanation = Type.Object({
  id: Type.String({ description: 'Id of the container or task, or the origin where there is none.' }),
  origin: Type.String({ description: 'Where it is called.' }),
  health: Type.String({ description: 'healthy, or unchecked where it has no health check.' }),
  inFlight: Type.Integer({ description: 'Calls that are under way.' }),
  failures: Type.Integer({ description: 'Calls that have failed in a row.' }),
  setAsideUntil: Type.Optional(Type.String({ description: 'Until when it gets no calls because it failed, ISO 8601 in UTC; absent where it gets calls.' }))
})

/** One service, with what its labels say. */
export const ServiceExplanation = Type.Object({
  name: Type.String({ description: 'Name, which is its host name on a compose network.' }),
  roles: Type.Array(Type.String(), { description: 'What it is called for: modifier, preprocessor, handler.' }),
  routes: Type.Array(Type.String(), { description: 'Routes that it belongs to.' }),
  priority: Type.Optional(Type.Number({ description: 'Priority group of a preprocessor, lower first; absent where it has none or its label is no number.' })),
  required: Type.Array(Dependency, { description: 'Services whose results it needs.' }),
  optional: Type.Array(Dependency, { description: 'Services whose results it can use.' }),
  modifiesRequest: Type.Boolean({ description: 'True where its reply changes the request itself.' }),
  cacheSeconds: Type.Number({ description: 'Seconds that a result may be kept; 0 for never.' }),
  variesByLanguage: Type.Boolean({ description: 'True where its result depends on the language.' }),
  timeout: Type.Optional(Type.Number({ description: 'Milliseconds for its whole reply; absent where the server\'s own value holds.' })),
  concurrency: Type.Optional(Type.Number({ description: 'Calls in flight to one replica; absent where the server\'s own value holds.' })),
  retries: Type.Integer({ description: 'How often a call may be tried again at another replica.' }),
  replicas: Type.Array(ReplicaExplanation, { description: 'Its copies.' })
})

const Plan = Type.Object({
  stages: Type.Array(Type.Object({
    steps: Type.Array(Type.Object({
      service: Type.String({ description: 'Service that is called.' }),
      role: Type.String({ description: 'modifier, preprocessor or handler.' }),
      after: Type.Array(Type.String(), { description: 'Services of the same stage that must have settled first.' })
    }), { description: 'Calls; those that wait for nobody start at once.' })
  }), { description: 'One after the other: a stage starts when all of the one before has settled.' }),
  remarks: Type.Array(Type.String(), { description: 'Dependencies that cannot be honoured, and why.' })
})

/** The whole answer. */
export const TopologyExplanation = Type.Object({
  provider: Type.String({ description: 'Where services are found: static, docker or swarm.' }),
  revision: Type.Integer({ description: 'Number of this list of services; grows with every change.' }),
  takenAt: Type.Optional(Type.String({ description: 'When it was made, ISO 8601 in UTC; absent before services have been found.' })),
  confirmedAt: Type.Optional(Type.String({ description: 'When it was last known to be true, ISO 8601 in UTC.' })),
  ageSeconds: Type.Optional(Type.Number({ description: 'Seconds since then.' })),
  obstacle: Type.Optional(Type.Object(Trouble.properties, { description: 'Why there is no list yet; requests are refused.' })),
  trouble: Type.Optional(Type.Object(Trouble.properties, { description: 'Why the list may be out of date; it serves on.' })),
  parallel: Type.Boolean({ description: 'PARALLEL_PREPROCESSORS: true for a graph, false for one preprocessor after the other.' }),
  services: Type.Array(ServiceExplanation, { description: 'Services in the order in which they were found.' }),
  problems: Type.Array(Type.Object({
    service: Type.String({ description: 'Service or container.' }),
    ...Trouble.properties
  }), { description: 'What was skipped or corrected.' }),
  plans: Type.Array(Type.Object({
    route: Type.String({ description: 'Route that a request names.' }),
    render: Type.Object(Plan.properties, { description: 'What POST /render does.' }),
    preprocess: Type.Object(Plan.properties, { description: 'What POST /render/preprocess does.' })
  }), { description: 'One entry for each route.' }),
  omitted: Type.Object({
    services: Type.Integer({ description: 'Services that are not listed.' }),
    problems: Type.Integer({ description: 'Problems that are not listed.' }),
    plans: Type.Integer({ description: 'Routes whose plans are not shown; ask for one with ?route=.' })
  }, { description: 'What was left out because the answer would have become too long.' })
}, { description: 'The services that are there, what is wrong, and what a request of each route leads to.' })

/** One running copy of a service. */
export type ReplicaExplanation = Static<typeof ReplicaExplanation>
/** One service, with what its labels say. */
export type ServiceExplanation = Static<typeof ServiceExplanation>
/** The whole answer. */
export type TopologyExplanation = Static<typeof TopologyExplanation>

/** What may be asked of GET /topology. */
export const TopologyQuery = Type.Object({
  format: Type.Optional(Type.String({ pattern: '^(json|mermaid)$', description: 'json (default), or mermaid for a flowchart of what POST /render does.' })),
  route: Type.Optional(Type.String({ pattern: '^\\w{1,4096}$', description: 'Only this route; with mermaid, default where nothing is said.' }))
})

/** What may be asked of GET /topology. */
export type TopologyQuery = Static<typeof TopologyQuery>
