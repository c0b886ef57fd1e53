// Keys of the cache: those of the reference, which are digests by object-hash, so that both can share what is cached.
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

/** The key under which a service's result is kept: 40 hexadecimal digits. */
export interface CacheKeys {
  (service: string, options?: KeyOptions): string
}

/** Members of a request that can be its subject, in the order in which they are looked at. */
export const subjectMembers = ['graphic', 'placeID', 'coordinates', 'highChartsData'] as const

/** What a request is about: the first member of `subjectMembers` that counts as true, '' where there is none. */
export function subjectOf (request: Readonly<Record<string, unknown>>): unknown {
  for (const member of subjectMembers) {
    if (Object.hasOwn(request, member) && Boolean(request[member])) return request[member]
  }
  return ''
}

/**
 * Gives the function that makes the keys of one request. The large part, the subject, is brought into bytes once; only its digest is made for each
 * service, because the service's name comes before it in what is digested.
 * @param subject - as JSON.parse gave it
 * @returns undefined where the subject is too complex to be hashed while others wait: such a request is not cached
 */
export function createCacheKeys (subject: unknown): CacheKeys | undefined {
  // A picture of many megabytes is brought into bytes as it is, not copied into a longer text first.
  const [start, text] = typeof subject === 'string' ? [`string:${subject.length}:`, subject] : ['', objectText(subject)]
  if (text === undefined) return undefined
  const bytes = Buffer.from(text, 'utf8')
  return (service, { followupQuery, language } = {}) =>
    createHash('sha1').update(head(service, followupQuery, language), 'utf8').update(start, 'utf8').update(bytes).update(',').digest('hex')
}

/** The key of one service; undefined as for `createCacheKeys`. */
export function cacheKey ({ subject, service, ...options }: KeyOptions & { subject: unknown, service: string }): string | undefined {
  return createCacheKeys(subject)?.(service, options)
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
