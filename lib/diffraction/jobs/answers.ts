// Answers requests as the LS-CAT image server does, frame by frame: one reply to each, by its deadline, whatever happens on the way.
import { Buffer } from 'node:buffer'
import { DiffractionError } from '../diffraction-error.ts'
import type { Session, Sessions } from '../session.ts'
import { createBlankPictures } from './blank.ts'
import { integer, objectOf, writeJson } from './json.ts'
import { isJobType, readJob, textOf, typeFault } from './job.ts'
import type { Job } from './job.ts'
import { echoOf, isFileFault, performJob, tagOf } from './perform.ts'
import type { JobContext, Performed } from './perform.ts'

/** What requests are answered with. */
export interface AnswersOptions extends JobContext {
  readonly sessions: Sessions
  /** Requests that are dealt with at one time; those beyond are told to come again. */
  readonly most: number
  /** Told of each answer: what was asked for, `OK` or the code of the error, and how long it took in seconds. */
  readonly onAnswer?: (type: string, result: string, seconds: number) => void
  /** Told of errors that have no code: they are faults of the program. */
  readonly onFault?: (error: unknown) => void
}

/** Answers requests. */
export interface Answers {
  /**
   * The frames of the reply, without an envelope: an empty one, the job, and what there is to it; or one with the text of an error. Never rejects.
   * @param signal - gives up, with an error for an answer
   */
  answer (request: Uint8Array, signal?: AbortSignal): Promise<Uint8Array[]>
  /** Requests that are dealt with now. */
  readonly inFlight: number
}

/** Longest text of an error, in bytes, as with the LS-CAT image server. */
const longestText = 4095

/** Where the LS-CAT image server would say that an error comes from. */
const places: Readonly<Record<string, string>> = { jpeg: 'isJpeg.c isJpeg', spots: 'isSpots.c isSpots', index: 'isIndex.c isIndex' }

const empty = new Uint8Array()

/** Makes what answers requests. */
export function createAnswers (options: AnswersOptions): Answers {
  const context: JobContext = { ...options, drawBlank: options.drawBlank ?? createBlankPictures() }
  const { sessions, most, onAnswer = () => {}, onFault = () => {} } = options
  // Those in flight of each session, so that it can cancel them.
  const running = new Map<string, Map<AbortController, string | undefined>>()
  let inFlight = 0

  const cancel = (pid: string, job: Job): Uint8Array[] => {
    const tag = tagOf(job)
    let cancelled = 0
    for (const [controller, itsTag] of running.get(pid) ?? []) {
      if (itsTag === undefined || itsTag !== tag) continue
      controller.abort(new DiffractionError('CANCELLED', 'The request has been cancelled.'))
      cancelled += 1
    }
    return success(echoOf(job), Buffer.from(writeJson(objectOf({ cancelled: integer(cancelled) }))))
  }

  /** Does a job with a signal of its own, which others can abort by its tag. */
  const cancellable = async (pid: string, job: Job, controller: AbortController, work: () => Promise<Performed>): Promise<Performed> => {
    const own = running.get(pid) ?? new Map<AbortController, string | undefined>()
    running.set(pid, own)
    own.set(controller, tagOf(job))
    try {
      return await work()
    } finally {
      own.delete(controller)
      if (own.size === 0 && running.get(pid) === own) running.delete(pid)
    }
  }

  const perform = async (job: Job, controller: AbortController): Promise<Uint8Array[]> => {
    const { pid, esaf, type } = job
    if (pid === undefined || pid === '') throw new DiffractionError('REQUEST', 'request does not contain pid')
    const session: Session = await sessions.find(pid, esaf, controller.signal)
    if (type === 'cancel') return cancel(pid, job)
    return framesOf(await cancellable(pid, job, controller, () => performJob(context, job, session, { signal: controller.signal })))
  }

  return {
    get inFlight () { return inFlight },
    async answer (request, signal) {
      const started = performance.now()
      let job: Job | undefined
      const tell = (result: string) => onAnswer(job?.type !== undefined && isJobType(job.type) ? job.type : 'none', result, (performance.now() - started) / 1000)
      inFlight += 1
      const controller = new AbortController()
      const given = Promise.withResolvers<never>()
      // Work that does not heed the signal is not waited for.
      given.promise.catch(() => {})
      const giveUp = (error: DiffractionError) => {
        controller.abort(error)
        given.reject(error)
      }
      const stop = () => giveUp(new DiffractionError('CANCELLED', 'The server is about to end. Ask again.'))
      let timer: NodeJS.Timeout | undefined
      try {
        job = readJob(request)
        if (inFlight > most) throw new DiffractionError('BUSY', 'The server has as many requests as it can hold. Ask again in a moment.')
        const time = job.type === 'index' ? options.indexTimeout : options.timeout
        timer = setTimeout(() => giveUp(new DiffractionError('TIMEOUT', `The answer was not ready after ${time} ms. Ask again; the operator looks at DIFFRACTION_TIMEOUT.`)), time)
        if (signal?.aborted === true) stop()
        signal?.addEventListener('abort', stop)
        const work = perform(job, controller)
        controller.signal.addEventListener('abort', () => given.reject(controller.signal.reason))
        const frames = await Promise.race([work, given.promise])
        tell('OK')
        return frames
      } catch (error) {
        const known = error instanceof DiffractionError ? error : new DiffractionError('UNAVAILABLE', 'The server could not do this. Ask again; the operator looks at its log.')
        if (known !== error) onFault(error)
        tell(known.code)
        return failure(known, job)
      } finally {
        clearTimeout(timer)
        signal?.removeEventListener('abort', stop)
        inFlight -= 1
      }
    }
  }
}

/** The reply to a job that was done: one frame less for what has no picture. */
function framesOf ({ job, metadata, picture, result }: Performed): Uint8Array[] {
  if (picture !== undefined) return success(job, Buffer.from(metadata), picture.bytes)
  if (result === undefined) return success(job, Buffer.from(metadata))
  return metadata === '' ? success(job, Buffer.from(result)) : success(job, Buffer.from(metadata), Buffer.from(result))
}

function success (job: string, ...more: Uint8Array[]): Uint8Array[] {
  return [empty, Buffer.from(job), ...more]
}

/**
 * The reply to what cannot be answered: the text that the LS-CAT image server would send, and a frame with the code for those who ask for it.
 * @param job - the request, undefined where it could not be read
 */
export function failure (error: DiffractionError, job: Job | undefined): Uint8Array[] {
  const text = Buffer.from(textOfError(error, job).replaceAll('\0', ' '))
  const frames: Uint8Array[] = [text.length > longestText ? text.subarray(0, wholeCharacters(text, longestText)) : text]
  if (job?.wantsCode === true) frames.push(Buffer.from(writeJson(objectOf({ code: `TUTTI_DIFFRACTION_${error.code}`, message: error.message }))))
  return frames
}

/** Where to cut a text so that no character of UTF-8 is cut in two. */
function wholeCharacters (text: Buffer, most: number): number {
  let end = most
  while (end > 0 && (text[end]! & 0xc0) === 0x80) end -= 1
  return end
}

function textOfError (error: DiffractionError, job: Job | undefined): string {
  if (job === undefined) return `isMain.c main: Failed to parse request: ${error.message}`
  const { pid, esaf, type } = job
  if (pid === undefined || pid === '') return 'isMain.c main: request does not contain pid'
  if (error.code === 'NOT_AUTHORIZED') {
    return `isMain.c main: Process ${pid} is not authorized ${error.legacy === undefined || error.legacy === 8 ? `for esaf ${esaf}` : `(${error.legacy})`}`
  }
  if (error.code === 'REQUEST') {
    switch (typeFault(job)) {
      case 'missing': return `isWorker.c isWorker: No type parameter in job ${echoOf(job)}`
      case 'unknown': return `isWorker.c isWorker: Unknown job type '${textOf(job.members, 'type') ?? ''}' in job '${echoOf(job)}'`
      case 'obsolete': return `isWorker.c isWorker: Obsolete job type '${textOf(job.members, 'type') ?? ''}' in job '${echoOf(job)}'`
    }
  }
  if (type === 'spots' && (textOf(job.members, 'fn') ?? '') === '') return `isSpots.c isSpots: Missing filename for job ${echoOf(job)}`
  if (type === 'spots' && isFileFault(error)) return `isSpots.c isSpots: Missing data for job ${echoOf(job)}`
  return `${places[type ?? ''] ?? 'isWorker.c isWorker'}: ${error.message}`
}
