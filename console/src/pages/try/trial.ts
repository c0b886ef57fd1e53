// One request of this visit: sent, followed while services work on it, and kept in memory until the page is left.
import { signal } from '@preact/signals'
import { ApiFailure } from '../../lib/api.ts'
import { followEvents } from '../../lib/events.ts'
import { membersOf, scaled } from './graphic.ts'
import type { Graphic } from './graphic.ts'

/** What is asked for of every request: all kinds that the page can present. */
const renderers = ['Text', 'SimpleAudio', 'SegmentAudio', 'TactileSVG', 'SVGLayers'].map(name => `ca.mcgill.a11y.image.renderer.${name}`)

/** Sides that a picture is made smaller to, one after the other, where the server finds it too large. */
const smaller = [1600, 1000, 640, 400]

/** Most requests that are kept. */
const most = 10

/** How a service does. */
export interface ServiceState {
  readonly service: string
  readonly role: string
  readonly state: 'waiting' | 'started' | 'done' | 'cached' | 'not-applicable' | 'failed' | 'late'
  readonly milliseconds?: number | undefined
  readonly reason?: string | undefined
}

/** What a handler made. */
export interface Rendering { readonly type_id: string, readonly description: string, readonly data: Readonly<Record<string, unknown>> }

/** A request and what came of it. */
export interface Trial {
  /** Number of it in this visit. */
  readonly number: number
  /** Its `request_uuid`, which a question about it has too. */
  readonly id: string
  readonly graphic: Graphic
  readonly request: Readonly<Record<string, unknown>>
  readonly state: 'sending' | 'done' | 'failed' | 'cancelled'
  readonly services: readonly ServiceState[]
  readonly renderings: readonly Rendering[]
  readonly startedAt: number
  readonly milliseconds?: number
  readonly failure?: ApiFailure
  /** Pixels of the longer side, where the picture had to be made smaller. */
  readonly reducedTo?: number
}

/** What may be chosen beside the graphic. */
export interface Options { readonly language: string, readonly route: string, readonly question?: Question }

/** A question about what was sent before; services know by its id what that was. */
export interface Question { readonly id: string, readonly query: string, readonly previous: ReadonlyArray<readonly [string, string]> }

/** What a trial tells while it goes on. */
export interface Told { readonly onSent: () => void, readonly onProgress: (ended: number, of: number) => void, readonly onReduced: (pixels: number) => void, readonly onEnd: (trial: Trial) => void }

/** Requests of this visit, the newest first. */
export const trials = signal<readonly Trial[]>([])

const ends = ['done', 'cached', 'not-applicable', 'failed', 'late'] as const

/** Sends a graphic and follows it to its end. @returns what came of it */
export async function send (graphic: Graphic, options: Options, signal: AbortSignal, told: Told): Promise<Trial> {
  const first = compose(graphic, options)
  let trial: Trial = { number: 1 + Math.max(0, ...trials.value.map(({ number }) => number)), id: first.request_uuid, graphic, request: first, state: 'sending', services: [], renderings: [], startedAt: Date.now() }
  const begun = performance.now()
  const update = (change: Partial<Trial>) => {
    trial = { ...trial, ...change }
    trials.value = [trial, ...trials.value.filter(({ number }) => number !== trial.number)].slice(0, most)
  }
  update({})
  told.onSent()
  const hear = (name: string, data: unknown) => {
    if (name === 'discovered') return update({ services: (data as { services: ServiceState[] }).services.map(({ service, role }) => ({ service, role, state: 'waiting' })) })
    if (name === 'started' || ends.some(each => each === name)) {
      const { service, role, milliseconds, reason } = data as ServiceState
      update({ services: trial.services.map(each => each.service === service && each.role === role ? { service, role, state: name as ServiceState['state'], milliseconds, reason } : each) })
      const ended = trial.services.filter(({ state }) => ends.some(each => each === state)).length
      if (name !== 'started') told.onProgress(ended, trial.services.length)
    }
    if (name === 'rendering') update({ renderings: [...trial.renderings, data as Rendering] })
    if (name === 'answer') update({ state: 'done', renderings: (data as { renderings: Rendering[] }).renderings })
    if (name === 'error') update({ state: 'failed', failure: new ApiFailure(500, (data as { message: string }).message, (data as { code: string }).code) })
  }
  for (const side of [undefined, ...smaller]) {
    try {
      if (side !== undefined && graphic.kind === 'picture') {
        const picture = await scaled(graphic, side)
        told.onReduced(side)
        update({ graphic: picture, reducedTo: side, request: { ...trial.request, ...membersOf(picture) } })
      }
      await followEvents('/render', { method: 'POST', isOnce: true, signal, headers: { 'content-type': 'application/json' }, body: JSON.stringify(trial.request), onEvent: hear })
      if (signal.aborted) update({ state: 'cancelled' })
      // A stream that ends without an answer was cut.
      else if (trial.state === 'sending') update({ state: 'failed', failure: new ApiFailure(0, '') })
      break
    } catch (error) {
      if (signal.aborted) update({ state: 'cancelled' })
      else {
        const failure = error instanceof ApiFailure ? error : new ApiFailure(0, '')
        if (failure.status === 413 && graphic.kind === 'picture' && side !== smaller.at(-1)) continue
        update({ state: 'failed', failure })
      }
      break
    }
  }
  update({ milliseconds: performance.now() - begun })
  told.onEnd(trial)
  return trial
}

function compose (graphic: Graphic, { language, route, question }: Options): { request_uuid: string } & Record<string, unknown> {
  return {
    request_uuid: question?.id ?? newUuid(),
    timestamp: Math.floor(Date.now() / 1000),
    language,
    capabilities: [],
    renderers,
    ...route === '' ? {} : { route },
    ...membersOf(graphic),
    ...question === undefined ? {} : { followup: { query: question.query, previous: question.previous } }
  }
}

/** A UUID of version 4. The browser's own function is there only where the page came by TLS or from this machine. */
function newUuid (): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const digits = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-')
}
