// What processes that share a registry tell each other, and which of them leads: all of that within one process, for a registry that is not shared.
import type { Id } from '../id.ts'
import type { Registry } from '../registry.ts'

/** What there is to tell of. */
export type Topic = Parameters<Registry['notify']>[0]

/** Hears of it. */
export type TopicListener = (topic: Topic, id: Id) => void

/** How processes hear of each other. */
export interface Link extends Pick<Registry, 'lead' | 'notify' | 'onNotified'> {
  close (): Promise<void>
}

/** Listeners of this process. */
export interface Listeners {
  tell: TopicListener
  add (listener: TopicListener): () => void
}

/** Keeps listeners, and tells them once whoever tells has done its turn. */
export function createListeners (): Listeners {
  const listeners = new Set<TopicListener>()
  return {
    tell (topic, id) { queueMicrotask(() => { for (const listener of [...listeners]) listener(topic, id) }) },
    add (listener) {
      // Twice the same function is two listeners.
      const own: TopicListener = (topic, id) => { listener(topic, id) }
      listeners.add(own)
      return () => { listeners.delete(own) }
    }
  }
}

/** The link of a process that is alone: it leads whenever it wants to. */
export function createLocalLink (): Link {
  const listeners = createListeners()
  const leaders = new Set<() => void>()
  return {
    notify: listeners.tell,
    onNotified: listeners.add,
    lead (onChange) {
      let isLeader = false
      let isClosed = false
      const stop = () => {
        isClosed = true
        leaders.delete(stop)
        if (isLeader) onChange(isLeader = false)
      }
      leaders.add(stop)
      queueMicrotask(() => { if (!isClosed) onChange(isLeader = true) })
      return { close: async () => { stop() } }
    },
    async close () { for (const stop of leaders) stop() }
  }
}
