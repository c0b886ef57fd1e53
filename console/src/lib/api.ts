// How the console talks to the server: by its public operations, with the token of the operator.
import createClient from 'openapi-fetch'
import type { paths } from '../api/schema.d.ts'
import { operatorToken } from './session.ts'

/** The root of the server: the console lies one folder below it. */
const root = new URL('..', document.baseURI).href.replace(/\/$/, '')

/** An address on the server. @param path - beginning with a slash */
export function address (path: string): string {
  return root + path
}

/** Why a request came to nothing. */
export type FailureKind = 'offline' | 'unauthorised' | 'forbidden' | 'missing' | 'refused' | 'busy' | 'broken'

/** A request that came to nothing. */
export class ApiFailure extends Error {
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number
  /** The server's code, such as TUTTI_DEVICES_MISSING; empty where it gave none. */
  readonly code: string

  constructor (status: number, message: string, code = '') {
    super(message)
    this.name = 'ApiFailure'
    this.status = status
    this.code = code
  }

  /** What kind of failure it is. */
  get kind (): FailureKind {
    const { status } = this
    if (status === 0) return 'offline'
    if (status === 401 || this.code === 'TUTTI_OPERATOR_CLOSED') return 'unauthorised'
    if (status === 403) return 'forbidden'
    if (status === 404) return 'missing'
    if (status === 429 || status === 503) return 'busy'
    return status < 500 ? 'refused' : 'broken'
  }
}

/** Fetches with the token of the operator, where there is one. @throws ApiFailure where there is no answer */
export async function fetchFromServer (input: string | Request, init: RequestInit = {}): Promise<Response> {
  const request = new Request(typeof input === 'string' ? address(input) : input, init)
  if (operatorToken.value !== '' && !request.headers.has('authorization')) request.headers.set('authorization', `Bearer ${operatorToken.value}`)
  try {
    return await fetch(request)
  } catch (error) {
    if (request.signal.aborted) throw error
    throw new ApiFailure(0, '')
  }
}

/** The operations of the server, by method and path, typed as its OpenAPI document says. */
export const api = createClient<paths>({ baseUrl: root, fetch: fetchFromServer })

/** Texts that the server answers: `Status: message (CODE)`. */
const plainRefusal = /^[A-Z][\w '-]*: (?<message>.*?)(?: \((?<code>[A-Z][A-Z0-9_]+)\))?$/s

/** The failure that an answer means. @param body - of the answer: text, or JSON that has been parsed */
export function failureOf (status: number, body: unknown): ApiFailure {
  if (typeof body === 'object' && body !== null) {
    const { errorText, message, error, code } = body as Record<string, unknown>
    const words = [message, errorText, error].find(each => typeof each === 'string') as string | undefined
    return new ApiFailure(status, words ?? '', typeof code === 'string' ? code : '')
  }
  const text = typeof body === 'string' ? body.slice(0, 2000) : ''
  const { message = text, code = '' } = plainRefusal.exec(text)?.groups ?? {}
  return new ApiFailure(status, message, code)
}

/** Gives what an operation answers. @throws ApiFailure where it is refused, fails, or there is no answer */
export async function ask<T> (asked: Promise<{ data?: T, error?: unknown, response: Response }>): Promise<T> {
  const { data, error, response } = await asked
  if (!response.ok) throw failureOf(response.status, error)
  return data as T
}

/** Gives what is loaded, or undefined where the server does not have it. @throws ApiFailure for any other reason */
export async function unlessMissing<T> (loading: Promise<T>): Promise<T | undefined> {
  try {
    return await loading
  } catch (error) {
    if (error instanceof ApiFailure && error.kind === 'missing') return undefined
    throw error
  }
}
