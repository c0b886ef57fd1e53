import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import t from 'tap'
import { figure, sized } from '../../long.ts'
import { createAddressPolicy } from '../../../lib/devices/address-policy.ts'
import type { Device } from '../../../lib/devices/device.ts'
import { createDeviceClient } from '../../../lib/devices/http-client.ts'
import { newId } from '../../../lib/devices/id.ts'
import { createDeviceWatch } from '../../../lib/devices/watch.ts'
import { description } from './device-server.ts'
import { openTestRegistry } from './test-registry.ts'

t.test('F28: many devices are probed at their interval, though one in ten hangs', { timeout: 120_000 }, async t => {
  const count = sized(100, 2000)
  const interval = sized(1000, 15_000)
  const hanging = (address: string) => address.endsWith('.1')
  const child = fork(path.join(import.meta.dirname, 'many-devices.ts'))
  t.teardown(() => child.kill())
  const [port] = await once(child, 'message') as [number]
  const policy = createAddressPolicy({ isLoopbackAllowed: true })
  const registry = await openTestRegistry(t)
  const client = createDeviceClient({ policy })
  const now = Date.now()
  for (let index = 0; index < count; index++) {
    const address = `127.1.${Math.floor(index / 10)}.${index % 10 + 1}`
    const device: Device = {
      id: newId(),
      name: `pi ${index}`,
      origin: 'registered',
      addresses: [address],
      port,
      tls: false,
      description,
      state: 'suspect',
      reason: undefined,
      since: now,
      lastSeen: now,
      okChecks: 0,
      failedChecks: 0,
      health: undefined,
      blacklisted: undefined,
      statusLog: [],
      labels: {},
      deployments: undefined,
      sessions: 1,
      createdAt: now
    }
    await registry.devices.insert(device)
  }
  let writes = 0
  const { update } = registry.devices
  const devices = {
    ...registry.devices,
    update: async (...given: Parameters<typeof update>) => {
      writes += 1
      return await update(...given)
    }
  }
  const watch = createDeviceWatch({ registry: { ...registry, devices }, client, policy, base: 'http://127.0.0.1:3000', events: { record () {} }, max: 10_000, interval, threshold: 5, timeout: sized(1000, 5000), addresses: () => ['127.0.0.1'] })
  const delay = monitorEventLoopDelay({ resolution: 5 })
  const allSeen = Promise.withResolvers<void>()
  t.teardown(async () => {
    await watch.close()
    await client.close()
  })
  const [well, lost, gone] = [new Set<string>(), new Set<string>(), new Set<string>()]
  watch.onChange(({ state, addresses: [address = ''] }) => {
    if (state === 'online') well.add(address)
    else if (well.has(address)) lost.add(address)
    if (state === 'offline') gone.add(address)
    if (well.size === count * 0.9) allSeen.resolve()
  })
  delay.enable()
  const before = process.cpuUsage()
  const startedAt = performance.now()
  await watch.lead(true)
  await allSeen.promise
  const first = performance.now() - startedAt
  // Three intervals of a running server.
  const { promise: over, resolve } = Promise.withResolvers<void>()
  setTimeout(resolve, 3 * interval)
  await over
  const { user, system } = process.cpuUsage(before)
  const seconds = (performance.now() - startedAt) / 1000
  const numbers = watch.numbers()
  figure(t, 'F28', `${count} devices every ${interval} ms, one in ten hangs: those that answer online in ${first.toFixed()} ms, then ${(numbers.probes / seconds).toFixed()} probes and ${(writes / seconds).toFixed()} writes a second, ${((user + system) / 1e4 / seconds).toFixed()} % of a core, latest probe ${numbers.latest.toFixed()} ms late, longest stall ${(delay.max / 1e6).toFixed()} ms, ${lost.size} of them suspect for a while`)
  child.send('counts')
  const [counts] = await once(child, 'message') as [Array<[address: string, times: number]>]
  const quick = counts.filter(([address]) => !hanging(address))
  t.equal(quick.length, count * 0.9)
  t.ok(quick.every(([, times]) => times >= 3), 'each of the others was asked again and again')
  t.strictSame([...gone].filter(address => !hanging(address)), [], 'none of the others was offline')
  t.match(numbers, { devices: count, faults: 0 })
  t.ok(writes < numbers.probes, `${writes} writes of ${numbers.probes} probes`)
})
