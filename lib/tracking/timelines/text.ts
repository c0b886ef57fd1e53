// What is asked of a timeline, and the JSON text of the answer, spaced as TrackTech spaces it.
import { createLocalTime } from './lines.ts'
import type { LocalTime } from './lines.ts'
import type { Excerpt, Page, Timelines } from './timelines.ts'

/** Sightings that are read, and written, at one time. */
const pageSize = 2000

/** The number of an object from its text; undefined where no object can have that number. */
export function readObjectId (text: string): number | undefined {
  const objectId = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(objectId) ? objectId : undefined
}

/** A moment in milliseconds since 1970 from ISO 8601 or from that number; undefined where there is no such moment. A plus may have become a space, as it does in addresses. */
export function readMoment (text: string): number | undefined {
  const moment = /^\d{1,16}$/.test(text) ? Number(text) : Date.parse(text.replace(/ (?=\d\d:\d\d$)/, '+'))
  return Number.isNaN(moment) || moment > 8.64e15 ? undefined : moment
}

/** What a text is made of. */
export interface TimelineTextOptions {
  timelines: Timelines
  objectId: number
  excerpt: Excerpt
  /** Times as ISO 8601 in UTC with milliseconds; as TrackTech writes them otherwise. */
  iso: boolean
}

/**
 * The JSON text of a timeline: `data`, and `next` where there is more than was asked for.
 * @returns the text part by part, each read when it is asked for; undefined where the object was never seen. It throws where the rest cannot be read.
 * @throws RangeError where the cursor is none of ours
 */
export async function openTimelineText (options: TimelineTextOptions): Promise<AsyncGenerator<string, undefined> | undefined> {
  const first = await readAtMost(options, options.excerpt.limit ?? Infinity, options.excerpt.cursor)
  return first === undefined ? undefined : partsFrom(first, options)
}

async function readAtMost ({ timelines, objectId, excerpt }: TimelineTextOptions, most: number, cursor: string | undefined): Promise<Page | undefined> {
  return await timelines.read(objectId, { ...excerpt, ...cursor === undefined ? {} : { cursor }, limit: Math.min(most, pageSize) })
}

async function * partsFrom (first: Page, options: TimelineTextOptions): AsyncGenerator<string, undefined> {
  const time: LocalTime = options.iso ? at => new Date(at).toISOString() : createLocalTime()
  let left = options.excerpt.limit ?? Infinity
  let before = '{"data":['
  let page = first
  for (;;) {
    const entries = page.sightings.map(({ at, processor }) => `{"timeStamp": "${time(at)}", "processorId": ${harmless(processor)}}`)
    if (entries.length > 0) {
      yield before + entries.join(',')
      before = ','
    }
    left -= entries.length
    if (page.next === undefined || left <= 0) break
    const following = await readAtMost(options, left, page.next)
    if (following === undefined) throw new Error('the rest of a timeline cannot be read')
    page = following
  }
  const start = before === ',' ? '' : before
  yield page.next === undefined ? `${start}]}` : `${start}],"next":${JSON.stringify(page.next)}}`
  return undefined
}

/** JSON that stays text where it is taken for HTML, as the media type of TrackTech has it. */
function harmless (json: string): string {
  return json.includes('<') ? json.replaceAll('<', '\\u003c') : json
}
