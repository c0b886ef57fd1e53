// Whether an answer is right: nothing is missing that was made, nothing is there that was not, and all of it is about the graphic that was sent.
import { digestOf, filedAs, textRenderer } from './graphics.ts'
import type { GraphicCall } from './graphics.ts'

/** An answer as it came. */
export interface Reply {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

/** An answer that is not as it must be. Its message says in what. */
export class WrongAnswer extends Error {
  override name = 'WrongAnswer'
}

/** How services did: name to the word that the server has for it. */
type Outcomes = Map<string, string>

/** The preprocessors of a soak and what they repeat, then its handlers; `guest` comes and goes. */
const uses = { look: [], find: ['look'], speak: ['look'], draw: ['look', 'find'], guest: [] } as const
const always = { preprocessors: ['look', 'find'], handlers: ['speak', 'draw'] } as const

const isGood = (kind: string | undefined) => kind === 'done' || kind === 'cached'
const isMissing = (kind: string) => kind === 'failed' || kind === 'late'

function demand (isRight: boolean, what: string): asserts isRight {
  if (!isRight) throw new WrongAnswer(what)
}

function demandStatus (reply: Reply, status: number): void {
  demand(reply.status === status, `status ${reply.status} instead of ${status}: ${reply.body.toString('utf8', 0, 200)}`)
}

/** What a service must have seen, given how those did whose results it repeats. */
function mustSee (service: keyof typeof uses, digest: string, outcomes: Outcomes): string {
  return [digest, ...uses[service].map(used => isGood(outcomes.get(used)) ? digest : 'none')].join(' ')
}

function isService (name: string): name is keyof typeof uses {
  return Object.hasOwn(uses, name)
}

function readServerTiming (reply: Reply): Outcomes {
  const outcomes: Outcomes = new Map()
  const header = String(reply.headers['server-timing'] ?? '')
  const rest = header.replaceAll(/([^;, ]+);desc="([a-z-]+)[^"]*";dur=[\d.]+(?:, |$)/g, (_, name: string, kind: string) => {
    outcomes.set(name, kind)
    return ''
  })
  demand(rest === '' && [...outcomes.keys()].every(isService), `Server-Timing is not understood: ${header}`)
  return outcomes
}

function checkOutcomes (outcomes: Outcomes, roles: ReadonlyArray<keyof typeof always>): void {
  for (const service of roles.flatMap(role => always[role])) demand(outcomes.has(service), `nothing is said of ${service}`)
  for (const [service, kind] of outcomes) demand(isGood(kind) || isMissing(kind) || kind === 'not-applicable', `${service} is said to be ${kind}`)
}

function checkIncomplete (reply: Reply, outcomes: Outcomes): void {
  const named = String(reply.headers['tutti-incomplete'] ?? '').split(', ').filter(entry => entry !== '').map(entry => entry.split(';')[0])
  const missing = [...outcomes].filter(([, kind]) => isMissing(kind)).map(([service]) => service)
  demand(named.toSorted().join() === missing.toSorted().join(), `Tutti-Incomplete names ${named.join()} instead of ${missing.join()}`)
}

interface Rendering { type_id?: unknown, description?: unknown, data?: { text?: unknown } }

function checkAnswer (answer: unknown, { requestUuid, graphic }: GraphicCall, outcomes: Outcomes): void {
  const { request_uuid: answered, timestamp, renderings } = answer as { request_uuid?: unknown, timestamp?: unknown, renderings?: Rendering[] }
  demand(answered === requestUuid, `the answer is to another request: ${String(answered)}`)
  demand(Number.isInteger(timestamp), 'the answer has no time')
  demand(Array.isArray(renderings), 'the answer has no renderings')
  const made = renderings.map(each => String(each.description))
  const expected = [...outcomes].filter(([service, kind]) => kind === 'done' && !always.preprocessors.some(each => each === service)).map(([service]) => service)
  demand(made.toSorted().join() === expected.toSorted().join(), `renderings of ${made.join()} instead of ${expected.join()}`)
  for (const rendering of renderings) checkRendering(rendering, graphic.digest, outcomes)
}

function checkRendering ({ type_id: type, description, data }: Rendering, digest: string, outcomes: Outcomes): void {
  const service = String(description)
  demand(isService(service) && type === textRenderer, 'a rendering is of nobody')
  demand(data?.text === mustSee(service, digest, outcomes), `${service} saw ${String(data?.text)} instead of ${mustSee(service, digest, outcomes)}`)
}

/** Checks the answer to /render. @throws WrongAnswer */
export function checkRender (reply: Reply, call: GraphicCall): void {
  demandStatus(reply, 200)
  const outcomes = readServerTiming(reply)
  checkOutcomes(outcomes, ['preprocessors', 'handlers'])
  checkIncomplete(reply, outcomes)
  checkAnswer(JSON.parse(reply.body.toString()), call, outcomes)
}

/** Checks the answer to /render/preprocess: the request, as it was, with what was found. @throws WrongAnswer */
export function checkPreprocess (reply: Reply, { parts, graphic }: GraphicCall): void {
  demandStatus(reply, 200)
  const outcomes = readServerTiming(reply)
  checkOutcomes(outcomes, ['preprocessors'])
  checkIncomplete(reply, outcomes)
  const sent = Buffer.concat(parts)
  const start = reply.body.lastIndexOf('"preprocessors":')
  demand(reply.body.subarray(0, start - 1).equals(sent.subarray(0, -1)), `the request has changed: ${digestOf(reply.body)}`)
  const { preprocessors } = JSON.parse(`{${reply.body.toString('utf8', start)}`)
  for (const service of always.preprocessors) {
    const seen = preprocessors[filedAs(service)]?.seen
    const expected = isGood(outcomes.get(service)) ? mustSee(service, graphic.digest, outcomes) : undefined
    demand(seen === expected, `${service} saw ${String(seen)} instead of ${String(expected)}`)
  }
}

/** Checks a stream of events: each service once, begun before it ended, and the answer last. @throws WrongAnswer */
export function checkEvents (reply: Reply, call: GraphicCall): void {
  demandStatus(reply, 200)
  const events = reply.body.toString().split('\n\n').filter(block => block.startsWith('event: ')).map(block => {
    const [, event = '', text = ''] = block.match(/^event: (.+)\ndata: (.+)$/) ?? []
    demand(event !== '', `an event is not understood: ${block.slice(0, 200)}`)
    return { event, data: JSON.parse(text) }
  })
  demand(events[0]?.event === 'discovered' && events[0].data.request_uuid === call.requestUuid, 'the stream does not begin as it should')
  const announced = new Set(events[0].data.services.map(({ service }: { service: string }) => service))
  const outcomes: Outcomes = new Map()
  const renderings: string[] = []
  for (const { event, data } of events.slice(1, -1)) {
    if (event === 'rendering') {
      renderings.push(String(data.description))
    } else if (event !== 'started') {
      demand(isService(data.service) && announced.has(data.service) && !outcomes.has(data.service), `${event} of ${String(data.service)} comes as a surprise`)
      outcomes.set(data.service, event)
    }
  }
  const last = events.at(-1)
  demand(last?.event === 'answer', `the stream ends with ${last?.event ?? 'nothing'}`)
  checkOutcomes(outcomes, ['preprocessors', 'handlers'])
  demand(outcomes.size === announced.size, 'the stream does not say how each service did')
  checkAnswer(last.data, call, outcomes)
  const answered = last.data.renderings.map(({ description }: Rendering) => String(description))
  demand(renderings.toSorted().join() === answered.toSorted().join(), 'the events have other renderings than the answer')
}

/** Checks a refusal: one of these statuses, with this in its text. @throws WrongAnswer */
export function checkRefusal (reply: Reply, statuses: readonly number[], text = ''): void {
  demand(statuses.includes(reply.status), `status ${reply.status} instead of ${statuses.join(' or ')}: ${reply.body.toString('utf8', 0, 200)}`)
  if (reply.status === 429) return demand(Number(reply.headers['retry-after']) > 0, 'a refusal does not say when to try again')
  demand(reply.body.includes(text), `"${reply.body.toString('utf8', 0, 200)}" does not say ${text}`)
}

/** Whether the server says that it cannot take more now, as it must: with the time after which it may. @throws WrongAnswer for a 503 that does not */
export function isRefusedForLoad ({ status, headers, body }: Reply): boolean {
  if (status !== 503) return false
  demand(Number(headers['retry-after']) > 0 && /TUTTI_(OVERLOADED|SERVER_BUSY|EVENT_LOOP_BEHIND)/.test(body.toString()), `a 503 that is not of the load: ${body.toString('utf8', 0, 200)}`)
  return true
}

/** Checks a page that is just there. @throws WrongAnswer */
export function checkPage (reply: Reply, pattern: RegExp): void {
  demandStatus(reply, 200)
  demand(pattern.test(reply.body.toString()), `a page is not as it should be: ${reply.body.toString('utf8', 0, 200)}`)
}
