// Devices: opens what is kept, what looks after devices, deployments and executions, joins them, and closes them in order.
import { rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { codeOf } from '../lib/error-code.ts'
import { wrongValue } from '../lib/configuration.ts'
import type { Configuration } from '../lib/configuration.ts'
import { createAddressPolicy } from '../lib/devices/address-policy.ts'
import { createDatalists, ensureCoreModules } from '../lib/devices/datalist.ts'
import type { Datalists } from '../lib/devices/datalist.ts'
import { createDeployments } from '../lib/devices/deployments.ts'
import type { Deployments } from '../lib/devices/deployments.ts'
import { DevicesError } from '../lib/devices/devices-error.ts'
import type { MdnsTransport } from '../lib/devices/discovery/mdns-transport.ts'
import { createEnrolment } from '../lib/devices/enrolment.ts'
import type { Enrolment } from '../lib/devices/enrolment.ts'
import { createEvents } from '../lib/devices/events.ts'
import type { Events } from '../lib/devices/events.ts'
import { createExecutions } from '../lib/devices/execution/executions.ts'
import type { Executions } from '../lib/devices/execution/executions.ts'
import { openInputs } from '../lib/devices/execution/inputs.ts'
import type { Inputs } from '../lib/devices/execution/inputs.ts'
import { openFileStore } from '../lib/devices/files/store.ts'
import { createDeviceClient } from '../lib/devices/http-client.ts'
import { createLogs } from '../lib/devices/logs.ts'
import type { Logs } from '../lib/devices/logs.ts'
import { createAnalyser } from '../lib/devices/modules/analyser.ts'
import { createModules } from '../lib/devices/modules/modules.ts'
import type { Modules } from '../lib/devices/modules/modules.ts'
import { createPlanner } from '../lib/devices/placement/planner.ts'
import { createReconciler } from '../lib/devices/reconcile/reconciler.ts'
import { forget } from '../lib/devices/registry/forget.ts'
import { openRegistry } from '../lib/devices/registry/open.ts'
import type { Registry } from '../lib/devices/registry.ts'
import { createSelfDevice } from '../lib/devices/self-device.ts'
import { createDeviceWatch } from '../lib/devices/watch.ts'
import type { DeviceWatch } from '../lib/devices/watch.ts'
import { addDevicesMetrics } from '../lib/metrics/devices.ts'
import type { DevicesCounts } from '../lib/metrics/devices.ts'
import { listensOnLoopbackOnly } from '../lib/operator.ts'

/** Everything about devices. */
export interface Devices {
  readonly registry: Registry
  readonly modules: Modules
  readonly watch: DeviceWatch
  readonly deployments: Deployments
  readonly executions: Executions
  readonly inputs: Inputs
  readonly events: Events
  readonly enrolment: Enrolment
  readonly datalists: Datalists
  /** Under which devices reach this server, without a slash at its end. */
  readonly base: string
  readonly logs: Logs
  /** Whether what is kept cannot be read or written at the moment. */
  isTroubled (): boolean
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Everything about devices. */
    devices: Devices
  }
}

/** Milliseconds between two rounds in which what is old is forgotten. */
const forgetEvery = 3600_000

/** Milliseconds in a day. */
const day = 86_400_000

/** What devices are beyond their configuration. */
export interface DevicesOptions {
  /** Instead of the network's, for tests. */
  readonly transport?: MdnsTransport | undefined
}

export default fp<DevicesOptions>(async (app, options) => {
  const { config, log, metrics } = app
  const folder = path.resolve(config.DATA_DIR, 'devices')
  const base = baseOf(config)
  const isLoopbackAllowed = listensOnLoopbackOnly([config.HOST === 'localhost' ? '127.0.0.1' : config.HOST])
  const policy = createAddressPolicy({ networks: config.DEVICES_ADDRESSES, isLoopbackAllowed })

  const registry = await open('DATA_DIR', config, async () => await openRegistry({
    folder,
    databaseUrl: config.DATABASE_URL,
    onTrouble: trouble => trouble === undefined ? log.info('what is kept of devices can be read and written again') : log.error({ trouble }, 'what is kept of devices cannot be read or written')
  }))
  const files = await open('DATA_DIR', config, async () => await openFileStore({ folder: path.join(folder, 'files'), maxBytes: config.DEVICES_MAX_STORED, maxFile: Math.max(config.DEVICES_MAX_FILE, config.DEVICES_MAX_MODULE) }))
  const inputs = await openInputs({ folder: path.join(folder, 'inputs'), maxFile: config.DEVICES_MAX_FILE })
  const transport = options.transport ?? (config.DEVICES_MDNS === 'on' ? await openTransport(app) : undefined)
  const events = createEvents({ registry, limit: config.DEVICES_MAX_LOGS })
  const analyser = createAnalyser({ largest: config.DEVICES_MAX_MODULE })
  const client = createDeviceClient({
    policy,
    publicHost: new URL(base).hostname,
    probeTimeout: config.HEALTH_CHECK_TIMEOUT,
    timeout: config.DEVICES_TIMEOUT,
    callTimeout: config.EXECUTION_TIMEOUT * 1000,
    maxFile: config.DEVICES_MAX_FILE
  })
  const watch = createDeviceWatch({
    registry,
    client,
    policy,
    transport,
    base,
    events,
    max: config.DEVICES_MAX_DEVICES,
    interval: config.HEALTH_CHECK_INTERVAL * 1000,
    threshold: config.HEALTH_CHECK_THRESHOLD,
    timeout: config.HEALTH_CHECK_TIMEOUT
  })
  const planner = createPlanner({ base, risk: riskOf(config) })
  const datalists = createDatalists({ registry, base: () => base })
  const reconciler = createReconciler({ registry, client, planner, events, timeout: config.DEVICES_TIMEOUT, self: createSelfDevice(datalists) })
  const deployments = createDeployments({ registry, planner, reconciler, events })
  const modules = createModules({
    registry,
    files,
    analyser,
    maxModule: config.DEVICES_MAX_MODULE,
    maxFile: config.DEVICES_MAX_FILE,
    onChanged: id => deployments.moduleChanged(id)
  })
  const counts = addDevicesMetrics(metrics.registry, atMostOften(() => {
    const { blacklisted, failedProbes, isLeading, latest, offline, online, probes, suspect } = watch.numbers()
    return {
      devices: { online, suspect, offline, blacklisted },
      isLeading,
      probes,
      failedProbes,
      probeDelay: latest / 1000,
      isTroubled: registry.trouble !== undefined,
      storedBytes: files.usage().bytes,
      running: executions.inFlight,
      lostEvents: events.lost
    }
  }))
  const executions = createExecutions({ registry, client, files, datalists, timeout: config.EXECUTION_TIMEOUT * 1000, most: config.EXECUTIONS, maxFile: config.DEVICES_MAX_FILE, events: counted(events, counts) })

  /** Reads what another orchestrator has exported, once, into what is empty. */
  const readInit = async () => {
    const { WASMIOT_INIT_FOLDER: init } = config
    if (init === undefined) return
    // Loaded where it is needed: once in the life of most servers.
    const { readInitFolder } = await import('../lib/devices/registry/init-folder.ts')
    const analyse = async (bytes: Uint8Array) => {
      const file = path.join(folder, `init-${process.pid}.wasm`)
      await writeFile(file, bytes, { mode: 0o600 })
      try {
        return await analyser.analyse(file)
      } finally {
        await rm(file, { force: true })
      }
    }
    const { read, warnings } = await readInitFolder(init, { registry, files, analyse, maxModule: config.DEVICES_MAX_MODULE })
    for (const warning of warnings) log.warn(warning)
    if (read !== undefined) log.info(read, 'the init folder has been read')
  }
  // Of several servers that share a database the one that leads reads it.
  if (config.DATABASE_URL === undefined) await readInit()

  const unfollow = watch.onChange(reconciler.deviceChanged)
  const logs = createLogs({ registry, most: config.DEVICES_MAX_LOGS, onKept: counts.log })
  await ensureCoreModules(registry)
  if (config.WASMIOT_CLEAR_LOGS === 'true') await registry.logs.removeAll()

  const devices: Devices = {
    registry,
    modules,
    watch,
    deployments,
    executions,
    inputs,
    events,
    enrolment: createEnrolment(registry),
    datalists,
    base,
    logs,
    isTroubled: () => registry.trouble !== undefined
  }
  app.decorate('devices', devices)

  /** Forgets what is old, and removes files that nobody refers to. */
  const tidy = async () => {
    await forget(registry, { before: Date.now() - config.DEVICES_DAYS * day, mostLogs: config.DEVICES_MAX_LOGS })
    await datalists.sweep()
    await files.sweep(new Set([...await modules.referenced(), ...await executions.referenced()]))
  }
  const tidyLater = () => { tidy().catch(error => log.warn({ code: codeOf(error) }, 'what is old of devices could not be forgotten')) }
  let timer: NodeJS.Timeout | undefined
  const onLead = async (isLeader: boolean) => {
    clearInterval(timer)
    if (isLeader) {
      if (config.DATABASE_URL !== undefined) await readInit()
      timer = setInterval(tidyLater, forgetEvery)
      tidyLater()
    }
    await Promise.all([watch.lead(isLeader), reconciler.lead(isLeader), executions.lead(isLeader)])
  }
  let lead: { close (): Promise<void> } | undefined
  app.addHook('onReady', async () => {
    lead = registry.lead(isLeader => {
      if (!app.stopping.aborted) log.info({ isLeader }, isLeader ? 'this server looks after devices' : 'another server looks after devices')
      onLead(isLeader).catch(error => log.error({ code: codeOf(error) }, 'devices cannot be looked after now; the server tries on'))
    })
  })

  app.addHook('onClose', async () => {
    clearInterval(timer)
    unfollow()
    // Nothing new; what runs ends here, and is told so.
    await executions.close()
    await reconciler.close()
    await watch.close()
    await lead?.close()
    await events.close()
    await Promise.all([client.close(), analyser.close()])
    transport?.close()
    await registry.close()
  })
}, { name: 'devices', dependencies: ['config', 'metrics', 'shutdown'] })

/** Events of executions, counted as they end. */
function counted (events: Events, counts: DevicesCounts): Pick<Events, 'record'> {
  return {
    record (event) {
      if (event.subject === 'execution') counts.execution(event.reason.replace(/^Execution/, '').toLowerCase())
      events.record(event)
    }
  }
}

/** Where devices reach this server. */
function baseOf ({ PORT, PUBLIC_HOST, PUBLIC_PORT, SSL_ONLY, USE_INTERNAL_HOST }: Configuration): string {
  const host = PUBLIC_HOST === undefined || USE_INTERNAL_HOST === 'true' ? `${SSL_ONLY === 'on' ? 'https' : 'http'}://${hostname()}` : PUBLIC_HOST.replace(/\/$/, '')
  return `${host}:${PUBLIC_PORT ?? PORT}`
}

function riskOf ({ DEVICES_RISK }: Configuration): 'off' | 'warn' | 'enforce' {
  return DEVICES_RISK === 'off' || DEVICES_RISK === 'enforce' ? DEVICES_RISK : 'warn'
}

/** Opens something on disk or in a database. @throws ConfigurationError where that cannot be, so that the server does not start */
async function open<Opened> (variable: 'DATA_DIR', { DATA_DIR, DATABASE_URL }: Configuration, how: () => Promise<Opened>): Promise<Opened> {
  try {
    return await how()
  } catch (error) {
    if (!(error instanceof DevicesError)) throw error
    if (DATABASE_URL !== undefined) throw wrongValue('DATABASE_URL', '', `a PostgreSQL database that can be used. ${error.message}`)
    throw wrongValue(variable, DATA_DIR, `a folder that devices can be kept in. ${error.message}`)
  }
}

/** Joins multicast DNS; a network without it is no reason not to start. */
async function openTransport ({ log }: FastifyInstance): Promise<MdnsTransport | undefined> {
  // Loaded where it is needed.
  const { openMulticast } = await import('../lib/devices/discovery/multicast.ts')
  return await openMulticast().catch(error => {
    log.warn({ code: codeOf(error) }, 'devices are not looked for by multicast DNS, because it cannot be had here. Register them, or set DEVICES_MDNS=off')
    return undefined
  })
}

/** Metrics ask for numbers one by one, and one answer does for all of them. */
function atMostOften<Numbers> (read: () => Numbers): () => Numbers {
  let last: { readonly at: number, readonly numbers: Numbers } | undefined
  return () => {
    if (last === undefined || performance.now() - last.at > 100) last = { at: performance.now(), numbers: read() }
    return last.numbers
  }
}
