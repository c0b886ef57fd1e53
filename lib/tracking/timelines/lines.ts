// The lines of timelines in files, as TrackTech writes and reads them: `{"timeStamp": "2021/06/20 | 12:00:00", "processorId": "cam"},` in local time.
// Ours have one member more, `at`, in milliseconds since 1970: the second alone says neither the zone nor the order.
import type { Sighting } from './timelines.ts'

/** Longest line, in bytes. Longer ones are none of ours. */
export const longestLine = 8192

/** Longest text of an identifier that is written down; longer ones are written as `null`. */
const longestProcessor = 4096

/** Identifiers that are remembered to be JSON. */
const mostKnown = 1000

// Where an identifier is an object with a member `at`, the brace that the line ends with says whose member it is.
const form = /^\{"timeStamp": "(\d{4}\/\d\d\/\d\d \| \d\d:\d\d:\d\d)", "processorId": (.+?)(?:, "at": (\d{1,16}))?\},?\r?$/

/** Tells the local time of a moment in milliseconds since 1970, as timelines write it: `YYYY/MM/DD | HH:MM:SS`. */
export type LocalTime = (at: number) => string

/** A `LocalTime` that is quick for moments of the same second. */
export function createLocalTime (): LocalTime {
  let second = Number.NaN
  let text = ''
  return at => {
    const asked = Math.floor(at / 1000)
    if (asked !== second) {
      second = asked
      text = written(new Date(asked * 1000))
    }
    return text
  }
}

/** Gives the line of a sighting, with its line end; all of it is ASCII, so that it has as many bytes as letters. */
export type LineWriter = (sighting: Sighting) => string

/** A `LineWriter`. */
export function createLineWriter (): LineWriter {
  const localTime = createLocalTime()
  return ({ at, processor }) => `{"timeStamp": "${localTime(at)}", "processorId": ${oneLine(processor)}, "at": ${Math.trunc(at)}},\n`
}

/** Gives the sighting of a line without its line end; undefined where the line is broken, or none. */
export type LineReader = (line: string) => Sighting | undefined

/** A `LineReader`, for the lines of TrackTech and for ours. */
export function createLineReader (): LineReader {
  const known = new Set<string>()
  let stamp = ''
  let moment: number | undefined

  const isJson = (text: string): boolean => {
    if (known.has(text)) return true
    try {
      JSON.parse(text)
    } catch {
      return false
    }
    if (known.size >= mostKnown) known.clear()
    known.add(text)
    return true
  }

  return line => {
    const [, timeStamp, processor, exact] = form.exec(line) ?? []
    if (timeStamp === undefined || processor === undefined || !isJson(processor)) return undefined
    if (exact !== undefined) return isMoment(Number(exact)) ? { at: Number(exact), processor } : undefined
    if (timeStamp !== stamp) {
      stamp = timeStamp
      moment = momentOf(timeStamp)
    }
    return moment === undefined ? undefined : { at: moment, processor }
  }
}

/** JSON text on one line and in ASCII, which means the same: line ends stand between values only, other letters in strings only. */
function oneLine (json: string): string {
  if (json.length > longestProcessor) return 'null'
  const text = json.replaceAll(/[\r\n]/g, ' ').replaceAll(/[^ -~\t]/g, letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return text.length > longestProcessor ? 'null' : text
}

function written (date: Date): string {
  const two = (number: number) => String(number).padStart(2, '0')
  const day = `${String(date.getFullYear()).padStart(4, '0')}/${two(date.getMonth() + 1)}/${two(date.getDate())}`
  return `${day} | ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** The moment of a time as timelines write it; undefined where there is no such time. */
function momentOf (stamp: string): number | undefined {
  const number = (from: number, length: number) => Number(stamp.slice(from, from + length))
  const [month, day, hour, minute, second] = [number(5, 2), number(8, 2), number(13, 2), number(16, 2), number(19, 2)]
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return undefined
  const moment = new Date(number(0, 4), month - 1, day, hour, minute, second).getTime()
  return isMoment(moment) ? moment : undefined
}

function isMoment (at: number): boolean {
  return at >= 0 && at <= 8.64e15
}
