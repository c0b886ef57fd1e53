// What runs in a thread: files are opened and decoded, pixels reduced, drawn and analysed here. All that may hang or run out of memory does so where only a thread is lost.
import { histogramOf } from '../analysis/histogram.ts'
import { radialProfileOf } from '../analysis/radial-profile.ts'
import { findSpots } from '../analysis/spot-finder.ts'
import { DiffractionError } from '../diffraction-error.ts'
import type { ImageFile } from '../formats/image-file.ts'
import { openImageFile } from '../formats/open.ts'
import { memoryFor } from '../frame.ts'
import type { Frame } from '../frame.ts'
import type { Canvas } from '../pixels/canvas.ts'
import { prepareEncoding } from '../pixels/encoding.ts'
import { labelText } from '../pixels/label.ts'
import { drawOverlays } from '../pixels/overlays.ts'
import { drawPicture } from '../pixels/picture.ts'
import { joinShares, reduceShare } from '../pixels/reduction.ts'
import type { ReducedShare } from '../pixels/reduction.ts'
import { countSpots } from '../pixels/spots.ts'
import { addFrames } from '../pixels/sums.ts'
import type { Reduced } from '../view.ts'
import { handingOver } from '../../worker-pool.ts'
import type { Errand, ErrandKind, ErrandOutcome, Errands, Facts, FileMask, Opening, Unread } from './errand.ts'
import { areUnchanged, companionsAt, findFile, isInside } from './files.ts'
import type { Companion } from './files.ts'
import { FileChanged } from './file-changed.ts'
import { createCollector } from './garbage.ts'
import { listFolder } from './listing.ts'

// One of each in a thread: how often it has looked for memory that it no longer needs, what it looks with, and what it paints in.
let rounds = 0
let room = new Uint8Array()
let collect: (() => void) | undefined

/** Bytes of a canvas whose memory is kept: pictures of four megapixels in colour. */
const mostRoom = 12 * 1024 ** 2

/** Does one errand; what goes wrong is told, not thrown. */
export default async function run (errand: Errand): Promise<ErrandOutcome> {
  if (errand.round !== rounds) (collect ??= createCollector())()
  rounds = errand.round
  try {
    return await outcomeOf(errand)
  } catch (error) {
    if (error instanceof FileChanged) return { kind: 'changed' }
    if (error instanceof DiffractionError) return { kind: 'failed', code: error.code, message: error.message }
    throw error
  }
}

async function outcomeOf (errand: Errand): Promise<ErrandOutcome> {
  switch (errand.kind) {
    case 'warm':
      prepareEncoding()
      // Not loaded where threads are not warmed up and nobody asks for HDF5.
      await (await import('../formats/hdf5-library.ts')).startHdf5()
      return done<'warm'>(undefined)
    case 'describe': return done<'describe'>(await lookInto(errand.ask, (file, companions) => factsOf(file, errand.ask, companions)))
    case 'decode': return done<'decode'>(await decode(errand.ask))
    case 'expand': {
      const { chunk, share, shares, memory } = errand.ask
      const { decompressShare } = await import('../formats/bitshuffle.ts')
      decompressShare(chunk, share, shares, new Uint8Array(memory, 0, chunk.counts * chunk.size))
      return done<'expand'>(undefined)
    }
    case 'reduce': {
      const { frame, reduction, memory } = errand.ask
      return done<'reduce'>(join(errand.ask, [reduceShare(frame, reduction, 0, 1, memory)]))
    }
    case 'reduceShare': {
      const { frame, reduction, share, shares, memory } = errand.ask
      return done<'reduceShare'>(reduceShare(frame, reduction, share, shares, memory))
    }
    case 'join': return done<'join'>(join(errand.ask, errand.ask.parts))
    case 'draw': {
      const result = await draw(errand.ask)
      return handingOver(done<'draw'>(result), [result.bytes.buffer])
    }
    case 'histogram': return done<'histogram'>(histogramOf(errand.ask.frame, errand.ask.bins))
    case 'radial': return done<'radial'>(radialProfileOf(errand.ask.frame, errand.ask.geometry, errand.ask.bins, errand.ask.beam))
    case 'findSpots': return done<'findSpots'>(findSpots(errand.ask.frame, errand.ask.geometry, errand.ask.limit))
    case 'list': return done<'list'>(await listFolder(errand.ask.folder, errand.ask.limit, errand.ask.roots))
  }
}

function done<Kind extends ErrandKind> (result: Errands[Kind]['result']): ErrandOutcome {
  return { kind: 'done', result }
}

/**
 * Opens a file, and makes sure that it was all the time what it was when it was found.
 * @throws FileChanged where it was not, DiffractionError
 */
async function lookInto<Result> (ask: Opening, look: (file: ImageFile, companions: readonly Companion[]) => Result): Promise<Result> {
  const { file: { path, key }, roots, maxPixels, frame, count } = ask
  const isSame = async () => await findFile(path, roots).then(found => found.key === key, () => false)
  if (!await isSame()) throw new FileChanged()
  let companions: readonly Companion[] = []
  const outcome = await (async () => {
    const file = await openImageFile(path, { mayOpen: each => isInside(each, roots), maxPixels })
    try {
      companions = await companionsAt(companionsOf(file, frame, count))
      return { result: look(file, companions) }
    } finally {
      file.close()
    }
  })().catch((error: unknown) => ({ error }))
  if (!await isSame() || !await areUnchanged(companions)) throw new FileChanged()
  if ('error' in outcome) throw asBroken(outcome.error)
  return outcome.result
}

function companionsOf (file: ImageFile, frame: number, count: number): string[] {
  const paths = new Set<string>()
  for (let number = frame; number < frame + count && number <= file.frames; number++) {
    for (const path of file.companions(number)) paths.add(path)
  }
  return [...paths]
}

/** Readers name what is wrong with a file where they see it; where they stumble over it, it is broken all the same. */
function asBroken (error: unknown): DiffractionError {
  if (error instanceof DiffractionError) return error
  if (error instanceof RangeError && error.message.includes('allocation failed')) return new DiffractionError('BUSY', 'There is not enough memory for the frame at the moment. Try again.')
  return new DiffractionError('FILE_BROKEN', 'The file is broken: what it says of itself does not fit together.')
}

function factsOf (file: ImageFile, { frame }: Opening, companions: readonly Companion[]): Facts {
  if (frame > file.frames) throw new DiffractionError('FRAME_MISSING', `The file has no frame ${frame}; it has ${file.frames}.`)
  const { format, frames, width, height } = file
  return { format, frames, width, height, metadata: file.metadata(frame), companions }
}

function join ({ frame, reduction, memory, beam }: Errands['reduce']['ask'], parts: readonly ReducedShare[]): Reduced {
  const reduced = joinShares(frame, reduction, memory, parts)
  return beam === undefined ? reduced : { ...reduced, spots: countSpots(reduced, beam) }
}

async function decode (ask: Errands['decode']['ask']): Promise<Errands['decode']['result']> {
  return await lookInto(ask, (file, companions) => {
    const facts = factsOf(file, ask, companions)
    const found = ask.known === undefined ? maskOf(file, ask.others) : undefined
    const mask = (ask.known ?? found)?.mask
    const unread = unreadOf(file, ask, mask)
    return { facts, unread, found, hasOwnMask: 'frame' in unread && unread.frame.mask !== mask }
  })
}

function maskOf (file: ImageFile, others: readonly FileMask[]): FileMask {
  const content = file.maskContent?.()
  return (content === undefined ? undefined : others.find(other => other.content === content)) ?? { mask: file.mask(), content }
}

function unreadOf (file: ImageFile, ask: Errands['decode']['ask'], mask: Frame['mask']): Unread {
  const chunk = ask.count === 1 && file.width * file.height >= ask.sharedFrom ? file.compressed?.(ask.frame, ask.spareChunk) : undefined
  return chunk === undefined ? { frame: readSum(file, ask, mask) } : { chunk, mask }
}

function readSum (file: ImageFile, { frame: first, count, spare }: Errands['decode']['ask'], mask: Uint8Array<SharedArrayBuffer> | undefined) {
  let sum = file.read(first, mask, count === 1 ? spare : undefined)
  if (count === 1) return sum
  // Two memories do for any number of frames: that of the sum, and that of the frame that is added to it.
  const total = new Uint32Array(memoryFor(4 * sum.pixels.length, spare), 0, sum.pixels.length)
  let free = sum.pixels.buffer
  for (let number = first + 1; number < first + count; number++) {
    const next = file.read(number, mask, number === first + 1 ? undefined : free)
    sum = addFrames(sum, next, total)
    free = next.pixels.buffer
  }
  return sum
}

/** Memory that is painted in, again and again: a thread draws one picture at a time, and much that lies about is much for V8 to look through. */
function roomOfThread (bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes > mostRoom) return new Uint8Array(bytes)
  if (room.length < bytes) room = new Uint8Array(bytes)
  return room.subarray(0, bytes)
}

async function draw ({ reduced, drawing, geometry, frame, frames, rows }: Errands['draw']['ask']) {
  prepareEncoding()
  const { overlays } = drawing
  const label = drawing.label && { ...drawing.label, text: labelText(drawing.label.text, frame, 1, frames) }
  const overlay = overlays && ((canvas: Canvas) => drawOverlays(canvas, reduced.window, geometry, overlays))
  const picture = await drawPicture(reduced, label === undefined ? drawing : { ...drawing, label }, { rows, overlay, room: roomOfThread })
  // What the encoder made may be memory that cannot be handed over.
  return { ...picture, bytes: new Uint8Array(picture.bytes) }
}
