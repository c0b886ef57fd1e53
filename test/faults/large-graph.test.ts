// A thousand services with ten thousand dependencies, and a circle of hundreds: all are called, in order.
import t from 'tap'
import { answer, build, mockService, preprocessor } from '../helper.ts'
import type { Entry } from '../helper.ts'

const size = 1000
const circle = 300
const name = (number: number) => `s${number}`

t.test('F15: large graphs', async t => {
  t.test('of a thousand services with ten thousand dependencies are walked in order', async t => {
    const started: string[] = []
    const everywhere = await mockService(t, answer(204))
    const services: Record<string, Entry> = {}
    const after = new Map<string, string[]>()
    for (let number = size - 1; number >= 0; number--) {
      // Ten of those with lower numbers, spread evenly and always the nearest, so that one chain runs through all.
      const names = [...new Set(Array.from({ length: 10 }, (_, each) => number - 1 - each * each).filter(each => each >= 0))].map(name)
      after.set(name(number), names)
      services[name(number)] = preprocessor(everywhere, { required_dependencies: names.slice(0, 5).join(), optional_dependencies: names.slice(5).join() })
    }
    const server = await build(t, { env: { PARALLEL_PREPROCESSORS: 'ON' }, services })
    const { status } = await server.render()
    t.equal(status, 200)
    for (const line of server.logs) if (line.msg === 'service settled') started.push(String(line.service))
    t.equal(started.length, size)
    const places = new Map(started.map((each, place) => [each, place]))
    const early = started.filter(each => after.get(each)?.some(other => Number(places.get(other)) > Number(places.get(each))))
    t.strictSame(early, [], 'nobody settled before those that it waits for')
  })

  t.test('that are one large circle fall back to priorities', async t => {
    const everywhere = await mockService(t, answer(204))
    const services: Record<string, Entry> = {}
    for (let number = 0; number < circle; number++) {
      services[name(number)] = preprocessor(everywhere, { preprocessor: number % 3, required_dependencies: name((number + 1) % circle) })
    }
    const server = await build(t, { env: { PARALLEL_PREPROCESSORS: 'ON' }, services })
    t.equal((await server.render()).status, 200)
    t.equal(everywhere.received.length, circle)
    const groups = server.logs.filter(line => line.msg === 'service settled').map(line => Number(String(line.service).slice(1)) % 3)
    t.strictSame(groups, groups.toSorted())
  })
})
