// A registry in memory, for tests of what works with one. Things are kept as JSON, so that nobody shares them with whoever put them in.
import type { Device } from '../../../lib/devices/device.ts'
import { DevicesError } from '../../../lib/devices/devices-error.ts'
import type { Id } from '../../../lib/devices/id.ts'
import type { Collection, Query, Registry } from '../../../lib/devices/registry.ts'

/** A registry with switches. */
export interface MemoryRegistry extends Registry {
  /** Everything throws UNAVAILABLE while it is true. */
  isDown: boolean
  /** How often deployments have been written. */
  writes: number
  /** Another process that shares what is kept. It leads once the first has stopped to. */
  join (): MemoryRegistry
}

type Topic = 'devices' | 'deployments' | 'executions'
type Owned = { readonly id: Id, readonly name?: string, readonly subjectId?: Id, readonly deployment?: Id, readonly deploymentId?: Id, readonly moduleid?: Id, readonly nodeid?: Id, readonly time?: number, readonly createdAt?: number, readonly dateReceived?: number, readonly date?: number, readonly lastUpdated?: number }

interface Shared {
  readonly kinds: Map<string, Map<Id, string>>
  /** Devices by name. */
  readonly names: Map<string, Id>
  readonly listeners: Set<(topic: Topic, id: Id) => void>
  readonly line: Array<{ onChange: (isLeader: boolean) => void, isTold: boolean }>
  isDown: boolean
  writes: number
}

/** Makes an empty registry. */
export function memoryRegistry (): MemoryRegistry {
  return over({ kinds: new Map(), names: new Map(), listeners: new Set(), line: [], isDown: false, writes: 0 })
}

function over (shared: Shared): MemoryRegistry {
  const elect = () => {
    const [first] = shared.line
    if (first === undefined || first.isTold) return
    first.isTold = true
    first.onChange(true)
  }
  return {
    devices: collection<Device>(shared, 'devices', device => device.name),
    modules: collection(shared, 'modules'),
    deployments: collection(shared, 'deployments'),
    executions: collection(shared, 'executions'),
    events: collection(shared, 'events'),
    logs: collection(shared, 'logs'),
    moduleCards: collection(shared, 'moduleCards'),
    nodeCards: collection(shared, 'nodeCards'),
    dataSourceCards: collection(shared, 'dataSourceCards'),
    zones: collection(shared, 'zones'),
    certificates: collection(shared, 'certificates'),
    datalists: collection(shared, 'datalists'),
    tokens: collection(shared, 'tokens'),
    get isDown () { return shared.isDown },
    set isDown (isDown) { shared.isDown = isDown },
    get writes () { return shared.writes },
    set writes (writes) { shared.writes = writes },
    join: () => over(shared),

    lead (onChange) {
      const place = { onChange, isTold: false }
      shared.line.push(place)
      queueMicrotask(elect)
      return {
        async close () {
          const index = shared.line.indexOf(place)
          if (index === -1) return
          shared.line.splice(index, 1)
          if (place.isTold) onChange(false)
          elect()
        }
      }
    },

    notify (topic, id) {
      setImmediate(() => { for (const listener of shared.listeners) listener(topic, id) })
    },

    onNotified (listener) {
      shared.listeners.add(listener)
      return () => { shared.listeners.delete(listener) }
    },

    async backUp () { throw new DevicesError('UNAVAILABLE', 'What is in memory has no backup') },
    trouble: undefined,
    async close () {}
  }
}

function collection<Kind extends { readonly id: Id }> (shared: Shared, kind: string, uniqueName?: (each: Kind) => string): Collection<Kind> {
  const things = shared.kinds.get(kind) ?? new Map<Id, string>()
  shared.kinds.set(kind, things)
  const parse = (text: string) => JSON.parse(text) as Kind
  /** Whatever asks waits a turn, as it would for a database. */
  const ask = async <T>(work: () => T): Promise<T> => {
    await Promise.resolve()
    if (shared.isDown) throw new DevicesError('UNAVAILABLE', 'The database does not answer')
    return work()
  }
  const write = (each: Kind) => {
    if (kind === 'deployments') shared.writes += 1
    things.set(each.id, JSON.stringify(each))
  }
  const find = ({ name, owner, after, cursor, limit, newestFirst }: Query = {}) => {
    const found = [...things.values()].map(parse).sort((a, b) => a.id < b.id ? -1 : 1)
    if (newestFirst === true) found.reverse()
    return found.filter(each => {
      const owned = each as Owned
      return (name === undefined || owned.name === name) &&
        (owner === undefined || [owned.subjectId, owned.deployment, owned.deploymentId, owned.moduleid, owned.nodeid].includes(owner)) &&
        (after === undefined || (owned.dateReceived ?? owned.time ?? owned.date ?? owned.lastUpdated ?? owned.createdAt ?? 0) > after) &&
        (cursor === undefined || (newestFirst === true ? each.id < cursor : each.id > cursor))
    }).slice(0, limit)
  }
  return {
    get: id => ask(() => {
      const text = things.get(id)
      return text === undefined ? undefined : parse(text)
    }),
    list: query => ask(() => find(query)),
    count: query => ask(() => find(query).length),
    insert: each => ask(() => {
      if (things.has(each.id)) throw new DevicesError('CONFLICT', 'It is there already')
      if (uniqueName !== undefined) {
        const holder = shared.names.get(uniqueName(each))
        if (holder !== undefined && things.has(holder)) throw new DevicesError('CONFLICT', 'There is one of that name')
        shared.names.set(uniqueName(each), each.id)
      }
      write(each)
    }),
    update: (id, change) => ask(() => {
      const text = things.get(id)
      if (text === undefined) return undefined
      const changed = change(parse(text))
      if (changed !== undefined) write(changed)
      return changed ?? parse(text)
    }),
    remove: id => ask(() => things.delete(id)),
    removeAll: query => ask(() => {
      const found = find(query)
      for (const { id } of found) things.delete(id)
      return found.length
    })
  }
}
