// What the black-box tests of diffraction need: a server with frames in a folder of its own, and sessions in a file.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import type { Test } from 'tap'
import { DiffractionError } from '../lib/diffraction/diffraction-error.ts'
import type { DiffractionCode } from '../lib/diffraction/diffraction-error.ts'
import type { Workers } from '../lib/diffraction/session.ts'
import { build } from './helper.ts'
import type { BuildOptions, Built, Reply } from './helper.ts'

/** Sessions by token, as DIFFRACTION_SESSIONS has them. */
export type SessionFile = Record<string, unknown>

/** The token of the session that every server of buildDiffraction knows. It may see ESAF 1 and 2. */
export const token = 'demo'

/** A server with frames. */
export interface DiffractionServer extends Built {
  /** The folder that files may be in, with real paths all the way. */
  readonly folder: string
  /** Replaces all sessions. */
  signIn (sessions: SessionFile): void
  /** GET with the token. */
  ask (path: string, headers?: Record<string, string>): Promise<Reply>
  /** POST of JSON with the token. */
  tell (path: string, body: unknown, headers?: Record<string, string>): Promise<Reply>
  /** GET with the token, for answers that are no text. */
  fetch (path: string, init?: RequestInit): Promise<Response>
}

/** Who may see what where nothing else is said. */
export const usualSessions: SessionFile = { [token]: { uid: userInfo().username, pid: token, role: 'user', allowedESAFs: [1, 2] } }

/** The IIIF address of a frame. */
export function iiif (file: string, frame = 1, esaf = 1): string {
  return `/iiif/3/${encodeURIComponent(`${esaf}:${file}:${frame}`)}`
}

/** Builds a server with the module `diffraction` alone. */
export async function buildDiffraction (t: Test, { env = {}, sessions = usualSessions, ...options }: BuildOptions & { sessions?: SessionFile } = {}): Promise<DiffractionServer> {
  const base = realpathSync(mkdtempSync(path.join(tmpdir(), 'tutti-diffraction-')))
  const folder = path.join(base, 'frames')
  const sessionFile = path.join(base, 'sessions.json')
  mkdirSync(folder)
  const signIn = (content: SessionFile) => writeFileSync(sessionFile, JSON.stringify(content))
  signIn(sessions)
  // Before the server is built, and so after it has closed.
  t.teardown(() => rmSync(base, { recursive: true, force: true }))
  const server = await build(t, {
    ...options,
    env: { MODULES: 'diffraction', DIFFRACTION_IDENTITY: 'single', DIFFRACTION_ROOT: folder, DIFFRACTION_SESSIONS: sessionFile, DIFFRACTION_PREFETCH: '0', DIFFRACTION_THREADS: '1', ...env }
  })
  const authorization = `Bearer ${token}`
  return {
    ...server,
    folder,
    signIn,
    ask: (path, headers) => server.send(path, { headers: { authorization, ...headers } }),
    tell: (path, body, headers) => server.post(path, body, { headers: { 'content-type': 'application/json', authorization, ...headers } }),
    fetch: (path, init) => fetch(server.origin + path, { redirect: 'manual', ...init, headers: { authorization, ...init?.headers } })
  }
}

/** Lets tasks be done by the test instead of worker processes. */
export function answerTasks (server: Built, perform: (task: string, ask: never, who: { user: string, esaf: number }) => unknown): void {
  const workers: Workers = server.app.diffraction.workers
  workers.perform = async (identity, task, ask) => await perform(task, ask as never, identity) as never
}

/** Lets every task fail. */
export function failTasks (server: Built, code: DiffractionCode): void {
  answerTasks(server, () => { throw new DiffractionError(code, `It is ${code}.`) })
}
