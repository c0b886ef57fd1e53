// Processes of the benchmark that do what they are told: over the channel goes the name of a skill with an argument, and back comes what it gives.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What a process can do, by name. */
export type Skills = Record<string, (argument: never) => unknown>

/** What a skill gives in the end. */
export type Result<Skill> = Skill extends (argument: never) => infer Value ? Awaited<Value> : never

/** A process and its skills. */
export interface Child<S extends Skills> {
  readonly pid: number
  readonly process: ChildProcess
  /** Lets it do something. @throws Error with what the process says went wrong, or where it has ended */
  call<Name extends keyof S & string> (name: Name, argument: Parameters<S[Name]>[0]): Promise<Result<S[Name]>>
  /** Lets it end. */
  end (): void
}

/** A question or an answer on the channel; others may use it too. */
interface Message { skill: number, name?: string, argument?: unknown, value?: unknown, error?: string }

/**
 * Starts a module of this folder as a process.
 * @param file - its name; it calls obey()
 * @param imports - modules of this folder that are loaded before it
 */
export function startChild<S extends Skills> (file: string, imports: string[] = []): Child<S> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    execArgv: imports.flatMap(name => ['--import', new URL(name, import.meta.url).href])
  })
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let asked = 0
  child.on('message', ({ skill, value, error }: Message) => {
    const deferred = waiting.get(skill)
    waiting.delete(skill)
    if (error === undefined) deferred?.resolve(value)
    else deferred?.reject(new Error(`${file}: ${error}`))
  })
  child.on('exit', () => {
    for (const deferred of waiting.values()) deferred.reject(new Error(`${file} has ended`))
  })
  return {
    pid: child.pid ?? 0,
    process: child,
    async call<Name extends keyof S & string> (name: Name, argument: Parameters<S[Name]>[0]): Promise<Result<S[Name]>> {
      const deferred = Promise.withResolvers<unknown>()
      const message: Message = { skill: asked++, name, argument }
      waiting.set(message.skill, deferred)
      child.send(message)
      return await deferred.promise as Result<S[Name]>
    },
    end: () => { if (child.connected) child.disconnect() }
  }
}

/** Makes this process do what its parent says, until that one has gone. */
export function obey (skills: Skills): void {
  const handle = async ({ skill, name = '', argument }: Message) => {
    const reply = await attempt(() => skills[name]?.(argument as never))
    process.send?.({ skill, ...reply } satisfies Message)
  }
  process.on('message', (message: unknown) => {
    if (typeof message === 'object' && message !== null && 'skill' in message) void handle(message as Message)
  })
  process.on('disconnect', () => process.exit(0))
  // The probe lets go of the channel, because a server has better reasons to stay.
  process.channel?.ref()
}

async function attempt (work: () => unknown): Promise<{ value: unknown } | { error: string }> {
  try {
    return { value: await work() }
  } catch (error) {
    return { error: error instanceof Error ? error.stack ?? error.message : String(error) }
  }
}
