// What the black-box tests of devices need: a server with the module `devices`, its files in a folder of its own, and modules to upload.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Test } from 'tap'
import { build } from './helper.ts'
import type { BuildOptions, Built, Reply } from './helper.ts'

/** `add1(i32) → i32`, and nothing else: 41 bytes of WebAssembly. */
export const add1 = Buffer.from('0061736d0100000001060160017f017f030201000708010461646431000' + '00a09010700200041016a0b', 'hex')

/** How `add1` is called. */
export const add1Functions = { add1: { method: 'GET', parameters: [{ name: 'param0', type: 'integer' }], output: 'integer' } }

/** A server with devices. */
export interface DevicesServer extends Built {
  /** Where it keeps everything. */
  readonly folder: string
  /** POSTs a form: texts and files by name. */
  form (path: string, parts: Record<string, string | Blob>, init?: RequestInit): Promise<Reply>
  /** Uploads and describes `add1` under a name. @returns its id */
  upload (name?: string): Promise<string>
  /** Registers a device that listens there, and waits until it is online. @returns its id */
  register (name: string, port: number): Promise<string>
}

/** Builds a server with the module `devices` alone, quick probes, and no multicast DNS. */
export async function buildDevices (t: Test, { env = {}, ...options }: BuildOptions = {}): Promise<DevicesServer> {
  const folder = env.DATA_DIR ?? realpathSync(mkdtempSync(path.join(tmpdir(), 'tutti-devices-')))
  // Before the server is built, and so after it has closed.
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const port = await freePort()
  const server = await build(t, {
    ...options,
    env: { MODULES: 'devices', DATA_DIR: folder, DEVICES_MDNS: 'off', HEALTH_CHECK_INTERVAL: '0.1', PUBLIC_HOST: 'http://127.0.0.1', PORT: port, PUBLIC_PORT: port, ...env }
  })
  const form: DevicesServer['form'] = (path, parts, init) => {
    const body = new FormData()
    for (const [name, part] of Object.entries(parts)) {
      if (typeof part === 'string') body.append(name, part)
      else body.append(name, part, `${name}.bin`)
    }
    return server.send(path, { method: 'POST', body, ...init })
  }
  return {
    ...server,
    folder,
    form,

    async upload (name = 'prim') {
      const { json } = await form('/file/module', { name, module: new Blob([add1], { type: 'application/wasm' }) })
      const { id } = json as { id: string }
      await form(`/file/module/${id}/upload`, { functions: JSON.stringify(add1Functions) })
      return id
    },

    async register (name, port) {
      const { events } = server.app.devices
      const { promise, resolve } = Promise.withResolvers<void>()
      const look = async () => {
        const [device] = await server.app.devices.registry.devices.list({ name })
        if (device?.state === 'online') resolve()
      }
      const stop = events.subscribe({ subject: 'device' }, () => { look().catch(() => {}) })
      const unwatch = server.app.devices.watch.onChange(() => { look().catch(() => {}) })
      await server.post('/file/device/discovery/register', { name, addresses: ['127.0.0.1'], port })
      await promise
      stop()
      unwatch()
      const [device] = await server.app.devices.registry.devices.list({ name })
      return device?.id ?? ''
    }
  }
}

/** A port that nobody has at the moment. */
async function freePort (): Promise<string> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return String(port)
}
