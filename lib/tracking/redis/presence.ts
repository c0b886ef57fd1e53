// The processors that are registered at this server: they live in Redis as long as this server says that they do.
import type { Camera } from '../messages/camera.ts'
import { own } from '../objects/kept-objects.ts'
import { keyText, registrationBytes, registrationWord } from './entries.ts'
import type { Registered } from './entries.ts'
import type { Argument } from './link.ts'
import * as scripts from './scripts.ts'

/** What the registrations of a server are made with. */
export interface PresenceOptions {
  /** Runs one of the scripts; rejects where that cannot be done. */
  run (script: string, ...args: Argument[]): Promise<unknown>
  /** Runs one if that can be done now. */
  ask (script: string, ...args: Argument[]): Promise<unknown>
  /** Milliseconds that registrations live without a sign. */
  lifetime: number
  /** The wall clock, in milliseconds since 1970. */
  now (): number
  /** Offset up to which it is known here what has happened. */
  offset (): number
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

/** Begins without registrations. */
export function createPresence ({ run, ask, lifetime, now, offset }: PresenceOptions): Presence {
  const mine = new Map<string, Mine>()

  async function unregister ({ key }: Camera, registration: string): Promise<void> {
    if (mine.get(key)?.registration === registration) mine.delete(key)
    await ask(scripts.unregister, keyText(key), registrationWord(registration))
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
      const all = [...mine.values()]
      const running: Promise<unknown>[] = []
      // All at once: whoever leaves afterwards must not come again with the next part.
      for (let at = 0; at < all.length; at += chunk) {
        running.push(run(scripts.keep, lifetime, offset(), ...all.slice(at, at + chunk).flatMap(registered => [keyText(registered.camera.key), registrationBytes(registered)])))
      }
      await Promise.all(running)
    },
    async leave () {
      await Promise.all([...mine.values()].map(async ({ camera, registration }) => await unregister(camera, registration)))
    }
  }
}
