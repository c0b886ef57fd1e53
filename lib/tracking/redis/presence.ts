// The processors that are registered at this server: they live in Redis as long as this server says that they do.
import type { Camera } from '../messages/camera.ts'
import { own } from '../objects/kept-objects.ts'
import { keyText, registrationBytes, registrationWord } from './entries.ts'
import type { Registered } from './entries.ts'
import { text as textOf } from './link.ts'
import type { Argument, Reply } from './link.ts'
import * as scripts from './scripts.ts'

/** What the registrations of a server are made with. */
export interface PresenceOptions {
  /** Runs one of the scripts; rejects where that cannot be done. */
  run (script: string, ...args: Argument[]): Promise<Reply[]>
  /** Runs one if that can be done now. */
  ask (script: string, ...args: Argument[]): Promise<unknown>
  /** Milliseconds that registrations live without a sign. */
  lifetime: number
  /** The wall clock, in milliseconds since 1970. */
  now (): number
  /** Offset up to which it is known here what has happened. */
  offset (): number
  /** Resolves when what happened up to an offset is known here, or when that takes too long. */
  reached (offset: number): Promise<void>
}

/** The registrations of a server. */
export interface Presence {
  register (camera: Camera, registration: string): void
  unregister (camera: Camera, registration: string): void
  /** Takes it that Redis has told of a registration, of this server or another. */
  hear (camera: Camera, registration: string): void
  /** Gives the sign. Whoever is not registered any more, though nobody newer has come, is so again. */
  keep (): Promise<void>
  /** Ends all. */
  leave (): Promise<void>
}

/** A registration of this server. */
interface Mine extends Registered {
  /** Whether Redis has told of it: others that are told of before it have come before it. */
  isTold: boolean
}

/** Registrations in one step. */
const chunk = 200

/** Times that the sign is given where others register all the time. */
const mostTries = 3

/** Begins without registrations. */
export function createPresence ({ run, ask, lifetime, now, offset, reached }: PresenceOptions): Presence {
  const mine = new Map<string, Mine>()

  async function unregister ({ key }: Camera, registration: string): Promise<void> {
    if (mine.get(key)?.registration === registration) mine.delete(key)
    await ask(scripts.unregister, keyText(key), registrationWord(registration))
  }

  /** Says that all live. All at once: whoever leaves afterwards must not come again with the next part. */
  function sign (): Promise<Reply[]>[] {
    const all = [...mine.values()]
    return Array.from({ length: Math.ceil(all.length / chunk) }, async (_, part) =>
      await run(scripts.keep, lifetime, offset(), ...all.slice(part * chunk, (part + 1) * chunk).flatMap(registered => [keyText(registered.camera.key), registrationBytes(registered)])))
  }

  return {
    register ({ key, text }, registration) {
      const known = mine.get(key)
      const registered = known?.registration === registration ? known : { camera: { key, text: own(text) }, registration, since: now(), isTold: false }
      mine.set(key, registered)
      // Where Redis is away it is said as soon as it is there again.
      void ask(scripts.register, keyText(key), registrationBytes(registered), lifetime)
    },
    unregister (camera, registration) { void unregister(camera, registration) },
    hear ({ key }, registration) {
      const here = mine.get(key)
      if (here?.registration === registration) here.isTold = true
      else if (here?.isTold === true) mine.delete(key)
    },
    async keep () {
      for (let tries = 0; tries < mostTries; tries++) {
        const behind = (await Promise.all(sign())).filter(([status]) => textOf(status) === 'behind')
        if (behind.length === 0) return
        await reached(Math.max(...behind.map(([, offset]) => Number(offset))))
      }
    },
    async leave () {
      await Promise.all([...mine.values()].map(async ({ camera, registration }) => await unregister(camera, registration)))
    }
  }
}
