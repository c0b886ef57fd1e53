// What the black-box tests of tracking need: a server that tracks, and clients and processors that say what they are told to and keep what they hear.
import { once } from 'node:events'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import type { ClientOptions } from 'ws'
import { build } from './helper.ts'
import type { BuildOptions, Built } from './helper.ts'

/** How a connection ended. */
export interface Closing { code: number, reason: string }

/** The other end of a connection, as a test plays it. */
export interface TestPeer {
  readonly socket: WebSocket
  /** Sends a message: text and bytes as they are, anything else as JSON. */
  send (message: unknown): void
  /** The next message that nobody has asked for yet, as the text that came. Rejects where the connection ends before. */
  next (): Promise<string>
  /** The next message, parsed. */
  nextJson (): Promise<Record<string, unknown>>
  /** Resolves once the server has taken all that was sent here, and what it had to say by then has come. */
  settled (): Promise<void>
  /** What has come that nobody has asked for yet, once that is so. */
  rest (): Promise<string[]>
  /** Resolves when the connection has ended. */
  readonly closed: Promise<Closing>
  /** Ends the connection; resolves when it has ended. */
  close (): Promise<Closing>
}

/** Connects to a path of a server. @param protocols - subprotocols to ask for */
export async function connectPeer (t: Test, port: number, path: string, { protocols = [], ...options }: ClientOptions & { protocols?: string[] } = {}): Promise<TestPeer> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { perMessageDeflate: false, ...options })
  t.teardown(() => socket.terminate())
  const heard: string[] = []
  let waiting: PromiseWithResolvers<string> | undefined
  let isClosed = false
  socket.on('message', (bytes: Buffer, isBinary) => {
    const text = isBinary ? `(binary) ${bytes.toString()}` : bytes.toString()
    if (waiting === undefined) heard.push(text)
    else {
      waiting.resolve(text)
      waiting = undefined
    }
  })
  const closed = new Promise<Closing>(resolve => socket.once('close', (code, reason) => {
    isClosed = true
    waiting?.reject(new Error(`the connection was closed with ${code} ${String(reason)}`))
    resolve({ code, reason: String(reason) })
  }))
  await once(socket, 'open')
  // A connection that breaks is what some tests are about; `closed` tells.
  socket.on('error', () => {})
  const next = async (): Promise<string> => {
    const first = heard.shift()
    if (first !== undefined) return first
    if (isClosed) throw new Error('the connection has been closed')
    waiting = Promise.withResolvers<string>()
    return await waiting.promise
  }
  let pings = 0
  const settled = async (): Promise<void> => {
    const mark = `ping ${++pings}`
    const answered = new Promise<void>(resolve => {
      const hear = (data: Buffer) => {
        if (data.toString() !== mark) return
        socket.off('pong', hear)
        resolve()
      }
      socket.on('pong', hear)
    })
    socket.ping(mark)
    await Promise.race([answered, closed])
  }
  return {
    socket,
    send: message => socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message)),
    next,
    nextJson: async () => JSON.parse(await next()),
    settled,
    async rest () {
      await settled()
      return heard.splice(0)
    },
    closed,
    async close () {
      socket.close()
      return await closed
    }
  }
}

/** A server that tracks, and those who come to it. */
export interface TrackingServer extends Built {
  client (options?: Parameters<typeof connectPeer>[3]): Promise<TestPeer>
  /** A processor; registered where an identifier is given, and nothing of what it hears then is waited for. */
  processor (id?: unknown, options?: Parameters<typeof connectPeer>[3]): Promise<TestPeer>
}

/** Builds a server with the module `tracking` alone, whose files are the test's own. */
export async function buildTracking (t: Test, { env = {}, ...options }: BuildOptions = {}): Promise<TrackingServer> {
  // A test has one folder, and asking for it anew empties it.
  const { DATA_DIR = t.testdir({}) } = env
  const server = await build(t, { ...options, env: { MODULES: 'tracking', ...env, DATA_DIR } })
  return {
    ...server,
    client: options => connectPeer(t, server.port, '/client', options),
    async processor (id, options) {
      const peer = await connectPeer(t, server.port, '/processor', options)
      if (id !== undefined) await identify(peer, id)
      return peer
    }
  }
}

/** Registers a processor; resolves when the server knows it. What it hears stays to be asked for. */
export async function identify (peer: TestPeer, id: unknown): Promise<void> {
  peer.send({ type: 'identifier', id })
  await peer.settled()
}

/** Boxes as a real processor sends them. */
export function detection (objectId?: number): string {
  const known = objectId === undefined ? '' : `,"objectId":${objectId}`
  return `{"type":"boundingBoxes","frameId":12.0,"boxes":[{"boxId":1,"rect":[0.1,0.25,0.5,1.0],"objectType":"person","certainty":0.875${known}}]}`
}
