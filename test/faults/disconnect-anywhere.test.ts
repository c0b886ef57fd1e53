// Clients that hang up at random points: while they send, wait, share what others wait for, or read. Each connection to a service that worked
// for them ends, and nothing that they held stays taken.
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { build, found, graphicRequest, handler, made, mockService, names, outcomes, preprocessor, rendering } from '../helper.ts'
import type { Behaviour } from '../helper.ts'
import { createRandom } from '../fixtures/json/random-text.ts'
import { figure, sized } from '../long.ts'
import { gaugesAtRest } from './gauges.ts'
import { head } from './raw-client.ts'

const points = sized(75, 1000)
const atOnce = 10

for (const mode of ['ON', 'OFF']) {
  t.test(`F11: clients that hang up at ${points} random points leave nothing behind, with PARALLEL_PREPROCESSORS=${mode}`, { timeout: 600_000 }, async t => {
    const random = createRandom(mode === 'ON' ? 11 : 12)
    /** When the last client of the round had gone; requests that hang can only end by that. */
    let left = 0
    const delays: number[] = []
    const hanging = new Set<Promise<void>>()
    /** Answers at once, a little later, with a beginning only, or never; the last two until the connection ends. */
    const moody = (behaviour: Behaviour): Behaviour => async (response, received) => {
      const mood = random(10)
      if (mood < 6) {
        for (let turn = random(20); turn > 0; turn--) await new Promise(resolve => setImmediate(resolve))
        if (!response.destroyed) await behaviour(response, received)
        return
      }
      if (mood < 8) response.writeHead(200, { 'content-type': 'application/json' }).write('{"request_uuid":')
      const end = received.closed.then(() => {
        hanging.delete(end)
        if (left > 0) delays.push(performance.now() - left)
      })
      hanging.add(end)
    }
    const shrink = await mockService(t, moody(found(names.modifier, { zoom: 1 })))
    const look = await mockService(t, moody(found(names.preprocessor('look'), { fill: 'x'.repeat(10_000) })))
    const read = await mockService(t, moody(found(names.preprocessor('read'), {})))
    const text = await mockService(t, moody(made(rendering('text', { data: { text: 'x'.repeat(300_000) } }))))
    const speak = await mockService(t, moody(made(rendering('speak'))))
    const server = await build(t, {
      env: { PARALLEL_PREPROCESSORS: mode, PARALLEL_LIMIT: '6', SERVICE_LIMIT: '3' },
      services: {
        shrink: preprocessor(shrink, { modifyRequest: true }),
        look: preprocessor(look, { cacheTimeout: 1 }),
        read: preprocessor(read, { cacheTimeout: 1, required_dependencies: 'look' }),
        text: handler(text, { required_dependencies: 'read' }),
        speak: handler(speak)
      }
    })
    const stages: Record<string, number> = {}
    const graphics = ['AAAA', 'BBBB'].map(each => `data:image/png;base64,${each}`)

    const leave = async () => {
      const body = JSON.stringify(graphicRequest({ graphic: graphics[random(2)], fill: 'x'.repeat(random(2) * 100_000) }))
      const accept = random(2) === 0 ? 'text/event-stream' : 'application/json'
      const message = head({ accept, 'content-length': Buffer.byteLength(body) }).replace('/render', random(4) === 0 ? '/render/preprocess' : '/render') + body
      const isCut = random(5) === 0
      const socket = connect(server.port, '127.0.0.1')
      const chunks: Buffer[] = []
      socket.on('data', chunk => chunks.push(chunk)).on('error', () => {})
      await once(socket, 'connect')
      socket.write(isCut ? message.slice(0, random(message.length)) : message)
      if (!isCut) for (let turn = random(150); turn > 0; turn--) await new Promise(resolve => setImmediate(resolve))
      const stage = isCut ? 'sending' : chunks.length > 0 ? 'receiving' : 'waiting'
      stages[stage] = (stages[stage] ?? 0) + 1
      if (random(2) === 0) socket.destroy()
      else socket.resetAndDestroy()
    }

    for (let done = 0; done < points; done += atOnce) {
      left = 0
      await Promise.all(Array.from({ length: Math.min(atOnce, points - done) }, leave))
      left = performance.now()
      t.strictSame(await gaugesAtRest(server.origin), [], 'every gauge is back at zero')
      await Promise.all(hanging)
    }
    t.equal(hanging.size, 0, 'every service that worked was told by the end of its connection')
    for (const stage of ['sending', 'waiting', 'receiving']) t.ok((stages[stage] ?? 0) > points / 50, `${stages[stage]} left while ${stage}`)
    for (const service of [shrink, look, read, text, speak]) t.ok(service.received.length > 0)

    shrink.behaviour = found(names.modifier, { zoom: 1 })
    look.behaviour = found(names.preprocessor('look'), {})
    read.behaviour = found(names.preprocessor('read'), {})
    text.behaviour = made(rendering('text'))
    speak.behaviour = made(rendering('speak'))
    for (const reply of await Promise.all(Array.from({ length: 8 }, (_, number) => server.render(graphicRequest({ graphic: `data:image/png;base64,CCC${number}` }))))) {
      t.strictSame(outcomes(reply), { shrink: 'done', look: 'done', read: 'done', text: 'done', speak: 'done' }, 'every place is free again')
    }
    t.notOk(server.logs.some(line => Number(line.level) >= 50), 'and nothing went wrong')
    const sorted = delays.toSorted((a, b) => a - b)
    const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(0)
    figure(t, 'F11', `${mode}: ${points} points (${Object.entries(stages).map(([stage, count]) => `${count} ${stage}`).join(', ')}); ${sorted.length} calls closed after the last client had gone, by half after ${at(0.5)} ms, the last after ${at(1)} ms`)
  })
}
