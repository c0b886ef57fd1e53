// Does what a request asks for, for somebody whose session has been found: the same for ZeroMQ and for HTTP.
import { DiffractionError } from '../diffraction-error.ts'
import type { DiffractionCode } from '../diffraction-error.ts'
import type { FileIdentity, FrameSource } from '../frame.ts'
import type { Metadata } from '../metadata.ts'
import { heightOf, windowOf } from '../pixels/reduction.ts'
import type { Identity, Session, Workers } from '../session.ts'
import type { Description, Picture, TaskName, Tasks } from '../task.ts'
import type { Statistics } from '../view.ts'
import { drawBlank } from './blank.ts'
import type { DrawBlank } from './blank.ts'
import { integer, isObject, metadataObject, objectOf, plainJson, readJson, real, writeJson } from './json.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { integerOf, isJobType, jobTypes, memberOf, textOf } from './job.ts'
import type { Job } from './job.ts'
import { readView, sourceOf, wholeOf, widthOf } from './view.ts'
import type { View } from './view.ts'

/** What jobs are done with. */
export interface JobContext {
  readonly workers: Workers
  /** As whom the files of an ESAF are read for a session. */
  identityOf (session: Session, esaf: number): Identity
  /** Milliseconds for a job. */
  readonly timeout: number
  /** Milliseconds for indexing. */
  readonly indexTimeout: number
  /** Whether a file that cannot be read gives a blank picture, as the LS-CAT image server has it. */
  readonly legacy: boolean
  /** Most pixels of a picture. */
  readonly maxPixels: number
  /** Draws pictures without a frame; each at once where it is absent. */
  readonly drawBlank?: DrawBlank | undefined
  /** Publishes the progress of indexing where a request asks for it. */
  readonly progress?: { open (request: { publisher: string | undefined, address: string | undefined, port: number | undefined, tag: string | undefined }): { tell (text: string): void, end (): Promise<void> } } | undefined
}

/** Bounds of one job. */
export interface JobOptions {
  /** Gives the job up. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds instead of those of the context. */
  readonly timeout?: number | undefined
  /** Told what the indexing program says on its way. */
  readonly onProgress?: ((progress: string) => void) | undefined
  /** Leaves the token out of what is sent back. */
  readonly hidePid?: boolean | undefined
}

/** What came of a job. Texts are JSON as the LS-CAT image server writes it. */
export interface Performed {
  /** The request, with what was used. */
  readonly job: string
  /** Metadata of the frame, with statistics; empty for a picture without a frame, and for what has none. */
  readonly metadata: string
  readonly picture?: Pick<Picture, 'bytes' | 'isOwn' | 'mediaType' | 'width' | 'height' | 'depth'>
  /** What other types than pictures and spots are about; empty where the indexing program said nothing. */
  readonly result?: string
  /** The file that was looked at. */
  readonly identity?: FileIdentity
}

/** Width that spots are counted at where the request names none. */
const spotsWidth = 384

/** Longest side of a picture. */
const longestSide = 65500

/** What is wrong with a file rather than with a request or a server. */
const fileFaults: readonly DiffractionCode[] = ['FILE_MISSING', 'FRAME_MISSING', 'FORMAT_UNKNOWN', 'FILE_BROKEN']

/** Whether an error says that a file cannot be read, or has no such frame. */
export function isFileFault (error: unknown): error is DiffractionError {
  return error instanceof DiffractionError && fileFaults.includes(error.code)
}

/**
 * Does a job.
 * @throws DiffractionError
 */
export async function performJob (context: JobContext, job: Job, session: Session, options: JobOptions = {}): Promise<Performed> {
  const { members, type } = job
  if (type === undefined || !isJobType(type) || type === 'cancel') {
    throw new DiffractionError('REQUEST', `The member type of the request must be one of ${jobTypes.join(', ')}.`)
  }
  const run = runner(context, job, session, options)
  const echo = (more: Readonly<Record<string, JsonValue | undefined>> = {}) => writeJson(objectOf({ ...members, ...more, ...options.hidePid === true && { pid: undefined } }))
  switch (type) {
    case 'jpeg': return await picture(context, readView(members), run, echo, options.signal)
    case 'index': return await index(context, members, run, echo)
  }
  const source = sourceOf(members)
  if (source === undefined) throw new DiffractionError('REQUEST', 'The member fn of the request must be the path of a file.')
  switch (type) {
    case 'spots': {
      const width = Object.hasOwn(members, 'xsize') ? widthOf(members) : spotsWidth
      checkSize(context, width, width)
      const { metadata, statistics, spots, identity } = await run('spots', { source, width })
      return { job: echo({ zoom: real(1), segcol: real(0), segrow: real(0) }), metadata: metadataText(metadata, statistics, spots), identity }
    }
    case 'meta': {
      const description = await run('describe', { source })
      return { job: echo(), metadata: metadataText(description.metadata), result: descriptionText(description), identity: description.identity }
    }
    case 'pixel': return { job: echo(), metadata: '', result: plainText(await run('pixel', { source, x: integerOf(members, 'x'), y: integerOf(members, 'y') })) }
    case 'histogram': return { job: echo(), metadata: '', result: plainText(await run('histogram', { source, bins: wholeOf(members, 'bins', 1, 65536) ?? 256 })) }
    case 'radial': return { job: echo(), metadata: '', result: plainText(await run('radial', { source, bins: wholeOf(members, 'bins', 1, 65536) ?? 512 })) }
    case 'findspots': return { job: echo(), metadata: '', result: plainText(await run('findSpots', { source, limit: wholeOf(members, 'limit', 1, 100_000) ?? 1000 })) }
  }
}

/** Has tasks of one job done, all of them within its time. */
type Run = <Name extends TaskName>(task: Name, ask: Tasks[Name]['ask'], onProgress?: (progress: string) => void) => Promise<Tasks[Name]['result']>

type Echo = (more?: Readonly<Record<string, JsonValue | undefined>>) => string

function runner (context: JobContext, { esaf, type }: Job, session: Session, { signal, timeout, onProgress = () => {} }: JobOptions): Run {
  const time = timeout ?? (type === 'index' ? context.indexTimeout : context.timeout)
  const deadline = performance.now() + time
  return async (task, ask, publish = () => {}) => {
    // Files are those of an experiment. Nobody reads any as nobody.
    if (esaf <= 0) throw new DiffractionError('NOT_AUTHORIZED', 'Files belong to an ESAF: name one in the member esaf of the request, as a whole number.', 8)
    return await context.workers.perform(context.identityOf(session, esaf), task, ask, {
      signal,
      timeout: Math.max(1, deadline - performance.now()),
      onProgress (progress) {
        publish(progress)
        onProgress(progress)
      }
    })
  }
}

async function picture (context: JobContext, view: View, run: Run, echo: Echo, signal: AbortSignal | undefined): Promise<Performed> {
  const { source, width } = view
  const blank = async () => await blankOf(context, view, echo, signal)
  if (source === undefined) return await blank()
  try {
    const height = view.height ?? await heightFrom(source, view, run)
    checkSize(context, width, height)
    const { part, mode, frames, drawing } = view
    const { metadata, statistics, spots, levels, identity, ...picture } = await run('picture', { source, reduction: { part, width, height, mode, frames }, drawing })
    const sizes = view.isExtended ? { width_used: integer(picture.width), height_used: integer(picture.height), depth_used: integer(picture.depth) } : {}
    // Over HTTP most who want a picture are not told the metadata.
    return { job: echo({ wval_used: plainJson(levels.white), bval_used: plainJson(levels.black), ...sizes }), get metadata () { return metadataText(metadata, statistics, spots) }, picture, identity }
  } catch (error) {
    if (context.legacy && isFileFault(error)) return await blank()
    throw error
  }
}

/** The picture that stands for none. */
async function blankOf (context: JobContext, { drawing, width }: View, echo: Echo, signal: AbortSignal | undefined): Promise<Performed> {
  checkSize(context, width, width)
  const picture = await (context.drawBlank ?? drawBlank)(width, drawing, signal)
  return { job: echo(), metadata: '', picture }
}

async function heightFrom (source: FrameSource, { part, width, highest = Infinity }: View, run: Run): Promise<number> {
  const frame = await run('describe', { source })
  return Math.min(highest, heightOf(width, windowOf(part, frame.width, frame.height)))
}

function checkSize ({ maxPixels }: JobContext, width: number, height: number): void {
  if (width * height <= maxPixels && width <= longestSide && height <= longestSide) return
  throw new DiffractionError('TOO_LARGE', `A picture of ${width} x ${height} pixels is too large: it may have ${maxPixels} pixels, and ${longestSide} on a side. Ask for a smaller xsize.`)
}

async function index ({ progress }: JobContext, members: JsonObject, run: Run, echo: Echo): Promise<Performed> {
  const first = textOf(members, 'fn1') ?? ''
  const second = textOf(members, 'fn2') ?? first
  if (first === '' || second === '') throw new DiffractionError('REQUEST', 'The members fn1 and fn2 of the request must be paths of files.')
  const published = progress?.open({
    publisher: textOf(members, 'progressPublisher'),
    address: textOf(members, 'progressAddress'),
    port: integerOf(members, 'progressPort'),
    tag: textOf(members, 'tag')
  })
  try {
    const frames = [Math.max(0, integerOf(members, 'frame1')), Math.max(0, integerOf(members, 'frame2'))] as const
    const { result, stderr } = await run('index', { files: [first, second], frames }, progress => published?.tell(progress))
    return { job: echo(), metadata: '', result: indexedText(result, stderr) }
  } finally {
    await published?.end()
  }
}

/** The result of the indexing program, and what it complained of as a member of it. */
function indexedText (result: string, stderr: string): string {
  if (result.trim() === '') return ''
  try {
    const value = readJson(Buffer.from(result))
    return writeJson(stderr !== '' && isObject(value) ? objectOf({ ...value, stderr }) : value)
  } catch {
    throw new DiffractionError('UNAVAILABLE', 'The indexing program gave no JSON. The operator looks at DIFFRACTION_INDEXER.')
  }
}

/** Metadata as the LS-CAT image server has it: what the file says, and over it what was counted. */
function metadataText (metadata: Metadata, statistics?: Statistics, spots?: number): string {
  const counted: Record<string, number | undefined> = statistics === undefined ? {} : { n: statistics.n, min: statistics.min, max: statistics.max, nSaturated: statistics.saturated, spots }
  const measured: Record<string, number | undefined> = statistics === undefined ? {} : { mean: statistics.mean, rms: statistics.rms, stddev: statistics.stddev }
  return writeJson({ ...metadataObject(metadata), ...numbers(counted, value => plainJson(value)), ...numbers(measured, real) })
}

function numbers (from: Readonly<Record<string, number | undefined>>, write: (value: number) => JsonValue): JsonObject {
  return objectOf(Object.fromEntries(Object.entries(from).map(([name, value]) => [name, value === undefined || !Number.isFinite(value) ? undefined : write(value)])))
}

function descriptionText ({ format, frames, width, height, geometry, metadata }: Description): string {
  const units = Object.fromEntries(Object.entries(metadata).map(([name, { unit }]) => [name, unit]))
  return plainText({ format, frames, width, height, geometry, units })
}

function plainText (value: unknown): string {
  return writeJson(plainJson(value))
}

/** What is to be sent back of a job that was not done. */
export function echoOf ({ members }: Job): string {
  return writeJson(members)
}

/** The tag that a request is known by, as JSON; undefined where it has none. */
export function tagOf ({ members }: Job): string | undefined {
  const tag = memberOf(members, 'tag')
  return tag === undefined ? undefined : writeJson(tag)
}
