// npm run demo:devices: a server with module `devices`, three agents, a chain of modules through all of them with a picture, and one agent that dies and comes back: from start to end in one terminal.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClient, followEvents } from './devices-demo/client.ts'
import type { Client, KnownDevice, ToldEvent } from './devices-demo/client.ts'
import { functionsOf, gradient, translate } from './devices-demo/modules.ts'
import type { DemoModule } from './devices-demo/modules.ts'
import { startAgent, startServer } from './devices-demo/processes.ts'
import type { Running } from './devices-demo/processes.ts'

/** Milliseconds that anything has to happen. */
const patience = 60_000

const names = ['hall', 'yard', 'attic'] as const

/** What an execution gives. */
interface Outcome { readonly result: [string | null, string[] | null], readonly isInFailover: boolean }

/** Says a line, with the time since the beginning. */
type Say = (text: string) => void

/** What happens, kept until somebody looks for it. */
interface Story {
  tell (event: ToldEvent): void
  /** The first event that fits, of those from a place of the story on. @throws Error where none comes in time */
  wait (what: string, from: number, isIt: (event: ToldEvent) => boolean): Promise<ToldEvent>
  /** How long it is. */
  readonly length: number
}

function createStory (): Story {
  const events: ToldEvent[] = []
  const waiting = new Set<() => void>()
  return {
    tell (event) {
      events.push(event)
      for (const look of [...waiting]) look()
    },
    async wait (what, from, isIt) {
      const { promise, resolve, reject } = Promise.withResolvers<ToldEvent>()
      const look = () => {
        const found = events.slice(from).find(isIt)
        if (found !== undefined) resolve(found)
      }
      const timer = setTimeout(() => reject(new Error(`${what} did not happen within ${patience / 1000} s`)), patience)
      waiting.add(look)
      look()
      try {
        return await promise
      } finally {
        clearTimeout(timer)
        waiting.delete(look)
      }
    },
    get length () { return events.length }
  }
}

/** Uploads and describes a module as clients of the reference do. @returns its id */
async function upload (client: Client, name: DemoModule, say: Say): Promise<string> {
  const bytes = await translate(name)
  const module = new FormData()
  module.append('name', name)
  module.append('module', new Blob([bytes], { type: 'application/wasm' }), `${name}.wasm`)
  const { id } = await client.post('/file/module', module) as { id: string }
  const description = new FormData()
  description.append('functions', JSON.stringify(functionsOf[name]))
  await client.post(`/file/module/${id}/upload`, description)
  say(`module ${name} is uploaded: ${bytes.length} bytes of WebAssembly with ${Object.keys(functionsOf[name]).join(', ')}`)
  return id
}

function pictureForm (picture: Uint8Array<ArrayBuffer>): FormData {
  const form = new FormData()
  form.append('picture', new Blob([picture], { type: 'application/octet-stream' }), 'picture.pgm')
  return form
}

/** Sends the picture through the chain. */
async function execute (client: Client, deployment: string, picture: Uint8Array<ArrayBuffer>, say: Say): Promise<Outcome> {
  const began = performance.now()
  const outcome = await client.post(`/execute/${deployment}`, pictureForm(picture)) as Outcome
  say(`the chain says that the negative is ${outcome.result[0]} percent bright${outcome.isInFailover ? ', with one device less' : ''}; that took ${Math.round(performance.now() - began)} ms`)
  return outcome
}

/** Where the steps of a deployment are. */
async function tellPlaces (client: Client, deployment: string, devices: ReadonlyMap<string, string>, say: Say): Promise<void> {
  const { sequence } = await client.get(`/api/v1/deployments/${deployment}`) as { sequence: Array<{ device: string, func: string }> }
  say(`the chain is: ${sequence.map(({ device, func }) => `${func} on ${devices.get(device) ?? device}`).join(', then ')}`)
}

/** Agents that come and go. */
interface Agents { start (name: string): Promise<void>, kill (name: string): Promise<void> }

/** Shows all of it on a server and agents that run. */
async function show (client: Client, story: Story, agents: Agents, known: Map<string, string>, say: Say): Promise<void> {
  const all = await allOnline(client, story)
  for (const { id, name } of all.values()) known.set(id, name)
  const idOf = (name: string) => all.get(name)?.id ?? null
  say(`all three devices are online: ${names.join(', ')}`)

  const picture = await upload(client, 'picture', say)
  const numbers = await upload(client, 'numbers', say)
  // Each step has its device, and others that take over.
  const step = (device: string, module: string, func: string) => ({ device: idOf(device), module, func, failovers: names.filter(name => name !== device).toReversed().map(idOf) })
  const chain = await client.post('/file/manifest', { name: 'how-dark', sequence: [step('hall', picture, 'invert'), step('yard', picture, 'brightness'), step('attic', numbers, 'percent')] }) as string
  const { deviceResponses } = await client.post(`/file/manifest/${chain}`) as { deviceResponses: Record<string, { status: number }> }
  say(`deployed; devices answer ${Object.entries(deviceResponses).map(([id, { status }]) => `${known.get(id) ?? id} ${status}`).join(', ')}`)
  await tellPlaces(client, chain, known, say)

  const image = gradient(64, 48)
  say(`a picture of 64 by 48 pixels (${image.length} bytes) goes to hall, its negative from hall to yard, a number from yard to attic`)
  const before = await execute(client, chain, image, say)
  if (before.result[0] !== '51') throw new Error(`the result should be 51, and is ${String(before.result[0])}`)

  const from = story.length
  const killed = performance.now()
  say('yard is killed now (SIGKILL)')
  await agents.kill('yard')
  await story.wait('the failover', from, ({ reason, subjectId }) => reason === 'FailedOver' && subjectId === chain)
  await ready(client, story, chain, from)
  say(`the chain works again ${((performance.now() - killed) / 1000).toFixed(1)} s after yard was killed`)
  await tellPlaces(client, chain, known, say)
  const after = await execute(client, chain, image, say)
  if (after.result[0] !== before.result[0] || !after.isInFailover) throw new Error(`the result should be the same in failover, and is ${JSON.stringify(after)}`)

  const later = story.length
  say('yard is started again')
  await agents.start('yard')
  await story.wait('the return', later, ({ reason, subjectId }) => reason === 'Returned' && subjectId === chain)
  await ready(client, story, chain, later)
  await tellPlaces(client, chain, known, say)
  await execute(client, chain, image, say)

  await tellFile(client, story, picture, image, say)
  const last = story.length
  for (const name of ['how-dark', 'negative']) await client.remove(`/api/v1/deployments/${name}`)
  for (const name of ['how-dark', 'negative']) await story.wait('that devices forget', last, ({ message, reason }) => reason === 'DeploymentRemoved' && message.includes(`"${name}"`))
}

/** A deployment of one step whose file is fetched. */
async function tellFile (client: Client, story: Story, picture: string, image: Uint8Array<ArrayBuffer>, say: Say): Promise<void> {
  const { id } = await client.post('/api/v1/deployments', { name: 'negative', sequence: [{ module: picture, func: 'invert' }] }) as { id: string }
  const from = story.length
  await client.post(`/api/v1/deployments/${id}/deploy`)
  await ready(client, story, id, from)
  const began = story.length
  const execution = await client.post(`/api/v1/deployments/${id}/executions`, pictureForm(image)) as { id: string }
  const { reason, message } = await story.wait('the end of an execution', began, ({ subject, subjectId }) => subject === 'execution' && subjectId === execution.id)
  if (reason !== 'ExecutionSucceeded') throw new Error(message)
  const file = await client.bytes(`/api/v1/executions/${execution.id}/outputs/negative`)
  const isRight = file.length === image.length && file.subarray(-64 * 48).every((byte, at) => byte === 255 - (image.at(at - 64 * 48) ?? 0))
  if (!isRight) throw new Error('the file that came out is no negative')
  say(`invert alone, on a device that the server has chosen, gives the negative as a file of ${file.length} bytes; all pixels are right`)
}

/** Until all devices are online. */
async function allOnline (client: Client, story: Story): Promise<Map<string, KnownDevice>> {
  for (;;) {
    const from = story.length
    const devices = await client.devices()
    if (names.every(name => devices.get(name)?.state === 'online')) return devices
    await story.wait('that all devices come online', from, ({ reason }) => reason === 'DeviceOnline')
  }
}

/** Until all devices of a deployment have it. @param from - place of the story to look from */
async function ready (client: Client, story: Story, deployment: string, from: number): Promise<void> {
  let place = from
  for (;;) {
    const { isReady } = await client.get(`/api/v1/deployments/${deployment}`) as { isReady: boolean }
    if (isReady) return
    await story.wait('that the deployment is ready', place, ({ reason, subjectId }) => reason === 'DeploymentReady' && subjectId === deployment)
    place = story.length
  }
}

async function main (): Promise<void> {
  const began = performance.now()
  const stop = new AbortController()
  const known = new Map<string, string>()
  const say: Say = text => console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s  ${text.replaceAll(/\b[0-9a-f]{24}\b/g, id => known.get(id) ?? id)}`)
  // Before anything is started that would have to be ended.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort())
  const folder = await mkdtemp(path.join(tmpdir(), 'demo-devices-'))
  const agents = new Map<string, Running>()
  let server: Running | undefined
  let starting: Promise<unknown> | undefined
  let events: { readonly ended: Promise<void> } | undefined
  const following = new AbortController()
  try {
    server = await startServer(path.join(folder, 'server'))
    say(`Tutti listens at ${server.origin}; it probes devices every 0.5 s, and three probes that fail make a device offline`)
    const story = createStory()
    events = await followEvents(server.origin, following.signal, event => {
      story.tell(event)
      say(`event ${event.reason}: ${event.message}`)
    })
    const { origin } = server
    const start = async (name: string) => {
      const agent = await startAgent(name, path.join(folder, name), origin)
      agents.set(name, agent)
      say(`agent ${name} listens at ${agent.origin}`)
    }
    // All of them have begun, or failed to, before anything is ended.
    const beginnings = names.map(start)
    starting = Promise.allSettled(beginnings)
    await starting
    await Promise.all(beginnings)
    const again: Agents = {
      async start (name) {
        starting = start(name)
        await starting
      },
      async kill (name) { await agents.get(name)?.end('SIGKILL') }
    }
    const stopped = new Promise<never>((_resolve, reject) => stop.signal.addEventListener('abort', () => reject(new Error('the demonstration was stopped'))))
    if (stop.signal.aborted) throw new Error('the demonstration was stopped')
    await Promise.race([show(createClient(origin, stop.signal), story, again, known, say), stopped])
  } finally {
    following.abort()
    await events?.ended
    await starting?.catch(() => {})
    await Promise.all([...agents.values()].map(async agent => await agent.end()))
    await server?.end()
    await rm(folder, { recursive: true, force: true })
    say('everything has ended')
  }
}

try {
  await main()
} catch (error) {
  console.error((error as Error).message)
  process.exit(1)
}
