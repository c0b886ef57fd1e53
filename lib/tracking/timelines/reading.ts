// Reads timelines as they were at one moment, bit by bit: their file, then the lines that are not in it yet.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createLineReader, longestLine } from './lines.ts'
import type { LineReader } from './lines.ts'
import type { Excerpt, Page, Sighting } from './timelines.ts'

/** What a timeline is read from, such as an open file. */
export interface Source {
  /** Reads so many bytes from a position of the file into a buffer, from an offset of it on. Fewer come at the end alone. */
  read (buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }>
}

/** A timeline at one moment. */
export interface Snapshot {
  /** Its file; undefined where it has none. */
  source: Source | undefined
  /** Bytes of the file that belong to it. */
  size: number
  /** The lines behind these, with their line ends, in ASCII. */
  waiting: readonly string[]
}

/** A sighting and where its line begins, in bytes from the start of the timeline. */
export interface Placed extends Sighting { offset: number }

/** Bytes that are read, and looked at, at one time. */
const chunkSize = 64 * 1024

/** Bytes in which a line is looked for where one may begin anywhere: at least two of the longest. */
const windowSize = 2 * longestLine

/** Lines in memory that are looked at at one time. */
const linesAtOnce = 500

/** Milliseconds by which times in a file may be out of order, because clocks are set and old lines do not know summer from winter. */
const disorder = 24 * 60 * 60 * 1000

const lineEnd = 0x0a

/** The sightings whose lines begin at an offset or after it, some at a time. What is no line of a timeline is left out. */
export async function * sightingsFrom ({ source, size, waiting }: Snapshot, offset: number): AsyncGenerator<Placed[]> {
  const readLine = createLineReader()
  if (source !== undefined && offset < size) yield * inFile(source, size, offset, readLine)
  let begin = size
  for (let index = 0; index < waiting.length; index += linesAtOnce) {
    const batch: Placed[] = []
    for (const line of waiting.slice(index, index + linesAtOnce)) {
      const sighting = begin >= offset ? readLine(line.slice(0, -1)) : undefined
      if (sighting !== undefined) batch.push({ ...sighting, offset: begin })
      begin += line.length
    }
    yield batch
    await nextTurn()
  }
}

async function * inFile (source: Source, size: number, offset: number, readLine: LineReader): AsyncGenerator<Placed[]> {
  const chunk = Buffer.allocUnsafe(chunkSize)
  let position = offset
  // True within a line that is longer than a chunk.
  let isTooLong = false
  while (position < size) {
    const wanted = Math.min(chunkSize, size - position)
    const { bytesRead } = await source.read(chunk, 0, wanted, position)
    const bytes = chunk.subarray(0, bytesRead)
    const batch: Placed[] = []
    const take = (begin: number, end: number) => {
      const sighting = isTooLong || end - begin > longestLine ? undefined : readLine(bytes.toString('utf8', begin, end))
      if (sighting !== undefined) batch.push({ ...sighting, offset: position + begin })
      isTooLong = false
    }
    let begin = 0
    for (let end = bytes.indexOf(lineEnd); end !== -1; end = bytes.indexOf(lineEnd, begin)) {
      take(begin, end)
      begin = end + 1
    }
    // Fewer bytes than there were: somebody has emptied the file.
    const isLast = bytesRead < wanted || position + bytesRead >= size
    if (isLast && begin < bytesRead) take(begin, bytesRead)
    if (begin === 0) isTooLong = true
    yield batch
    if (isLast) return
    position += begin === 0 ? bytesRead : begin
  }
}

/**
 * Where to begin to read a file for sightings from a time on: the start of a line, before which times are earlier, as far as they are in order.
 * Reads some kilobytes, however large the file is.
 */
export async function seek ({ source, size }: Snapshot, time: number): Promise<number> {
  let low = 0
  if (source === undefined || !(time > 0)) return low
  const readLine = createLineReader()
  const window = Buffer.allocUnsafe(windowSize)
  let high = size
  while (high - low > chunkSize) {
    const middle = low + Math.floor((high - low) / 2)
    const { bytesRead } = await source.read(window, 0, windowSize, middle)
    const found = firstIn(window.subarray(0, bytesRead), readLine)
    if (found !== undefined && found.at < time) low = middle + found.offset
    else high = middle
  }
  return low
}

/** The first sighting whose line lies in the bytes as a whole. */
function firstIn (bytes: Buffer, readLine: LineReader): Placed | undefined {
  let begin = bytes.indexOf(lineEnd) + 1
  while (begin > 0) {
    const end = bytes.indexOf(lineEnd, begin)
    const sighting = end === -1 || end - begin > longestLine ? undefined : readLine(bytes.toString('utf8', begin, end))
    if (sighting !== undefined) return { ...sighting, offset: begin }
    begin = end + 1
  }
  return undefined
}

/**
 * Part of a timeline.
 * @param oldest - nothing before this counts, in milliseconds since 1970
 * @returns undefined where there is no sighting at all
 * @throws RangeError where the cursor is none of ours
 */
export async function readPage (snapshot: Snapshot, { from = 0, to = Infinity, limit = Infinity, cursor }: Excerpt, oldest = 0): Promise<Page | undefined> {
  const earliest = Math.max(from, oldest)
  const mark = cursor === undefined ? undefined : readCursor(cursor)
  const isInPlace = mark !== undefined && await beginsAt(snapshot, mark)
  const start = mark !== undefined && isInPlace ? mark.offset : await seek(snapshot, (mark?.at ?? earliest) - disorder)

  // Sightings at the same millisecond are told apart by their number among these.
  let last = isInPlace ? mark.at : Number.NaN
  let nth = isInPlace ? mark.nth - 1 : 0
  let isReached = mark === undefined || isInPlace
  let isSeen = false
  const sightings: Sighting[] = []
  for await (const batch of sightingsFrom(snapshot, start)) {
    for (const { at, processor, offset } of batch) {
      nth = at === last ? nth + 1 : 0
      last = at
      if (at < oldest) continue
      isSeen = true
      isReached ||= mark !== undefined && (at > mark.at || (at === mark.at && nth >= mark.nth))
      if (at > to + disorder) return { sightings }
      if (!isReached || at < earliest || at > to) continue
      if (sightings.length >= limit) return { sightings, next: `${offset}.${at}.${nth}` }
      sightings.push({ at, processor })
    }
  }
  return isSeen || await hasAny(snapshot, oldest) ? { sightings } : undefined
}

/** The next sighting of a page, as cursors tell it: where its line begins, its time, and how many of the same time are before it. */
interface Mark { offset: number, at: number, nth: number }

function readCursor (cursor: string): Mark {
  const [, offset, at, nth] = /^(\d{1,15})\.(\d{1,16})\.(\d{1,15})$/.exec(cursor) ?? []
  if (offset === undefined || at === undefined || nth === undefined) throw new RangeError('the cursor is none that a page of a timeline has given')
  return { offset: Number(offset), at: Number(at), nth: Number(nth) }
}

/** Whether the sighting of a cursor is where it was. It is not where the head of the file has been removed since. */
async function beginsAt (snapshot: Snapshot, { offset, at }: Mark): Promise<boolean> {
  for await (const [first] of sightingsFrom(snapshot, offset)) {
    if (first !== undefined) return first.offset === offset && first.at === at
  }
  return false
}

async function hasAny (snapshot: Snapshot, oldest: number): Promise<boolean> {
  for await (const batch of sightingsFrom(snapshot, await seek(snapshot, oldest - disorder))) {
    if (batch.some(({ at }) => at >= oldest)) return true
  }
  return false
}
