// Publishes what the indexing program says on its way to the Redis that a request names, as the LS-CAT image server does; but only where the operator lets it.
import { atMost } from '../../at-most.ts'

/** Where a Redis is. */
export interface RedisPlace {
  readonly host: string
  readonly port: number
}

/** What is needed of a connection to Redis: one of ioredis has it. */
export interface ProgressConnection {
  publish (channel: string, message: string): Promise<number>
  disconnect (): void
}

/** Who wants to hear of progress, as a request says it. */
export interface ProgressRequest {
  /** Channel to publish to: `progressPublisher`. */
  readonly publisher: string | undefined
  /** Host of the Redis: `progressAddress`. */
  readonly address: string | undefined
  /** `progressPort`. */
  readonly port: number | undefined
  /** Goes with each message; `Tag_Not_Found` where the request has none. */
  readonly tag: string | undefined
}

/** What is told of one request. Nothing of it ever fails: progress is a courtesy. */
export interface Progress {
  /** Passes on what the program says. */
  tell (text: string): void
  /** Says that the program has ended. Resolves when that is out, or cannot be. */
  end (): Promise<void>
}

/** Publishes progress, over one connection for each Redis. */
export interface ProgressPublisher {
  /** Begins to tell of a request. Where it names no Redis, or one that is not allowed, nothing is published. */
  open (request: ProgressRequest): Progress
  close (): void
}

/** Which Redis may be published to. */
export interface ProgressPublisherOptions {
  /** The Redis of the sessions, which `connect` knows how to sign in at; undefined where there is none. */
  readonly sessions: (RedisPlace & { readonly connect: () => ProgressConnection }) | undefined
  /** Others, each as `host:port`. */
  readonly hosts: readonly string[]
  /** Begins to connect to one of these. */
  readonly connect: (place: RedisPlace) => ProgressConnection
  /** Told why something was not published; without what clients sent. */
  readonly onTrouble?: (reason: 'not allowed' | 'failed') => void
  /** Milliseconds that the last message of a request has; 2000 by default. */
  readonly patience?: number
}

/** Longest name of a channel. */
const longestChannel = 256

/** Channels of Tutti's own servers, which no client may speak on. */
const ownChannels = /^tutti[:.-]/i

/** Messages to one Redis that may be on their way; those that come meanwhile are left out, but for the last one of a request. */
const mostOwed = 1000

const silent: Progress = { tell () {}, async end () {} }

/** Makes a publisher; it connects when the first request names a Redis. */
export function createProgressPublisher ({ connect, hosts, onTrouble = () => {}, patience = 2000, sessions }: ProgressPublisherOptions): ProgressPublisher {
  const connections = new Map<string, { client: ProgressConnection, owed: number }>()
  const allowed = new Set(hosts.map(host => host.trim().toLowerCase()))
  const home = sessions === undefined ? undefined : nameOf(sessions)

  const connectionTo = (place: RedisPlace) => {
    const name = nameOf(place)
    const isHome = sessions !== undefined && name === home
    if (!isHome && !allowed.has(name)) return undefined
    const connection = connections.get(name) ?? { client: isHome ? sessions.connect() : connect(place), owed: 0 }
    connections.set(name, connection)
    return connection
  }

  return {
    open ({ address, port, publisher, tag = 'Tag_Not_Found' }) {
      if (address === undefined || address === '' || publisher === undefined || publisher === '' || port === undefined || port <= 0) return silent
      const connection = publisher.length > longestChannel || ownChannels.test(publisher) ? undefined : connectionTo({ host: address, port })
      if (connection === undefined) {
        onTrouble('not allowed')
        return silent
      }
      const publish = async (message: object) => {
        connection.owed += 1
        try {
          await connection.client.publish(publisher, JSON.stringify(message))
        } catch {
          onTrouble('failed')
        } finally {
          connection.owed -= 1
        }
      }
      return {
        tell (text) {
          if (connection.owed < mostOwed) void publish({ progress: text, done: false, tag })
        },
        async end () {
          await atMost(patience, publish({ done: true, tag }))
        }
      }
    },
    close () {
      for (const { client } of connections.values()) client.disconnect()
      connections.clear()
    }
  }
}

function nameOf ({ host, port }: RedisPlace): string {
  return `${host.toLowerCase()}:${port}`
}
