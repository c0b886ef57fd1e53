// The server under test, as the image starts it, in a process of its own with the probe in it.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import { imageArguments } from '../test/image-arguments.ts'
import { network } from './graph.ts'

/** A server that answers. */
export interface ServerProcess {
  readonly origin: string
  readonly pid: number
  readonly process: ChildProcess
  /** Milliseconds from its start until it was ready. */
  readonly start: number
  /** Ends it, and resolves when it has gone. */
  end (): Promise<void>
}

/** How the server is set up: everything else is as it comes. */
export interface ServerSettings {
  /** Where the Docker engine listens. */
  dockerHost: string
  /** Most connections to one service. */
  connections: number
  /** Variables that are set besides. */
  environment?: Record<string, string> | undefined
  /** Arguments for Node, such as `--cpu-prof`. */
  nodeArguments?: string[] | undefined
}

/** Bytes that a body may have: more than any that is measured. */
const maxBody = 64 * 1024 * 1024

/** Starts the server with module `graphics` and waits until it is ready. @throws Error where it ends first, with what it said */
export async function startServer ({ dockerHost, connections, environment, nodeArguments }: ServerSettings): Promise<ServerProcess> {
  return await startProcess({
    DISCOVERY: 'docker',
    DOCKER_HOST: dockerHost,
    DISCOVERY_NETWORKS: network,
    PARALLEL_PREPROCESSORS: 'ON',
    MAX_BODY: String(maxBody),
    // The bodies of all clients together; the limits that remain are those of connections, which the lower bound has too.
    MAX_INFLIGHT: '32gb',
    MAX_REQUESTS: '100000',
    PARALLEL_LIMIT: '100000',
    SERVICE_LIMIT: String(connections),
    ...environment
  }, nodeArguments)
}

/**
 * Starts the server and waits until it is ready.
 * @param environment - variables besides those that every server under test has
 * @param nodeArguments - arguments for Node, such as `--cpu-prof`
 * @throws Error where it ends first, with what it said
 */
export async function startProcess (environment: Record<string, string>, nodeArguments: string[] = []): Promise<ServerProcess> {
  const begun = performance.now()
  const child = spawn(process.execPath, [...imageArguments, ...nodeArguments, '--import', new URL('probe.ts', import.meta.url).href, fileURLToPath(new URL('../server.ts', import.meta.url))], {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)),
      HOST: '127.0.0.1',
      PORT: '0',
      // A machine that does nothing but this is late now and then; that is measured, and no reason to refuse requests.
      MAX_EVENT_LOOP_DELAY: '0',
      ...environment
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc']
  })
  const { stdout, stderr, pid } = child
  if (stdout === null || stderr === null || pid === undefined) throw new Error('the server cannot be started')
  let complaints = ''
  stderr.on('data', chunk => { complaints = (complaints + String(chunk)).slice(0, 10_000) })
  const ended = once(child, 'exit')
  const origin = await new Promise<string>((resolve, reject) => {
    ended.then(() => reject(new Error(`the server has ended: ${complaints}`)))
    const lines = createInterface(stdout)
    lines.on('line', line => {
      if (!line.includes('"Server listening')) return
      resolve(new URL((JSON.parse(line) as { msg: string }).msg.replace(/^.*?(?=http)/, '')).origin)
      // From now on the log is thrown away unread.
      lines.close()
      stdout.resume()
    })
  })
  while (!await isReady(origin)) await new Promise(resolve => setTimeout(resolve, 5))
  return {
    origin,
    pid,
    process: child,
    start: performance.now() - begun,
    async end () {
      // Gently, so that what was asked for with nodeArguments can be written.
      child.kill(nodeArguments.length === 0 ? 'SIGKILL' : 'SIGTERM')
      await ended
    }
  }
}

async function isReady (origin: string): Promise<boolean> {
  const { statusCode, body } = await request(`${origin}/health/ready`)
  await body.dump()
  return statusCode === 200
}
