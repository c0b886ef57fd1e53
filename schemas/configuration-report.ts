// What GET /configuration answers: what a server runs with, without its secrets.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { moduleNames } from './config.ts'

const Variable = Type.Object({
  name: Type.String({ description: 'Name of the environment variable.' }),
  module: Type.Union([Type.Literal('server'), ...moduleNames.map(name => Type.Literal(name))], { description: 'The module that reads it; server where several do, or all.' }),
  description: Type.String({ description: 'What it means, in English; names of variables and values stand between backticks.' }),
  allowed: Type.String({ description: 'Words that complete "it must be …".' }),
  unit: Type.Optional(Type.String({ description: 'Unit of a number.' })),
  default: Type.Optional(Type.String({ description: 'Its value where the environment has none; absent where there is no default.' })),
  value: Type.Optional(Type.String({ description: 'Its value, as the environment or the default writes it; absent where there is none, and always for secrets. Addresses are without credentials and queries.' })),
  isSet: Type.Boolean({ description: 'Whether the environment sets it.' }),
  isSecret: Type.Boolean({ description: 'Whether its value is never given.' })
})

/** What a server runs with. */
export const ConfigurationReport = Type.Object({
  versions: Type.Object({
    tutti: Type.String({ description: 'Version of Tutti.' }),
    node: Type.String({ description: 'Version of Node.js.' }),
    revision: Type.Optional(Type.String({ description: 'Commit that the server was built from; absent where nobody has said it.' }))
  }, { description: 'What runs.' }),
  modules: Type.Array(Type.String(), { description: 'Modules that are switched on.' }),
  startedAt: Type.String({ description: 'When the process that answers was started, ISO 8601 in UTC.' }),
  variables: Type.Array(Variable, { description: 'Every variable of the server and of the modules in use.' })
})

/** What a server runs with. */
export type ConfigurationReport = Static<typeof ConfigurationReport>
