// Watches what is tracked: a client at /client, which connects again by itself. See docs/tracking.md and /docs/tracking.
import { address } from '../../lib/api.ts'
import { afterMessage, nothingSeen } from './sight.ts'
import type { CameraId, Sight } from './sight.ts'

/** How the connection stands. `token` is one that the server ended for want of another token. */
export type WatchState = 'connecting' | 'open' | 'lost' | 'token'

/** A client that watches. */
export interface Watch {
  readonly sight: Sight
  /** Asks that something be followed. */
  start (cameraId: CameraId, frameId: string, boxId: unknown): void
  /** Asks that an object be followed no longer. */
  stop (objectId: number): void
  close (): void
}

/** Who hears of what. */
export interface WatchOptions {
  /** The token of a client; empty where none is known. */
  readonly token: string
  /** Hears that something was seen, for each message. */
  readonly onSight: () => void
  readonly onState: (state: WatchState) => void
  /** Hears what became of an order: the number of the object that is followed now, or why there is none. */
  readonly onAnswer: (answer: { objectId?: number, message?: string }) => void
}

const shortestPause = 1000
const longestPause = 20_000

/** Codes with which a server ends a connection that needs another token. */
const tokenCodes: readonly number[] = [4401, 4403, 4408]

/** Begins to watch. */
export function watchTracking ({ token, onSight, onState, onAnswer }: WatchOptions): Watch {
  let sight = nothingSeen
  let socket: WebSocket | undefined
  let pause = shortestPause
  let timer: ReturnType<typeof setTimeout> | undefined
  let isOver = false
  let orders = 0

  const send = (message: object) => { if (socket?.readyState === WebSocket.OPEN) socket.send(write(message)) }

  const hear = (message: Record<string, unknown>) => {
    if (message.type === 'ack' && typeof message.objectId === 'number') onAnswer({ objectId: message.objectId })
    else if (message.type === 'error') onAnswer({ message: String(message.message) })
    else if (message.type === 'welcome') {
      sight = nothingSeen
      send({ type: 'subscribe', presence: true })
      send({ type: 'setUsesImages', usesImages: true })
    } else sight = afterMessage(sight, message, Date.now())
    onSight()
  }

  const connect = () => {
    onState('connecting')
    let isWelcome = false
    const own = socket = new WebSocket(address('/client').replace(/^http/, 'ws'), ['tutti.v1'])
    own.addEventListener('open', () => { if (token !== '') send({ type: 'authenticate', jwt: token }) })
    own.addEventListener('message', ({ data }) => {
      if (isOver) return
      if (!isWelcome) {
        isWelcome = true
        pause = shortestPause
        onState('open')
      }
      hear(read(String(data)))
    })
    own.addEventListener('close', ({ code }) => {
      if (isOver) return
      if (tokenCodes.includes(code)) return onState('token')
      onState('lost')
      timer = setTimeout(connect, pause)
      pause = Math.min(2 * pause, longestPause)
    })
  }

  connect()
  return {
    get sight () { return sight },
    start (cameraId, frameId, boxId) {
      orders += 1
      send({ type: 'start', cameraId, frameId: raw(frameId), boxId, requestId: `console ${orders}` })
    },
    stop: objectId => send({ type: 'stop', objectId, requestId: `console stop ${objectId}` }),
    close () {
      isOver = true
      clearTimeout(timer)
      socket?.close()
    }
  }
}

/** What the types of TypeScript do not know yet of JSON (https://tc39.es/proposal-json-parse-with-source/). */
interface SpellingJson { rawJSON?: (text: string) => unknown }

const { rawJSON } = JSON as SpellingJson

function raw (text: string): unknown {
  return rawJSON === undefined ? JSON.parse(text) : rawJSON.call(JSON, text)
}

/** Parses a message, and keeps the frame as it is spelled. */
function read (text: string): Record<string, unknown> {
  const keep = (key: string, value: unknown, context?: { source?: string }) => key === 'frameId' && typeof value === 'number' && context?.source !== undefined && rawJSON !== undefined ? raw(context.source) : value
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown) as Record<string, unknown>
}

function write (message: object): string {
  return JSON.stringify(message)
}
