// What clients do during a soak: each visit is one of these, and checks what comes of it.
import { randomUUID } from 'node:crypto'
import type { Random } from '../fixtures/json/random-text.ts'
import { checkEvents, checkPage, checkPreprocess, checkRefusal, checkRender, isRefusedForLoad } from './checks.ts'
import type { Reply } from './checks.ts'
import type { Client, Question } from './exchange.ts'
import type { GraphicCall, GraphicSource } from './graphics.ts'

/** How a visit ended: with the right answer, by the client's own will, or with the word that there is no room. */
export type VisitEnd = 'answered' | 'left' | 'refused'

/** What visits are made of. */
export interface MixtureOptions {
  client: Client
  graphics: GraphicSource
  random: Random
  operatorToken: string
  /** Largest body that the server takes, in bytes. */
  maxBody: number
  /** UUIDs of requests that are stored. */
  stored: string[]
}

/** Visits. */
export interface Mixture {
  /** Makes one visit, of a kind chosen by chance. @throws WrongAnswer, or the error of the connection */
  visit (): Promise<VisitEnd>
  /** Visits of each kind so far. */
  counts: Record<string, number>
}

const metricsPage = /^tutti_ready 1$/m

/** Bodies that are no request, and what the refusal says. */
const malformed: Array<[body: string, text: string]> = [
  ['', 'instancePath'],
  ['[]', 'instancePath'],
  ['{"request_uuid":"1c9b9f0e', 'TUTTI_MALFORMED_BODY'],
  ['{"__proto__":{"polluted":true}}', 'TUTTI_FORBIDDEN_KEY'],
  ['{"request_uuid":"1c9b9f0e-6a57-4a8e-9d3c-2f4b5a6c7d8e","language":"en"}', 'instancePath'],
  [`{"a":${'['.repeat(2000)}${']'.repeat(2000)}}`, 'instancePath'],
  [`{"graphic":"${'é'.repeat(200000)}"}`, 'instancePath']
]

/** Makes the visits of a soak. */
export function createMixture ({ client, graphics, random, operatorToken, maxBody, stored }: MixtureOptions): Mixture {
  const authorization = { authorization: `Bearer ${operatorToken}` }
  const post = (path: string, parts: Buffer[], rest: Partial<Question> = {}): Question => ({ method: 'POST', path, parts, ...rest })

  const ask = async (question: Question, check: (reply: Reply) => void): Promise<VisitEnd> => {
    const reply = await client.ask(question)
    if (reply === undefined) return 'left'
    if (question.method === 'POST' && isRefusedForLoad(reply)) return 'refused'
    check(reply)
    return 'answered'
  }

  const about: Array<(call: GraphicCall, hangUpAfter?: number) => Promise<VisitEnd>> = [
    (call, hangUpAfter) => ask(post('/render', call.parts, { hangUpAfter }), reply => checkRender(reply, call)),
    (call, hangUpAfter) => ask(post('/render', call.parts, { hangUpAfter, headers: { accept: 'text/event-stream' } }), reply => checkEvents(reply, call)),
    (call, hangUpAfter) => ask(post('/render/preprocess', call.parts, { hangUpAfter }), reply => checkPreprocess(reply, call))
  ]
  const [render, follow, preprocess] = about as [(typeof about)[number], (typeof about)[number], (typeof about)[number]]

  // How many of a thousand visits are of each kind.
  const kinds: Record<string, { share: number, visit: () => Promise<VisitEnd> }> = {
    render: { share: 690, visit: () => render(graphics.next()) },
    'event stream': { share: 110, visit: () => follow(graphics.next()) },
    preprocess: { share: 80, visit: () => preprocess(graphics.next()) },
    'hang up': { share: 50, visit: () => (about[random(about.length)] ?? render)(graphics.next(), random(120)) },
    malformed: {
      share: 25,
      visit () {
        const [body = '', text = ''] = malformed[random(malformed.length)] ?? []
        return ask(post('/render', [Buffer.from(body)]), reply => checkRefusal(reply, [400], text))
      }
    },
    'too large': {
      share: 5,
      visit: () => ask(post('/render', [Buffer.from('{')], { headers: { 'content-length': maxBody + 1 } }), reply => checkRefusal(reply, [413], 'TUTTI_BODY_TOO_LARGE'))
    },
    'no such path': { share: 10, visit: () => ask({ path: `/${randomUUID()}` }, reply => checkRefusal(reply, [404, 429])) },
    'wrong token': {
      share: 5,
      // From elsewhere: whoever guesses too often is stopped, and so is the operator at the same address.
      visit: () => ask({ path: '/metrics', from: '127.0.0.2', headers: { authorization: 'Bearer guessed-guessed-guessed' } }, reply => checkRefusal(reply, [401, 429]))
    },
    authenticate: {
      share: 10,
      visit: () => ask({ path: `/authenticate/${stored[random(stored.length)] ?? randomUUID()}/${'0'.repeat(40)}` }, reply => checkRefusal(reply, [401]))
    },
    operator: {
      share: 15,
      async visit () {
        await ask({ path: '/health/ready' }, reply => checkPage(reply, /"status":"ready"/))
        await ask({ path: '/topology', headers: authorization }, reply => checkPage(reply, /"plans"/))
        return await ask({ path: '/metrics', headers: authorization }, reply => checkPage(reply, metricsPage))
      }
    }
  }

  const counts: Record<string, number> = Object.fromEntries(Object.keys(kinds).map(kind => [kind, 0]))
  const total = Object.values(kinds).reduce((sum, { share }) => sum + share, 0)
  return {
    counts,
    async visit () {
      let at = random(total)
      for (const [kind, { share, visit }] of Object.entries(kinds)) {
        at -= share
        if (at >= 0) continue
        counts[kind] = (counts[kind] ?? 0) + 1
        try {
          return await visit()
        } catch (error) {
          throw new Error(`${kind}: ${(error as Error).message}`, { cause: error })
        }
      }
      throw new Error('the shares do not add up')
    }
  }
}
