// One request on its way through the pipeline: the bytes as the client sent them, with what services found or changed spliced in as bytes.
// The graphic, by far the largest part, is neither copied nor written anew.
import type { Member } from '../json/members.ts'
import { scanMembers } from '../json/members.ts'
import { unwritten } from '../span.ts'
import type { Span } from '../span.ts'

/** What is sent to a service: parts to write one after the other. Never changed after it was given out; the buffers are shared and must not be written to. */
export interface Body {
  /** Buffers that joined are the JSON text, in UTF-8. */
  parts: Buffer[]
  /** Their total length in bytes, for `content-length`. */
  length: number
}

/** What a modifying service's reply did to the request, as top-level keys in the order of the reply, each once. */
export interface Modification {
  /** Keys whose value was set, whether or not it differs from before. */
  changed: string[]
  /** Keys no service may set; they were left as they are. */
  refused: string[]
}

/** One request on its way. Equal keys are those equal after unescaping. */
export interface Envelope {
  /** The request's `request_uuid`. */
  readonly requestUuid: string
  /** The work for it, within a trace. */
  readonly span: Span
  /**
   * The body for the next call: as JSON, what `JSON.stringify({ ...request, preprocessors: { ...results } })` would give. `preprocessors` stays where the client put it,
   * else comes last. Integer-like keys keep the order of the text (`JSON.parse` would move them to the front). A body already given out never changes.
   */
  body (): Body
  /**
   * Sets `preprocessors[name]` to the JSON value in `data`: in place where that name is present, at the end otherwise. The envelope keeps `data` without copying it; the caller must not write to it any more.
   * @throws TypeError when `data` is empty.
   */
  addResult (name: string, data: Buffer): void
  /** The names under `preprocessors`, the client's and the added ones, in order. */
  resultNames (): string[]
  /**
   * Sets top-level members from the text of a JSON object, in place where the key is present, at the end otherwise. `request_uuid`, `timestamp` and `preprocessors` are refused.
   * The envelope keeps `dataObject` without copying it. Where it throws, nothing has changed.
   * @throws RangeError named `JsonScanError` when `dataObject` is not the text of an object.
   */
  modify (dataObject: Buffer): Modification
  /** The JSON text of one top-level member's value as the next body has it, a view without copying save for `preprocessors`, which is always there; undefined where there is no such member. */
  member (key: string): Buffer | undefined
}

/** A member on its way into a body: the bytes `[start, end)`, after `key` where they lack one. */
interface Piece {
  key?: Buffer
  bytes: Buffer
  start: number
  valueStart: number
  end: number
  /** Place among the members of `bytes`: pieces with following places have nothing but a comma and whitespace between them. NaN: no member of `bytes`, but all of it. */
  place: number
}

const PREPROCESSORS = 'preprocessors'
const refusedKeys: ReadonlySet<string> = new Set(['request_uuid', 'timestamp', PREPROCESSORS])

// Parts smaller than this are cheaper copied together than written one by one (each costs a slot of a writev, of which the kernel takes 1024).
const SMALL = 16 * 1024

/**
 * The envelope of the request whose JSON text is `bytes`: an object without byte order mark, parsed by `JSON.parse` and validated against the request schema.
 * Of duplicate keys the last value counts, at the place of the first, as for `JSON.parse`, and only it is sent on. `members` are those of `bytes`, and `sentResults` those of its `preprocessors`, where the caller has scanned them already.
 * The envelope keeps `bytes`; the caller must not write to them any more. Without a `span` its services are told of no trace.
 * @throws RangeError named `JsonScanError` when `bytes`, or its `preprocessors`, is not the text of an object.
 * @throws TypeError when there is no string `request_uuid`.
 */
export function createEnvelope (bytes: Buffer, members: readonly Member[] = scanMembers(bytes), sentResults?: readonly Member[], span: Span = unwritten({})): Envelope {
  const request = toPieces(bytes, members)
  const sent = request.get(PREPROCESSORS)
  const results = sent === undefined ? new Map<string, Piece>() : toPieces(bytes, sentResults ?? scanMembers(bytes, sent.valueStart, sent.end))
  const requestUuid = readUuid(request.get('request_uuid'))

  // Laid out when first needed after a change: the frame by `modify`, the list by a replaced result, the body by any of them.
  let frame: Frame | undefined
  let list: Buffer[] | undefined
  let current: Body | undefined

  function layOutBody (): Body {
    frame ??= layOutFrame(request)
    list ??= joinSmall(layOut(results.values()))
    const parts = joinSmall([...frame.head, ...list, ...frame.tail])
    return { parts, length: parts.reduce((sum, part) => sum + part.length, 0) }
  }

  return {
    requestUuid,
    span,

    body () {
      current ??= layOutBody()
      return { parts: [...current.parts], length: current.length }
    },

    addResult (name, data) {
      if (data.length === 0) throw new TypeError('A result has no bytes: give the text of one JSON value, null at the least')
      const key = Buffer.from(`${JSON.stringify(name)}:`)
      // A new result goes behind what is laid out already, so that results cost no more the more there are.
      list = results.has(name) ? undefined : list && joinSmall([...list, ...list.length > 0 ? [Buffer.from(',')] : [], key, data])
      results.set(name, { key, bytes: data, start: 0, valueStart: 0, end: data.length, place: NaN })
      current = undefined
    },

    resultNames () {
      return [...results.keys()]
    },

    modify (dataObject) {
      const changed: string[] = []
      const refused: string[] = []
      for (const [key, piece] of toPieces(dataObject, scanMembers(dataObject))) {
        if (refusedKeys.has(key)) {
          refused.push(key)
        } else {
          changed.push(key)
          request.set(key, piece)
        }
      }
      if (changed.length > 0) frame = current = undefined
      return { changed, refused }
    },

    member (key) {
      if (key === PREPROCESSORS) return Buffer.concat([Buffer.from('{'), ...layOut(results.values()), Buffer.from('}')])
      const piece = request.get(key)
      return piece?.bytes.subarray(piece.valueStart, piece.end)
    }
  }
}

/** The body without its results: what stands before the first and after the last of them. */
interface Frame {
  head: Buffer[]
  tail: Buffer[]
}

// A Map does what an object does in JSON.parse: a key set again keeps its first place. It also takes `__proto__` for a key like any other.
function toPieces (bytes: Buffer, members: readonly Member[]): Map<string, Piece> {
  const pieces = new Map<string, Piece>()
  for (const [place, { key, keyStart, valueStart, valueEnd }] of members.entries()) {
    pieces.set(key, { bytes, start: keyStart, valueStart, end: valueEnd, place })
  }
  return pieces
}

function readUuid (piece: Piece | undefined): string {
  const uuid: unknown = piece && JSON.parse(piece.bytes.toString('utf8', piece.valueStart, piece.end))
  if (typeof uuid !== 'string') throw new TypeError('The request has no request_uuid: validate it before it is put into an envelope')
  return uuid
}

function layOutFrame (request: Map<string, Piece>): Frame {
  const before: Piece[] = []
  const after: Piece[] = []
  let side = before
  for (const [key, piece] of request) {
    if (key === PREPROCESSORS) side = after
    else side.push(piece)
  }
  return {
    head: joinSmall([Buffer.from('{'), ...layOut(before), Buffer.from(`${before.length > 0 ? ',' : ''}"${PREPROCESSORS}":{`)]),
    tail: joinSmall([Buffer.from(after.length > 0 ? '},' : '}'), ...layOut(after), Buffer.from('}')])
  }
}

// The pieces with commas between them; those that are neighbours in the bytes they come from stay one slice.
function layOut (pieces: Iterable<Piece>): Buffer[] {
  const comma = Buffer.from(',')
  const slices: Buffer[] = []
  let first: Piece | undefined
  let last: Piece | undefined
  const finishRun = () => {
    if (first === undefined || last === undefined) return
    if (slices.length > 0) slices.push(comma)
    if (first.key !== undefined) slices.push(first.key)
    slices.push(first.bytes.subarray(first.start, last.end))
  }
  for (const piece of pieces) {
    if (last === undefined || last.bytes !== piece.bytes || last.place + 1 !== piece.place) {
      finishRun()
      first = piece
    }
    last = piece
  }
  finishRun()
  return slices
}

function joinSmall (slices: Buffer[]): Buffer[] {
  const parts: Buffer[] = []
  let small: Buffer[] = []
  const finishSmall = () => {
    if (small.length > 0) parts.push(Buffer.concat(small))
    small = []
  }
  for (const slice of slices) {
    if (slice.length < SMALL) {
      small.push(slice)
    } else {
      finishSmall()
      parts.push(slice)
    }
  }
  finishSmall()
  return parts
}
