// The entry point of a worker process. It begins as the server's user, hears as whom it is to read files, becomes that, and only then loads what touches files: until then
// nothing but this file, the link to the server and what these name has been loaded, and nothing that anybody outside has written has been read.
import { realpath } from 'node:fs/promises'
import { flushCompileCache } from 'node:module'
import { Socket } from 'node:net'
import { resolve } from 'node:path'
import { atMost } from '../../at-most.ts'
import { release } from '../../release.ts'
import { DiffractionError } from '../diffraction-error.ts'
import { become } from './become.ts'
import { closeInherited } from './inherited.ts'
import { openLink } from './link.ts'
import { failureOf } from './messages.ts'
import type { FromProcess, ProcessSettings, ToProcess } from './messages.ts'
import type { Performer, PerformerModule } from './performer.ts'
import { createSharedLink, largestShared } from './shared-link.ts'

/** Milliseconds to clean up before the process ends. */
const farewell = 1000

/** Milliseconds between two looks at the numbers, which also change when nobody asks for anything. */
const tellingInterval = 1000

/** The descriptor of the link to the server. */
const descriptor = 3

closeInherited(descriptor)
const socket = new Socket({ fd: descriptor, readable: true, writable: true })
const link = openLink<FromProcess, ToProcess>(socket, { mostBytes: largestShared, onMessage: hear, onFault: fail })
const shared = createSharedLink(link.send, () => link.backlog)
const running = new Map<number, AbortController>()
let performer: Performer | undefined
let leaving = false
// A server that is killed says nothing any more: this is how its processes learn of it.
socket.on('close', leave)

function hear (message: ToProcess, bytes: Buffer | undefined): void {
  switch (message.kind) {
    case 'begin': return void begin(message.settings)
    case 'task': return void perform(message)
    case 'cancel': return running.get(message.id)?.abort()
    case 'shared': return shared.answer(message.id, message.isThere ? bytes ?? Buffer.alloc(0) : undefined)
    case 'end': return void leave()
  }
}

async function begin ({ credentials, isShared, module, performer: settings, roots }: ProcessSettings): Promise<void> {
  try {
    if (credentials !== undefined) become(credentials)
    process.umask(0o077)
    const opening = await load(module)
    performer = opening.openPerformer({ settings, roots: await Promise.all(roots.map(resolved)), shared: isShared ? shared : undefined })
    link.send({ kind: 'ready' })
    setInterval(tell, tellingInterval).unref()
  } catch (error) {
    console.error(error)
    link.send({ kind: 'refused', failure: failureOf(error) })
    // The server ends this process: all that waits for it is to hear why, first.
  }
}

async function load (module: string): Promise<PerformerModule> {
  try {
    return await import(module)
  } catch (error) {
    console.error(error)
    throw new DiffractionError('UNAVAILABLE', 'The worker process cannot load its program: all users must be able to read the folder that Tutti is installed in.')
  }
}

/** A folder without links. One that is not there yet may come later; what leads there by a link is not in it. */
async function resolved (root: string): Promise<string> {
  try {
    return await realpath(root)
  } catch {
    return resolve(root)
  }
}

async function perform ({ ask, id, name, timeout }: Extract<ToProcess, { kind: 'task' }>): Promise<void> {
  if (performer === undefined) return
  const going = new AbortController()
  running.set(id, going)
  try {
    const onProgress = (text: string) => link.send({ kind: 'progress', id, text })
    answer(id, await performer.perform(name, ask as never, { signal: going.signal, timeout, onProgress }))
  } catch (error) {
    if (!(error instanceof DiffractionError)) console.error(error)
    link.send({ kind: 'failed', id, failure: failureOf(error), numbers: performer.numbers() })
  } finally {
    running.delete(id)
  }
}

/** Results on their way out, and the tasks whose result they are. */
const outgoing = new Map<object, number[]>()

/** Sends a result. It goes over once for all who wait for the same: they have it in the same turn. */
function answer (id: number, found: object & { bytes?: Uint8Array }): void {
  const others = outgoing.get(found)
  if (others !== undefined) return void others.push(id)
  const ids = [id]
  outgoing.set(found, ids)
  process.nextTick(() => {
    outgoing.delete(found)
    if (performer === undefined) return
    const { bytes, ...result } = found
    link.send({ kind: 'result', ids, result, numbers: performer.numbers() }, bytes, bytes && (() => release(bytes)))
  })
}

let told = ''
function tell (): void {
  const numbers = performer?.numbers()
  const text = JSON.stringify(numbers)
  if (numbers === undefined || text === told) return
  told = text
  link.send({ kind: 'numbers', numbers })
}

function fail (error: unknown): void {
  console.error(error)
  void leave()
}

async function leave (): Promise<void> {
  if (leaving) return
  leaving = true
  for (const going of running.values()) going.abort()
  await atMost(farewell, performer?.close()).catch(() => {})
  flushCompileCache()
  // Threads that wait for a disk which does not answer would keep any other end from coming.
  process.kill(process.pid, 'SIGKILL')
}
