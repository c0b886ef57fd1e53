// The processes of the demonstration of devices: a server and agents, each with a folder of its own below one that goes with them.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'

const root = path.join(import.meta.dirname, '../..')

/** A process that runs. */
export interface Running {
  /** Where it listens, such as `http://127.0.0.1:5000`. */
  readonly origin: string
  /** Ends it, and waits until it has gone. */
  end (signal?: NodeJS.Signals): Promise<void>
}

/** Milliseconds that a process has to begin, and to end by itself. */
const patience = 60_000

/** Starts the server, which probes devices every half second. @throws Error where it does not start, with what it says */
export async function startServer (folder: string): Promise<Running> {
  // Devices are told the port before it is opened.
  const port = String(await freePort())
  return await start('the server', 'server.ts', {
    MODULES: 'devices',
    HOST: '127.0.0.1',
    PORT: port,
    PUBLIC_HOST: 'http://127.0.0.1',
    DATA_DIR: folder,
    DEVICES_MDNS: 'off',
    HEALTH_CHECK_INTERVAL: '0.5',
    HEALTH_CHECK_THRESHOLD: '3',
    HEALTH_CHECK_TIMEOUT: '2000'
  }, /Server listening at (http:[^\s"]+)/)
}

/** Starts an agent that registers with a server. @throws Error where it does not start, with what it says */
export async function startAgent (name: string, folder: string, orchestrator: string): Promise<Running> {
  return await start(`the agent ${name}`, 'agent/index.ts', {
    WASMIOT_SUPERVISOR_NAME: name,
    WASMIOT_SUPERVISOR_IP: '127.0.0.1',
    WASMIOT_SUPERVISOR_PORT: '0',
    WASMIOT_ORCHESTRATOR_URL: orchestrator,
    INSTANCE_PATH: folder
  }, /listens on (http:[^\s"]+)/)
}

async function start (what: string, script: string, environment: Record<string, string>, listening: RegExp): Promise<Running> {
  // In a group of its own, so that Ctrl+C comes to the demonstration alone and everything ends in order.
  const child = spawn(process.execPath, [path.join(root, script)], { env: { PATH: process.env.PATH, ...environment }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const ended = once(child, 'close')
  let said = ''
  child.stderr.on('data', chunk => { said = (said + String(chunk)).slice(-10_000) })
  const timer = setTimeout(() => child.kill('SIGKILL'), patience)
  try {
    const origin = await new Promise<string>((resolve, reject) => {
      ended.then(() => reject(new Error(`${what} does not start: ${said}`)), reject)
      createInterface(child.stdout).on('line', line => {
        const [, address] = listening.exec(line) ?? []
        if (address !== undefined) resolve(new URL(address).origin)
        else said = `${said}${line}\n`.slice(-10_000)
      })
    })
    return { origin, end: async signal => await end(child, ended, signal) }
  } finally {
    clearTimeout(timer)
  }
}

async function end (child: ChildProcess, ended: Promise<unknown>, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), patience)
  await ended
  clearTimeout(timer)
}

/** A port that nobody has at the moment. */
async function freePort (): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
