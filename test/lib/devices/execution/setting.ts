// What tests of executions need: a device that answers over real HTTP as a test says, a deployment that is ready on it, and executions over a registry and a store.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import path from 'node:path'
import type { Test } from 'tap'
import { createAddressPolicy } from '../../../../lib/devices/address-policy.ts'
import { createDatalists } from '../../../../lib/devices/datalist.ts'
import type { Deployment, Endpoint, NodeMount } from '../../../../lib/devices/deployment.ts'
import type { Device } from '../../../../lib/devices/device.ts'
import { createExecutions } from '../../../../lib/devices/execution/executions.ts'
import type { ExecutionsOptions } from '../../../../lib/devices/execution/executions.ts'
import { openInputs } from '../../../../lib/devices/execution/inputs.ts'
import { openFileStore } from '../../../../lib/devices/files/store.ts'
import { createDeviceClient } from '../../../../lib/devices/http-client.ts'
import { newId } from '../../../../lib/devices/id.ts'
import type { DevicesEvent } from '../../../../lib/devices/registry.ts'
import { memoryRegistry } from '../memory-registry.ts'

/** A device. */
export interface TestDevice {
  readonly port: number
  readonly url: string
  /** Methods and URLs as they came, in order. */
  readonly requests: string[]
  /** How many requests came to a path. */
  count (path: string): number
}

/** How a device answers. What it throws is 500. */
export type Answering = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void | Promise<void>

/** Starts a device. */
export async function startDevice (t: Test, answer: Answering): Promise<TestDevice> {
  const requests: string[] = []
  const server = createServer(async (request, response) => {
    requests.push(`${request.method} ${request.url}`)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    await answer(request, response, Buffer.concat(chunks))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise(resolve => { server.close(resolve) })
  })
  const { port } = server.address() as { port: number }
  return { port, url: `http://127.0.0.1:${port}`, requests, count: wanted => requests.filter(each => each.split(' ')[1]?.split('?')[0] === wanted).length }
}

/** Answers with JSON. @param value - a text is sent as it is */
export function json (response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(typeof value === 'string' ? value : JSON.stringify(value))
}

/** How the function of a deployment is called. */
export interface TestFunction {
  readonly method?: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly execution?: readonly string[]
  readonly output?: readonly string[]
  readonly module?: string
  readonly func?: string
}

/** A deployment of one step, which is ready on a device at a port. */
export function deploymentOn (device: Device, { method = 'get', parameters = {}, execution = [], output = [], module = 'fibo', func = 'run' }: TestFunction = {}): Deployment {
  const id = newId()
  const moduleId = newId()
  const mount = (stage: NodeMount['stage']) => (name: string): NodeMount => ({ path: name, media_type: 'image/png', stage })
  const form = {
    media_type: 'multipart/form-data' as const,
    schema: { type: 'object' as const, properties: Object.fromEntries(execution.map(name => [name, { type: 'string' as const, format: 'binary' as const }])) },
    encoding: Object.fromEntries(execution.map(name => [name, { contentType: 'image/png' }]))
  }
  const endpoint: Endpoint = {
    url: `http://127.0.0.1:${device.port}`,
    path: `/${id}/modules/${module}/${func}`,
    method,
    request: {
      parameters: Object.entries(parameters).map(([name, type]) => ({ name, in: 'query' as const, description: '', required: true, schema: { type } })),
      ...execution.length === 0 ? {} : { request_body: form }
    },
    response: { media_type: 'application/json', schema: { type: 'integer' } }
  }
  return {
    id,
    name: `deployment ${id}`,
    steps: [],
    isWanted: true,
    isLeaving: false,
    generation: 1,
    placedGeneration: 1,
    sequence: [{ device: device.id, module: moduleId, version: 1, func }],
    goal: [device.id],
    nodes: {
      [device.id]: {
        deploymentId: id,
        modules: [{ id: moduleId, name: module, urls: { binary: '', description: '', other: {} } }],
        endpoints: { [module]: { [func]: endpoint } },
        instructions: { modules: { [module]: { [func]: { from: endpoint, to: null } } } },
        mounts: { [module]: { [func]: { execution: execution.map(mount('execution')), deployment: [], output: output.map(mount('output')) } } }
      }
    },
    rollouts: { [device.id]: { state: 'ready', digest: '', session: 1, attempts: 1, retryAt: undefined, answer: undefined } },
    isInFailover: false,
    conditions: [],
    validationError: undefined,
    createdAt: Date.now(),
    updatedAt: Date.now()
  }
}

/** What is kept of a device at a port. */
export function deviceAt (port: number): Device {
  return {
    id: newId(),
    name: `device ${port}`,
    origin: 'registered',
    addresses: ['127.0.0.1'],
    port,
    tls: false,
    description: undefined,
    state: 'online',
    reason: undefined,
    since: 0,
    lastSeen: undefined,
    okChecks: 1,
    failedChecks: 0,
    health: undefined,
    blacklisted: undefined,
    statusLog: [],
    labels: {},
    deployments: undefined,
    sessions: 1,
    createdAt: 0
  }
}

/** Makes what executions work with, and them. */
export async function startExecutions (t: Test, changes: Partial<ExecutionsOptions> = {}) {
  const folder = t.testdir({})
  const registry = memoryRegistry()
  const client = createDeviceClient({ policy: createAddressPolicy({ isLoopbackAllowed: true }), callTimeout: 60_000 })
  const files = await openFileStore({ folder: path.join(folder, 'files'), maxBytes: 64 * 1024 * 1024, maxFile: 8 * 1024 * 1024 })
  const inputs = await openInputs({ folder: path.join(folder, 'inputs'), maxFile: 1024 * 1024 })
  const datalists = createDatalists({ registry, base: () => 'http://tutti.test:8080' })
  const recorded: Array<Pick<DevicesEvent, 'subjectId' | 'reason' | 'message'>> = []
  const options: ExecutionsOptions = { registry, client, files, datalists, timeout: 30_000, most: 10, maxFile: 1024 * 1024, events: { record: event => { recorded.push(event) } }, ...changes }
  const executions = createExecutions(options)
  t.teardown(async () => {
    await executions.close()
    await client.close()
  })

  /** A device that is known, with a deployment that is ready on it. */
  const deployOn = async (answer: Answering, called?: TestFunction) => {
    const server = await startDevice(t, answer)
    const device = deviceAt(server.port)
    const deployment = deploymentOn(device, called)
    await registry.devices.insert(device)
    await registry.deployments.insert(deployment)
    return { server, device, deployment }
  }

  /** Runs a deployment to its end. */
  const execute = async (deployment: Deployment, parameters: Record<string, string> = {}) => {
    const { id } = await executions.start(deployment.id, { parameters })
    return await executions.result(id)
  }

  return { folder, registry, client, files, inputs, datalists, executions, options, recorded, deployOn, execute }
}
