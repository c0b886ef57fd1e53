// What the tests of diffraction by ZeroMQ need: a server that takes requests so, clients of all kinds, and small frames.
import path from 'node:path'
import type { Test } from 'tap'
import { Dealer, Request } from 'zeromq'
import { buildDiffraction, token } from './diffraction-server.ts'
import type { DiffractionServer, SessionFile } from './diffraction-server.ts'
import { marccdBytes } from './diffraction-frames/marccd.ts'
import { writeFileSync } from 'node:fs'
import type { BuildOptions } from './helper.ts'

/** Sends requests one after another, as the client of the LS-CAT image server does. */
export interface Asker {
  /** Sends one part, an object as JSON, and gives the parts of the reply. */
  ask (request: unknown): Promise<Buffer[]>
  readonly socket: Request
}

/** A server that takes requests by ZeroMQ, at an address of its own. */
export interface FrameServer extends DiffractionServer {
  readonly address: string
  asker (): Asker
}

/** A client with a REQ socket. */
export function connectAsker (t: Test, address: string): Asker {
  const socket = new Request({ linger: 0 })
  t.teardown(() => socket.close())
  socket.connect(address)
  return {
    socket,
    async ask (request) {
      await socket.send(request instanceof Uint8Array || typeof request === 'string' ? request : JSON.stringify(request))
      return await socket.receive()
    }
  }
}

/** A client that writes all parts itself. */
export function connectDealer (t: Test, address: string): Dealer {
  const socket = new Dealer({ linger: 0 })
  t.teardown(() => socket.close())
  socket.connect(address)
  return socket
}

/** Builds a server that listens for ZeroMQ on loopback. */
export async function buildFrameServer (t: Test, { env = {}, ...options }: BuildOptions & { sessions?: SessionFile } = {}): Promise<FrameServer> {
  // A busy machine takes its time to start a worker process.
  const server = await buildDiffraction(t, { ...options, env: { DIFFRACTION_ZMQ: 'bind:tcp://127.0.0.1:*', DIFFRACTION_TIMEOUT: '60000', ...env } })
  const address = server.app.diffractionAddresses[0] ?? ''
  return { ...server, address, asker: () => connectAsker(t, address) }
}

/** A request for a picture of the frame that writeFrame writes. */
export function pictureRequest (more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { pid: token, esaf: 1, type: 'jpeg', fn: 'test.mccd', frame: 1, xsize: 64, zoom: 1, segcol: 0, segrow: 0, contrast: 0, wval: -1, ...more }
}

/** Counts that differ from one to the next, with an overload among them. */
export function counts (width: number, height: number): Uint16Array {
  const all = Uint16Array.from({ length: width * height }, (_, index) => (index * 7919) % 251)
  all[width + 1] = 65535
  return all
}

/** Writes a MarCCD frame of 200 x 160 pixels. @returns its name */
export function writeFrame (folder: string, name = 'test.mccd'): string {
  writeFileSync(path.join(folder, name), marccdBytes({ width: 200, height: 160, counts: counts(200, 160) }))
  return name
}

/** The JSON of a part of a reply. */
export function jsonOf (part: Buffer | undefined): Record<string, unknown> {
  return JSON.parse(String(part))
}
