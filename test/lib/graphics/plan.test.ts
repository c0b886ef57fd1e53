// The plan: which steps a topology means for a route, in which order, and what happens to dependencies that cannot be honoured.
import assert from 'node:assert/strict'
import t from 'tap'
import fc from 'fast-check'
import type { Service } from '../../../lib/discovery/topology.ts'
import { compilePlan, createPlanner } from '../../../lib/graphics/plan.ts'
import type { Plan, PlanOptions } from '../../../lib/graphics/plan.ts'
import { handlerOf, modifierOf, preprocessorOf, serviceOf, topologyOf } from '../fixtures/topology.ts'
import { figure, sized } from '../../long.ts'

const graph: PlanOptions = { route: 'default', parallel: true, render: true }
const serial: PlanOptions = { route: 'default', parallel: false, render: true }

/** A plan in words: a list of stages, each step as `role name < the names it waits for`. */
function outline ({ stages }: Plan): string[][] {
  return stages.map(({ steps }) => steps.map(({ service, role, after }) => {
    const names = after.map(index => steps[index]?.service.name)
    return `${role} ${service.name}${names.length > 0 ? ` < ${names.join(' ')}` : ''}`
  }))
}

function planOf (services: Service[], options: Partial<PlanOptions> = {}): Plan {
  return compilePlan(topologyOf(services), { ...graph, ...options })
}

/** The names of the services that a plan says wait for one another in a circle. */
function circleOf ({ remarks }: Plan): string[] {
  const [, names = ''] = remarks.map(remark => remark.match(/^(.*) wait for one another in a circle/)).find(match => match !== null) ?? []
  return names === '' ? [] : names.split(', ')
}

t.test('in parallel preprocessors and handlers are one graph, in which dependencies rule and priorities mean nothing', async t => {
  const plan = planOf([
    handlerOf('text', { required: ['objects'], optional: ['words'] }),
    preprocessorOf('objects', { priority: 9 }),
    preprocessorOf('groups', { priority: 1, required: ['objects'] }),
    preprocessorOf('words', { priority: 5 }),
    handlerOf('greeting')
  ])
  t.strictSame(outline(plan), [[
    'preprocessor groups < objects', 'preprocessor words', 'preprocessor objects', 'handler text < objects words', 'handler greeting'
  ]])
  t.strictSame(plan.remarks, [])
  t.equal(plan.revision, 1)
})

t.test('a dependency that does not run, or is named twice, disables nothing', async t => {
  t.strictSame(outline(planOf([
    preprocessorOf('a'), handlerOf('b', { required: ['a', 'absent'], optional: ['a', 'gone'] })
  ])), [['preprocessor a', 'handler b < a']])
})

t.test('a service of another route is as good as absent', async t => {
  const services = [
    preprocessorOf('talk', { routes: ['followup'] }), preprocessorOf('look', { routes: ['default', 'followup'] }),
    handlerOf('show', { required: ['talk', 'look'] }), handlerOf('answer', { routes: ['followup'], required: ['talk', 'look'] })
  ]
  t.strictSame(outline(planOf(services)), [['preprocessor look', 'handler show < look']])
  t.strictSame(outline(planOf(services, { route: 'followup' })), [['preprocessor talk', 'preprocessor look', 'handler answer < talk look']])
  for (const route of ['nowhere', '', 'Default', '__proto__']) t.strictSame(outline(planOf(services, { route })), [], route)
})

t.test('modifiers come first, as a graph of their own that the others cannot wait for', async t => {
  const services = [
    preprocessorOf('look', { required: ['shrink'] }), modifierOf('crop', { required: ['shrink', 'look'] }), modifierOf('shrink', { priority: 7 }), handlerOf('show', { optional: ['crop', 'look'] })
  ]
  t.strictSame(outline(planOf(services)), [['modifier crop < shrink', 'modifier shrink'], ['preprocessor look', 'handler show < look']])
})

t.test('a circle among modifiers leaves the graph of the others alone, and the other way round', async t => {
  const twist = (make: typeof modifierOf) => [make('one', { priority: 2, required: ['two'] }), make('two', { required: ['one'] })]
  const modifiers = planOf([...twist(modifierOf), preprocessorOf('look'), handlerOf('show', { required: ['look'] })])
  t.strictSame(outline(modifiers), [['modifier two'], ['modifier one'], ['preprocessor look', 'handler show < look']])
  t.strictSame(circleOf(modifiers), ['two', 'one'])
  const others = planOf([...twist(preprocessorOf), modifierOf('shrink'), modifierOf('crop', { required: ['shrink'] }), handlerOf('show')])
  t.strictSame(outline(others), [['modifier shrink', 'modifier crop < shrink'], ['preprocessor two'], ['preprocessor one'], ['handler show']])
})

t.test('a service with both labels is a preprocessor in parallel, and both in serial mode', async t => {
  const services = [preprocessorOf('both', { handles: true }), handlerOf('show', { required: ['both'] }), modifierOf('change', { handles: true })]
  t.strictSame(outline(planOf(services)), [['modifier change'], ['preprocessor both', 'handler show < both']])
  t.strictSame(outline(planOf(services, serial)), [['modifier change'], ['preprocessor both'], ['handler both', 'handler show', 'handler change']])
})

t.test('in serial mode preprocessors run one by one by priority, dependencies mean nothing, and handlers run at once at the end', async t => {
  t.strictSame(outline(planOf([
    handlerOf('show', { required: ['late'] }), preprocessorOf('late', { priority: 10, required: ['early'] }), preprocessorOf('early', { priority: 2, required: ['late'] }),
    preprocessorOf('also early', { priority: 2 }), modifierOf('change', { priority: 99 }), preprocessorOf('first', { priority: -1 }), handlerOf('tell')
  ], serial)), [['modifier change'], ['preprocessor first'], ['preprocessor early'], ['preprocessor also early'], ['preprocessor late'], ['handler show', 'handler tell']])
})

t.test('where only preprocessors are wanted priorities rule, modifiers are members of their group, and no handler is called', async t => {
  const services = [
    handlerOf('show'), preprocessorOf('b', { priority: 2 }), modifierOf('change', { priority: 2 }), preprocessorOf('a', { priority: 1, required: ['b'] }),
    preprocessorOf('odd', { priority: Number.POSITIVE_INFINITY }), preprocessorOf('odder', { priority: Number.POSITIVE_INFINITY })
  ]
  t.strictSame(outline(planOf(services, { render: false })), [['preprocessor a'], ['preprocessor b', 'modifier change'], ['preprocessor odd', 'preprocessor odder']])
  t.strictSame(outline(planOf(services, { render: false, parallel: false })), [['preprocessor a'], ['preprocessor b'], ['modifier change'], ['preprocessor odd'], ['preprocessor odder']])
})

t.test('whoever requires a handler runs without waiting for it, and the plan says so', async t => {
  const plan = planOf([handlerOf('show'), preprocessorOf('look', { required: ['show'] }), handlerOf('tell', { optional: ['show'] })])
  t.strictSame(outline(plan), [['preprocessor look', 'handler show', 'handler tell']])
  t.strictSame(plan.remarks, ['look requires show, which is a handler and gives no results to others; it does not wait for it'])
})

t.test('a circle turns its graph into groups by priority, then all handlers', async t => {
  const plan = planOf([
    preprocessorOf('a', { priority: 2, required: ['b'] }), preprocessorOf('b', { priority: 3, optional: ['a'] }), preprocessorOf('c', { priority: 2 }), handlerOf('show', { required: ['c'] })
  ])
  t.strictSame(outline(plan), [['preprocessor a', 'preprocessor c'], ['preprocessor b'], ['handler show']])
  t.strictSame(plan.remarks, ['a, b wait for one another in a circle; priorities are used instead of dependencies'])
})

t.test('a service that waits for itself is a circle', async t => {
  const plan = planOf([preprocessorOf('a', { required: ['a'] }), preprocessorOf('b', { required: ['a'] }), preprocessorOf('c')])
  t.strictSame(circleOf(plan), ['a'])
  t.equal(plan.stages.length, 1)
})

t.test('only steps on a circle are named: none before it, none behind it, none between two of them', async t => {
  const plan = planOf([
    preprocessorOf('before'), preprocessorOf('a', { required: ['b', 'before'] }), preprocessorOf('b', { required: ['a'] }),
    preprocessorOf('between', { required: ['b'] }), preprocessorOf('c', { required: ['d', 'between'] }), preprocessorOf('d', { required: ['c'] }), preprocessorOf('behind', { required: ['d'] })
  ])
  t.strictSame(circleOf(plan), ['a', 'b', 'c', 'd'])
})

t.test('neither chains nor circles of 10 000 services cost stack', async t => {
  const chain = (last: string[]) => Array.from({ length: 10_000 }, (_, index) => preprocessorOf(`s${index}`, { required: index === 0 ? last : [`s${index - 1}`] }))
  const open = planOf(chain([]))
  t.equal(open.stages.length, 1)
  t.strictSame(open.remarks, [])
  t.equal(circleOf(planOf(chain(['s9999']))).length, 10_000)
  t.equal(planOf(chain([]).toReversed()).stages.length, 1)
})

t.test('F15: 1 000 services with 10 000 dependencies are planned in a moment, and twice the size takes about twice the time', async t => {
  const dense = (count: number) => topologyOf(Array.from({ length: count }, (_, index) => preprocessorOf(`s${index}`, {
    required: Array.from({ length: Math.min(10, index) }, (_, step) => `s${(index * 7 + step * 13) % index}`)
  })))
  const fastest = (count: number) => {
    const topology = dense(count)
    return Math.min(...Array.from({ length: 7 }, () => {
      const start = performance.now()
      assert.equal(compilePlan(topology, graph).stages[0]?.steps.length, count)
      return performance.now() - start
    }))
  }
  fastest(1000)
  const [once, eightfold] = [fastest(1000), fastest(8000)]
  figure(t, 'F15', `1,000 services with 10,000 dependencies are planned in ${once.toFixed(1)} ms, 8,000 with 80,000 in ${eightfold.toFixed(1)} ms`)
  t.ok(eightfold < 60 * once, 'eight times the size takes far less than sixty-four times the time')
})

/** Up to nine services with any labels, depending on one another, on strangers and on themselves. */
const someServices = fc.uniqueArray(fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'),
  priority: fc.option(fc.constantFrom(1, 2, 3, Number.POSITIVE_INFINITY), { nil: undefined }),
  handles: fc.boolean(),
  modifiesRequest: fc.boolean(),
  routes: fc.constantFrom(['default'], ['default', 'other'], ['other']),
  required: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'nobody'), { maxLength: 3 }),
  optional: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'), { maxLength: 2 })
}), { selector: service => service.name, maxLength: 9 }).map(services => services.map(({ name, ...labels }) => serviceOf(name, labels)))

const someOptions = fc.record({ route: fc.constantFrom('default', 'other'), parallel: fc.boolean(), render: fc.boolean() })

/** Whether `to` can be reached from `from` by one dependency or more, over services that are alike (both modifiers or both not). */
function leadsTo (services: readonly Service[], from: Service, to: string): boolean {
  const seen = new Set<string>()
  const next = [from]
  for (let service = next.pop(); service !== undefined; service = next.pop()) {
    for (const name of [...service.required, ...service.optional]) {
      const found = services.find(each => each.name === name && each.modifiesRequest === from.modifiesRequest)
      if (found === undefined || seen.has(name)) continue
      seen.add(name)
      next.push(found)
    }
  }
  return seen.has(to)
}

t.test('in random topologies everybody is called once per role, after all that it waits for, and exactly the circles are named', async t => {
  const cases = sized(1000, 200_000)
  fc.assert(fc.property(someServices, someOptions, (services, options) => {
    const topology = topologyOf(services)
    const plan = compilePlan(topology, options)
    assert.deepEqual(compilePlan(topology, options), plan, 'a pure function')

    const members = services.filter(service => service.routes.includes(options.route))
    const steps = plan.stages.flatMap(stage => stage.steps)
    const called = steps.map(({ service, role }) => `${role === 'handler' ? 'handler' : 'preprocessor'} ${service.name}`)
    const expected = members.flatMap(service => {
      const isPreprocessor = service.priority !== undefined
      const isHandler = service.handles && options.render && !(options.parallel && isPreprocessor)
      return [...isPreprocessor ? [`preprocessor ${service.name}`] : [], ...isHandler ? [`handler ${service.name}`] : []]
    })
    assert.deepEqual(called.toSorted(), expected.toSorted())
    for (const stage of plan.stages) assert(stage.steps.length > 0)

    const usesGraph = options.parallel && options.render
    const preprocessors = members.filter(service => service.priority !== undefined)
    const circular = preprocessors.filter(service => usesGraph && leadsTo(preprocessors, service, service.name)).map(service => service.name)
    const named = plan.remarks.flatMap(remark => circleOf({ ...plan, remarks: [remark] }))
    assert.deepEqual(named.toSorted(), circular.toSorted())

    for (const { steps } of plan.stages) {
      for (const { service, after } of steps) {
        const settled = new Set(after.map(index => steps[index]?.service.name))
        assert.equal(settled.size, after.length)
        // Peers whom it names are waited for, unless circles have turned the graph into groups.
        const peers = steps.filter(step => step.role !== 'handler').map(step => step.service.name)
        const wanted = [...service.required, ...service.optional].filter(name => peers.includes(name))
        if (usesGraph && circular.length === 0) assert.deepEqual([...settled].toSorted(), [...new Set(wanted)].toSorted())
      }
      // Kahn: it is possible to settle everything.
      const done = new Set<number>()
      for (let before = -1; before !== done.size;) {
        before = done.size
        steps.forEach((step, index) => { if (step.after.every(each => done.has(each))) done.add(index) })
      }
      assert.equal(done.size, steps.length)
    }
    if (!usesGraph) {
      const priorities = (role: string) => steps.filter(step => step.role === role).map(step => step.service.priority ?? 0)
      for (const role of options.render ? ['modifier', 'preprocessor'] : []) assert.deepEqual(priorities(role), priorities(role).toSorted((a, b) => a === b ? 0 : a - b))
    }
  }), { numRuns: cases })
  figure(t, 'graphs', `${cases} graphs, everybody in order, circles named`)
})

t.test('the planner gives the same plan for the same revision, route and layout, and a new one for a new revision', async t => {
  const services = [preprocessorOf('a'), handlerOf('b', { routes: ['default', 'other'] })]
  const planFor = createPlanner()
  const [first, second] = [topologyOf(services, 1), topologyOf(services, 2)]
  const plan = planFor(first, graph)
  t.equal(planFor(first, { ...graph }), plan)
  t.not(planFor(first, serial), plan)
  t.not(planFor(first, { ...graph, render: false }), plan)
  t.not(planFor(first, { ...graph, route: 'other' }), plan)
  t.equal(planFor(first, graph), plan, 'others do not push it out')
  const next = planFor(second, graph)
  t.not(next, plan)
  t.equal(next.revision, 2)
  t.not(planFor(first, graph), plan, 'what was forgotten is compiled again')
})

t.test('the planner remembers no more routes than it may, and none that nobody serves', async t => {
  const routes = ['one', 'two', 'three']
  const topology = topologyOf([preprocessorOf('a', { routes })])
  const planFor = createPlanner(2)
  const remembers = (route: string) => {
    const plan = planFor(topology, { ...graph, route })
    return planFor(topology, { ...graph, route }) === plan
  }
  t.ok(Array.from({ length: 1000 }, (_, index) => planFor(topology, { ...graph, route: `invented${index}` })).every(plan => plan.stages.length === 0))
  t.strictSame(routes.map(remembers), [true, true, false])
  t.strictSame(outline(planFor(topology, { ...graph, route: 'three' })), [['preprocessor a']], 'which costs nothing but time')
})
