// Questions and answers between two processes that share a channel of Node: each says what it can do, and asks the other by name.
import type { Serializable } from 'node:child_process'

/** What a process does when it is asked, by name. Arguments and results go through JSON. */
export type Skills = Record<string, (argument: never) => unknown>

/** What a skill gives in the end. */
type Result<Skill> = Skill extends (argument: never) => infer Value ? Awaited<Value> : never

/** The way to the other process. */
export interface Channel<Theirs extends Skills> {
  /** Asks the other process. @throws Error where it cannot be asked, has gone, or failed; its message is all that is left of that */
  ask<Name extends keyof Theirs & string> (name: Name, argument: Parameters<Theirs[Name]>[0]): Promise<Result<Theirs[Name]>>
}

/** An end of the channel: a child process, or the process itself. */
export interface ChannelEnd {
  on (event: 'message', listener: (message: unknown) => void): unknown
  on (event: 'disconnect', listener: () => void): unknown
  send?: (message: Serializable, handle: undefined, options: undefined, callback: (error: Error | null) => void) => boolean
}

/** What goes over the channel; messages of others may go there too. */
type Message = { tutti: 'question', id: number, name: string, argument?: Serializable } | { tutti: 'answer', id: number, value?: Serializable, error?: string }

/**
 * Opens a channel.
 * @param end - where messages come and go
 * @param skills - what is done here when the other side asks
 */
export function openChannel<Theirs extends Skills> (end: ChannelEnd, skills: Skills): Channel<Theirs> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let asked = 0
  const settle = (id: number, error: Error | undefined, value?: unknown) => {
    const deferred = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) deferred?.resolve(value)
    else deferred?.reject(error)
  }
  const send = (message: Message, onFailure: (error: Error) => void) => {
    // The other side may go at any moment: that is told by the callback, or thrown.
    try {
      end.send?.(message, undefined, undefined, error => { if (error !== null) onFailure(error) })
    } catch (error) {
      onFailure(error as Error)
    }
  }
  const answer = async (id: number, name: string, argument: unknown) => {
    const reply = await attempt(() => skills[name]?.(argument as never))
    send({ tutti: 'answer', id, ...reply }, () => {})
  }

  end.on('message', message => {
    if (!isMessage(message)) return
    if (message.tutti === 'question') answer(message.id, message.name, message.argument)
    else settle(message.id, message.error === undefined ? undefined : new Error(message.error), message.value)
  })
  end.on('disconnect', () => {
    for (const id of waiting.keys()) settle(id, new Error('the other process has gone'))
  })
  return {
    async ask<Name extends keyof Theirs & string> (name: Name, argument: Parameters<Theirs[Name]>[0]): Promise<Result<Theirs[Name]>> {
      const id = asked++
      const deferred = Promise.withResolvers<unknown>()
      waiting.set(id, deferred)
      send({ tutti: 'question', id, name, argument }, error => settle(id, error))
      return await deferred.promise as Result<Theirs[Name]>
    }
  }
}

function isMessage (message: unknown): message is Message {
  return typeof message === 'object' && message !== null && 'tutti' in message
}

async function attempt (work: () => unknown): Promise<{ value?: Serializable } | { error: string }> {
  try {
    const value = await work()
    return value === undefined ? {} : { value: value as Serializable }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
