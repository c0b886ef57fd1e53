// Keys of the cache. Where it is shared with the reference, those of the reference, which are digests by object-hash; elsewhere keys that cost less.
import { createHash } from 'node:crypto'
import objectHash from 'object-hash'
import { objectText } from './object-text.ts'

/** What a key depends on besides the subject. */
export interface KeyOptions {
  /** The question of a follow-up, where there is one. */
  followupQuery?: string | undefined
  /** Language of the request, only for a service whose answer depends on it. The reference has no such keys. */
  language?: string | undefined
}

/** Makes the key under which a service's result is kept: 40 hexadecimal digits. Undefined where the subject is too complex to be hashed while others wait. */
export interface KeyMaker {
  (service: string, options?: KeyOptions): string | undefined
}

/** The keys of one request. */
export interface CacheKeys {
  /** Keys for those who share with nobody but Tutti: the subject is digested once, its digest stands for it in every key. */
  readonly own: KeyMaker
  /** The keys of the reference. The name of the service comes first in what they digest, and so the subject is digested for each. */
  readonly reference: KeyMaker
}

/** Members of a request that can be its subject, in the order in which they are looked at. */
export const subjectMembers = ['graphic', 'placeID', 'coordinates', 'highChartsData'] as const

/**
 * What a request is about: the JSON text of the first member of `subjectMembers` that counts as true, that of an empty string where there is none.
 * @param texts - the JSON texts of those members, in their order; undefined for one that is absent
 */
export function subjectOf (texts: ReadonlyArray<Buffer | undefined>): Buffer {
  return texts.find(text => text !== undefined && isTrue(text)) ?? emptyString
}

const emptyString = Buffer.from('""')
const quote = 0x22
const brace = 0x7b
const bracket = 0x5b

function isTrue (text: Buffer): boolean {
  const [first] = text
  if (first === quote) return text.length > emptyString.length
  return first === brace || first === bracket || Boolean(parse(text))
}

function parse (text: Buffer): unknown {
  return JSON.parse(text.toString('utf8'))
}

/**
 * Gives the functions that make the keys of one request.
 * @param subject - its JSON text, without space around it; it must not change any more
 */
export function createCacheKeys (subject: Buffer): CacheKeys {
  const digest = once(() => digestOf(subject))
  const digested = once(() => referenceText(parse(subject)))
  return {
    own (service, { followupQuery = '', language = '' } = {}) {
      const subjectDigest = digest()
      return subjectDigest && createHash('sha256').update(JSON.stringify([subjectDigest, service, followupQuery, language])).digest('hex').slice(0, 40)
    },
    reference (service, { followupQuery, language } = {}) {
      const text = digested()
      return text && createHash('sha1').update(head(service, followupQuery, language), 'utf8').update(text.start, 'utf8').update(text.bytes).update(',').digest('hex')
    }
  }
}

/** A graphic is digested as it stands in the request, where it is neither parsed nor copied. The order of keys in a chart makes no difference. */
function digestOf (subject: Buffer): string | undefined {
  const isObject = subject[0] === brace || subject[0] === bracket
  const text = isObject ? objectText(parse(subject)) : subject
  return text && createHash('sha256').update(text).digest('base64')
}

/** What object-hash digests for the subject. */
function referenceText (subject: unknown): { start: string, bytes: Buffer } | undefined {
  // A picture of many megabytes is brought into bytes as it is, not copied into a longer text first.
  const [start, text] = typeof subject === 'string' ? [`string:${subject.length}:`, subject] : ['', objectText(subject)]
  return text === undefined ? undefined : { start, bytes: Buffer.from(text, 'utf8') }
}

function once<T> (make: () => T): () => T {
  let made: { value: T } | undefined
  return () => (made ??= { value: make() }).value
}

/** What object-hash digests before the subject. */
function head (service: string, followupQuery: string | undefined, language: string | undefined): string {
  const last = 'string:0:,'
  const outer = {
    reqData: '',
    preprocessor: service,
    ...Boolean(followupQuery) && { followupQuery },
    ...language !== undefined && { language }
  }
  return objectHash(outer, { algorithm: 'passthrough' }).slice(0, -last.length)
}
