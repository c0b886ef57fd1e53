// The watch over the topology: whom it tells of what, and that it looks only while somebody is there.
import t from 'tap'
import { createTopology } from '../../../lib/discovery/topology.ts'
import type { Service, ServiceDiscovery } from '../../../lib/discovery/topology.ts'
import type { ReplicaState } from '../../../lib/graphics/replicas.ts'
import { createTopologyWatch } from '../../../lib/graphics/topology-watch.ts'

const service = (name: string) => ({ name, replicas: [{ id: name, origin: `http://${name}`, health: 'healthy' }] }) as unknown as Service

/** Services whose state a test changes, and a count of how often it was asked for. */
function surroundings () {
  const state = { inFlight: 0, failures: 0 }
  const seen = { topology: createTopology(1, [service('look'), service('speak')], [], 0), trouble: undefined as { cause: string, cure: string } | undefined, looks: 0 }
  const discovery = { current: () => seen.topology, status: () => ({ confirmedAt: 0, obstacle: undefined, trouble: seen.trouble }) } as unknown as ServiceDiscovery
  const replicaState = ({ id }: { id: string }): ReplicaState => {
    seen.looks += 1
    return id === 'look' ? { ...state } : { inFlight: 0, failures: 0 }
  }
  return { state, seen, watch: createTopologyWatch({ discovery, replicaState, interval: 1 }) }
}

t.test('tells of the replicas that do otherwise, and of everything where more has changed', async t => {
  const { state, seen, watch } = surroundings()
  const heard: unknown[] = []
  let wake = () => {}
  const next = async () => {
    while (heard.length === 0) await new Promise<void>(resolve => { wake = resolve })
    return heard.shift()
  }
  const stop = watch.follow(changed => {
    if (changed.length > 0) heard.push(changed)
    wake()
  })
  t.teardown(stop)
  state.inFlight = 2
  t.match(await next(), [{ name: 'look', replicas: [{ origin: 'http://look', inFlight: 2, failures: 0 }] }])
  seen.topology = createTopology(2, [service('speak')], [], 0)
  t.equal(await next(), 'topology')
  seen.trouble = { cause: 'a', cure: 'b' }
  t.equal(await next(), 'topology')
})

t.test('looks only while somebody listens', async t => {
  const { seen, watch } = surroundings()
  let wake = () => {}
  const stops = [watch.follow(() => wake()), watch.follow(() => {})]
  await new Promise<void>(resolve => { wake = resolve })
  for (const stop of stops) stop()
  const { looks } = seen
  // A timer that was begun after has come: the one of the watch would have been before it.
  await new Promise(resolve => setTimeout(resolve, 5))
  t.equal(seen.looks, looks)
})
