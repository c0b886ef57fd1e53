// What `npm start` shows frames with where the environment says nothing of any: a small Eiger, and a session that may see it.
import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Token of the session, and the ESAF that it may see. */
export const demoSession = { pid: 'demo', esaf: 1 }

/** Variables without which there is nothing to show; where any is set, the operator has frames. */
const own = ['DIFFRACTION_ROOT', 'DIFFRACTION_SESSIONS', 'DIFFRACTION_REDIS_URL', 'DIFFRACTION_PUBLIC_KEY'] as const

/** A demonstration that is being made ready. */
export interface Demo {
  /** What the environment is to have besides. */
  readonly variables: Readonly<Record<string, string>>
  /** Resolves when the frames are there. They are made once, in a process of its own, and nothing has to wait for them. */
  readonly made: Promise<void>
}

/**
 * Prepares a demonstration in a folder.
 * @returns undefined where diffraction is off, or the environment has frames of its own
 */
export async function prepareDemo (environment: NodeJS.ProcessEnv, dataFolder: string): Promise<Demo | undefined> {
  const isWanted = environment.MODULES?.split(',').some(name => name.trim() === 'diffraction') === true
  if (!isWanted || own.some(name => (environment[name] ?? '') !== '')) return undefined
  const folder = path.resolve(dataFolder, 'diffraction')
  const frames = path.join(folder, 'frames')
  const sessions = path.join(folder, 'sessions.json')
  await mkdir(frames, { recursive: true })
  await writeFile(sessions, JSON.stringify({ [demoSession.pid]: { uid: userName(), pid: demoSession.pid, role: 'user', allowedESAFs: [demoSession.esaf] } }))
  return {
    variables: { DIFFRACTION_ROOT: frames, DIFFRACTION_SESSIONS: sessions, DIFFRACTION_IDENTITY: environment.DIFFRACTION_IDENTITY ?? 'single' },
    made: makeFrames(frames)
  }
}

async function makeFrames (folder: string): Promise<void> {
  const making = fileURLToPath(new URL('making.ts', import.meta.url))
  await promisify(execFile)(process.execPath, [making, folder])
  await rm(`${folder}.new`, { recursive: true, force: true })
}

/** Whoever runs this; where the system has no name for them, any will do. */
function userName (): string {
  try {
    return userInfo().username
  } catch {
    return 'demo'
  }
}
