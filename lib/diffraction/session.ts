// Who asks, and as whom files are read for them.
import type { FramesNumbers } from './frames/frames.ts'
import type { TaskName, Tasks } from './task.ts'

/** Somebody who has signed in, as the session in Redis says and its signature proves. */
export interface Session {
  /** Token, and name of the session. */
  readonly pid: string
  /** Name of the user. */
  readonly user: string
  readonly role: string | undefined
  /** ESAF numbers (experiments) whose files the user may see. */
  readonly esafs: readonly number[]
}

/** Finds sessions. */
export interface Sessions {
  /**
   * Finds the session of a token, each time anew: who has signed out has none.
   * @param esaf - what is asked for; 0 for what needs none
   * @throws DiffractionError NOT_AUTHORIZED with the number of the LS-CAT image server (2 no session, 3 no signature, 4 wrong signature, 5 not JSON, 6 of another pid, 7 ended, 8 not for this ESAF), UNAVAILABLE
   */
  find (pid: string, esaf: number, signal?: AbortSignal): Promise<Session>
  /** Whether sessions cannot be read at the moment. */
  isTroubled (): boolean
  close (): Promise<void>
}

/** As whom, and where, files are read: each has a worker process of its own. */
export interface Identity {
  /** What processes and caches are kept by: ESAF and user. */
  readonly key: string
  readonly user: string
  readonly esaf: number
}

/** Worker processes, one for each identity, that begin when they are asked for the first time. */
export interface Workers {
  /**
   * Has a task done in the process of an identity.
   * @param options.signal - gives the task up
   * @param options.timeout - milliseconds until it is given up, from now; its process is ended where it does not stop
   * @param options.onProgress - told what the task says on its way
   * @throws DiffractionError
   */
  perform<Name extends TaskName> (identity: Identity, task: Name, ask: Tasks[Name]['ask'], options: PerformOptions): Promise<Tasks[Name]['result']>
  /** What runs now. */
  numbers (): { processes: number, inFlight: number, restarts: number, frames: FramesNumbers }
  /** Ends all processes; tasks that run have until the grace is over. */
  close (): Promise<void>
}

/** Bounds of one task. */
export interface PerformOptions {
  readonly signal?: AbortSignal | undefined
  readonly timeout: number
  readonly onProgress?: (progress: string) => void
}
