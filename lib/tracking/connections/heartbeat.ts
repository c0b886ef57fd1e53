// The heartbeat: finds connections that are broken although nobody has closed them, by pings that go unanswered (RFC 6455, section 5.5.2).
import type { WebSocket } from 'ws'

/** When connections are asked, and how long they may take. */
export interface HeartbeatOptions {
  /** Milliseconds between two pings to a connection; 0 for none at all. */
  interval: number
  /** Milliseconds that a peer has to show that it lives. */
  timeout: number
}

/** One connection as the heartbeat sees it. */
export interface Life {
  /** The peer has shown that it lives, by whatever means other than a pong, which is seen to here. */
  heard (): void
  /** The connection has ended: there is nothing to watch any longer. */
  end (): void
}

/** Watches over any number of connections. */
export interface Heartbeat {
  /** Pings a connection from now on. @param onDead - called once, where the peer gives no sign of life in time */
  watch (socket: WebSocket, onDead: () => void): Life
  /** Watches nothing any longer. */
  close (): void
}

interface Watched {
  socket: WebSocket
  onDead: () => void
  /** Pings sent. */
  pings: number
  /** How many of them had been sent when the peer was last heard. */
  heard: number
  /** Connections that are pinged in the same beat. */
  slot: Set<Watched>
}

/** Longest time between two beats, in milliseconds. */
const longestBeat = 250

/**
 * Starts a heartbeat: one timer for all connections, which beats many times in an interval and pings some of them in each, so that ten thousand of them do
 * not answer at one time. Time is counted in beats: a server that has been held up does not hold that against its peers.
 */
export function createHeartbeat ({ interval, timeout }: HeartbeatOptions): Heartbeat {
  if (interval === 0) return { watch: () => ({ heard () {}, end () {} }), close () {} }

  const length = Math.max(1, Math.min(longestBeat, interval / 20, timeout / 4))
  const slots = Array.from({ length: Math.max(1, Math.round(interval / length)) }, () => new Set<Watched>())
  const patience = Math.ceil(timeout / length) + 1
  /** Pings, by the beat in which they must have been answered. */
  const asked: Array<Array<{ watched: Watched, ping: number }>> = Array.from({ length: patience + 1 }, () => [])
  let beats = 0
  let placed = 0
  const timer = setInterval(beat, length).unref()

  function beat (): void {
    beats += 1
    for (const { watched, ping } of asked[beats % asked.length]?.splice(0) ?? []) {
      if (watched.heard < ping && watched.slot.delete(watched)) watched.onDead()
    }
    for (const watched of slots[beats % slots.length] ?? []) {
      // Where the timeout is longer than the interval, the last ping may still be open.
      if (watched.heard < watched.pings || watched.socket.readyState !== watched.socket.OPEN) continue
      watched.pings += 1
      watched.socket.ping()
      asked[(beats + patience) % asked.length]?.push({ watched, ping: watched.pings })
    }
  }

  return {
    watch (socket, onDead) {
      placed += 1
      const slot = slots[placed % slots.length] ?? new Set()
      const watched: Watched = { socket, onDead, slot, pings: 0, heard: 0 }
      const heard = () => { watched.heard = watched.pings }
      slot.add(watched)
      socket.on('pong', heard)
      return {
        heard,
        end () {
          slot.delete(watched)
          socket.off('pong', heard)
        }
      }
    },
    close () {
      clearInterval(timer)
      for (const slot of slots) slot.clear()
    }
  }
}
