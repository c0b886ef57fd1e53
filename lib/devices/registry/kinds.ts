// What is asked for of each kind beside its id, and so stands in columns of its table. All else is in its JSON document.
import type { Collection, Registry } from '../registry.ts'

/** Names of the collections, which are also those of their tables. */
export type Table = { [Name in keyof Registry]: Registry[Name] extends { insert (each: never): Promise<void> } ? Name : never }[keyof Registry]

/** What is kept in a collection. */
export type KindOf<Name extends Table> = Registry[Name] extends Collection<infer Kind> ? Kind : never

/** What stands in columns. */
export interface Columns {
  readonly name?: string | undefined
  readonly owner?: string | undefined
  /** Milliseconds since 1970. */
  readonly time: number
}

/** Columns of each kind. */
export const kinds: { readonly [Name in Table]: (each: KindOf<Name>) => Columns } = {
  devices: ({ name, createdAt }) => ({ name, time: createdAt }),
  modules: ({ name, createdAt }) => ({ name, time: createdAt }),
  deployments: ({ name, createdAt }) => ({ name, time: createdAt }),
  executions: ({ deployment, createdAt }) => ({ owner: deployment, time: createdAt }),
  events: ({ subjectId, time }) => ({ owner: subjectId, time }),
  logs: ({ deviceName, deployment, dateReceived }) => ({ name: deviceName, owner: deployment, time: dateReceived }),
  moduleCards: ({ name, moduleid, dateReceived }) => ({ name, owner: moduleid, time: dateReceived }),
  nodeCards: ({ name, nodeid, dateReceived }) => ({ name, owner: nodeid, time: dateReceived }),
  dataSourceCards: ({ name, nodeid, dateReceived }) => ({ name, owner: nodeid, time: dateReceived }),
  zones: ({ zone, lastUpdated }) => ({ name: zone, time: lastUpdated }),
  certificates: ({ deploymentId, date }) => ({ owner: deploymentId, time: date }),
  datalists: ({ deployment }) => ({ owner: deployment, time: 0 }),
  tokens: ({ name, createdAt }) => ({ name, time: createdAt })
}
