// Where steps go: what keeps a device from having one, which of those that fit is taken, and that the same question has the same answer.
import fc from 'fast-check'
import t from 'tap'
import type { Device } from '../../../../lib/devices/device.ts'
import { isUsable } from '../../../../lib/devices/device.ts'
import { missingInterfaces } from '../../../../lib/devices/placement/interfaces.ts'
import { loadOf, place } from '../../../../lib/devices/placement/place.ts'
import { sized } from '../../../long.ts'
import { described, device, id, imported, noCards, now, request, step, wasm } from './examples.ts'

const prim = wasm(900, 'prim', { add1: described(), half: described() })
const timer = wasm(901, 'timer', { go: described() }, { requirements: [imported('sys', 'millis')] })
const devicesOf = (placement: ReturnType<typeof place>) => placement.sequence?.map(each => each.device)

t.test('interfaces fit by name, by module and name, and as WASI', async t => {
  const lacks = (given: string[], ...requirements: Array<[string, string]>) => missingInterfaces({ supervisorInterfaces: given }, requirements.map(([module, name]) => imported(module, name)))
  t.strictSame(lacks(['millis'], ['sys', 'millis'], ['other', 'millis']), [])
  t.strictSame(lacks(['millis', 'sys.millis'], ['sys', 'millis'], ['other', 'millis']), ['other.millis'])
  t.strictSame(lacks(['fd_write'], ['wasi_snapshot_preview1', 'fd_fdstat_get'], ['env', 'fd_fdstat_get']), ['env.fd_fdstat_get'])
  t.strictSame(lacks([], ['exotic', 'warpDrive']), ['exotic.warpDrive'])
  t.strictSame(lacks([]), [])
  t.strictSame(lacks(['wasi_snapshot_preview1.proc_exit'], ['wasi_snapshot_preview1', 'fd_read']), [], 'a host of WASI may say so by module and name')
  t.strictSame(lacks(['sys.millis()->'], ['sys', 'millis']), [])
  t.strictSame(lacks(['sys.millis()->i64', 'print(i32)->'], ['sys', 'millis'], ['env', 'print']), ['sys.millis', 'env.print'], 'types are told, and are others')
})

t.test('what keeps a device from having a step is told', async t => {
  const heavy = wasm(902, 'heavy', { go: described() }, { pages: 1000 })
  for (const [reason, one, module, more] of [
    ['is blacklisted', device(1, { blacklisted: { reason: undefined, since: now } }), prim, {}],
    ['is offline (no answer)', device(1, { state: 'offline', reason: 'no answer' }), prim, {}],
    ['is suspect', device(1, { state: 'suspect' }), prim, {}],
    ['has not said yet what it can do', device(1, { description: undefined }), prim, {}],
    ['lacks sys.millis', device(1, { description: { platform: {}, supervisorInterfaces: [] } }), timer, {}],
    ['has too little memory', device(1), heavy, {}],
    ['has not the label zone=lab', device(1), prim, { labels: { zone: 'lab' } }],
    ['is the server itself, which runs its own services alone', device(1, { name: 'orchestrator', origin: 'self' }), prim, {}]
  ] as const) {
    const { sequence, problem, decisions: [decision] } = place(request([one], [module], [step(Number.parseInt(module.id, 16), Object.keys(module.versions[0]!.functions!)[0]!, more)]))
    t.equal(sequence, undefined, reason)
    t.match(problem, reason)
    t.strictSame(decision?.candidates[0]?.reasons, [reason])
    t.strictSame(decision?.refused, { [reason]: 1 })
  }
  t.match(place(request([], [prim], [step(900, 'add1')])).problem, 'no device is known')
  t.match(place(request([device(1)], [], [step(900, 'add1')])).problem, 'not there any more')
})

t.test('services of the server go to the server, and nothing else does', async t => {
  const list = wasm(910, 'core:Datalist', { push: described({ method: 'put' }) }, { isCore: true })
  const self = device(7, { name: 'orchestrator', origin: 'self', description: undefined })
  t.strictSame(devicesOf(place(request([device(1), self], [list, prim], [step(900, 'add1'), step(910, 'push')]))), [id(1), id(7)])
})

t.test('the least loaded is taken, then who has few steps, the step before, and was there for long', async t => {
  const busy = (cpuUsage: number, memoryUsage = 0.5) => ({ health: { report: { cpuUsage, memoryUsage }, time: now } })
  t.strictSame(devicesOf(place(request([device(1, busy(90)), device(2, busy(10))], [prim], [step(900, 'add1')]))), [id(2)])
  t.strictSame(devicesOf(place(request([device(1), device(2)], [prim], [step(900, 'add1')], { load: new Map([[id(1), 3]]) }))), [id(2)])
  t.strictSame(devicesOf(place(request([device(1, { since: now }), device(2)], [prim], [step(900, 'add1')]))), [id(2)])
  t.strictSame(devicesOf(place(request([device(1), device(2)], [prim], [step(900, 'add1'), step(900, 'half')]))), [id(1), id(1)], 'together: going over the network costs more than sharing')
  t.strictSame(devicesOf(place(request([device(1), device(2)], [prim], [step(900, 'add1'), step(900, 'add1')]))), [id(1), id(2)], 'a document cannot name one function twice')
  const namesake = { ...wasm(903, 'prim', { other: described() }) }
  t.strictSame(devicesOf(place(request([device(1), device(2)], [prim, namesake], [step(900, 'add1'), step(903, 'other')]))), [id(1), id(2)])
})

t.test('named devices are kept to; those that take over are asked in their order', async t => {
  const offline = { state: 'offline' as const }
  const named = step(900, 'add1', { device: id(1), failovers: [id(2), id(3)] })
  t.strictSame(devicesOf(place(request([device(1), device(2), device(3)], [prim], [named]))), [id(1)])
  t.strictSame(devicesOf(place(request([device(1, offline), device(2, offline), device(3)], [prim], [named]))), [id(3)])
  const at3 = [{ device: id(3), module: id(900), version: 1, func: 'add1' }]
  t.strictSame(devicesOf(place(request([device(1, offline), device(2), device(3)], [prim], [named], { sequence: at3 }))), [id(3)], 'who has taken over keeps it')
  t.strictSame(devicesOf(place(request([device(1), device(2), device(3)], [prim], [named], { sequence: at3 }))), [id(1)], 'until the first is back')
  t.strictSame(devicesOf(place(request([device(1, offline), device(4)], [prim], [step(900, 'add1', { device: id(1) })]))), [id(1)], 'nobody else is asked: it is told when it is back')
  t.equal(place(request([device(1, { blacklisted: { reason: 'x', since: 0 } }), device(4)], [prim], [step(900, 'add1', { device: id(1) })])).sequence, undefined)
  t.strictSame(devicesOf(place(request([device(4)], [prim], [step(900, 'add1', { device: id(99) })]))), [id(4)], 'a device that there is not leaves the choice')
})

t.test('a step that is asked for another device now does not stay where it was', async t => {
  const at1 = [{ device: id(1), module: id(900), version: 1, func: 'add1' }]
  const { sequence, decisions } = place(request([device(1), device(2, { state: 'offline' })], [prim], [step(900, 'add1', { device: id(2) })], { sequence: at1 }))
  t.strictSame(sequence?.map(each => each.device), [id(2)])
  t.match(decisions[0]?.because, 'not online')
})

t.test('a device that a later step names is left to it', async t => {
  t.strictSame(devicesOf(place(request([device(1), device(2)], [prim], [step(900, 'add1'), step(900, 'add1', { device: id(1) })]))), [id(2), id(1)])
  t.strictSame(devicesOf(place(request([device(1), device(2)], [prim], [step(900, 'half'), step(900, 'add1', { device: id(1) })]))), [id(1), id(1)], 'two functions of one module have room together')
})

t.test('memory that a step takes does not drive it away from where it is', async t => {
  const large = wasm(904, 'large', { go: described() }, { pages: 500 })
  const full = device(1, { health: { report: { cpuUsage: 50, memoryUsage: 0.9 }, time: now } })
  const at1 = [{ device: id(1), module: id(904), version: 1, func: 'go' }]
  const roomy = device(2, { health: { report: { cpuUsage: 50, memoryUsage: 0 }, time: now } })
  t.strictSame(devicesOf(place(request([full, roomy], [large], [step(904, 'go')]))), [id(2)])
  t.strictSame(devicesOf(place(request([full, roomy], [large], [step(904, 'go')], { sequence: at1, goal: [id(1)] }))), [id(1)])
})

t.test('steps stay where they are, go elsewhere when they must, and return', async t => {
  const at1 = [{ device: id(1), module: id(900), version: 1, func: 'add1' }]
  const better = device(2, { health: { report: { cpuUsage: 0, memoryUsage: 0 }, time: now } })
  const go = (first: Device, more = {}) => devicesOf(place(request([first, better], [prim], [step(900, 'add1')], { sequence: at1, goal: [id(1)], ...more })))
  t.strictSame(go(device(1)), [id(1)])
  t.strictSame(go(device(1, { state: 'suspect' })), [id(1)])
  t.strictSame(go(device(1, { state: 'offline' })), [id(2)])
  t.strictSame(go(device(1), { sequence: [{ ...at1[0], device: id(2) }] }), [id(1)])
  t.strictSame(devicesOf(place(request([device(1, { state: 'offline' })], [prim], [step(900, 'add1')], { sequence: at1 }))), [id(1)], 'where nobody can take over it waits')
})

t.test('with the check of risks enforced, what does not pass is left out', async t => {
  const cards = {
    modules: [{ id: id(1), moduleid: id(900), name: 'prim', 'risk-level': 'low', 'input-type': 'temp', 'output-risk': 'none', dateReceived: 0 }],
    nodes: [1, 2].map(number => ({ id: id(number), name: '', nodeid: id(number), zone: number === 1 ? 'street' : 'lab', dateReceived: 0 })),
    dataSources: [],
    zones: [{ id: id(1), zone: 'lab', allowedRiskLevels: ['none', 'low'], lastUpdated: 0 }, { id: id(2), zone: 'street', allowedRiskLevels: ['none'], lastUpdated: 0 }]
  }
  const go = (risk: 'off' | 'warn' | 'enforce') => devicesOf(place(request([device(1), device(2), device(3)], [prim], [step(900, 'add1')], { cards, risk })))
  t.strictSame(go('warn'), [id(1)])
  t.strictSame(go('enforce'), [id(2)])
  t.strictSame(devicesOf(place(request([device(1), device(2)], [prim], [step(900, 'add1', { labels: { zone: 'lab' } })], { cards }))), [id(2)], 'a zone is a label, too')
})

const anyDevice = fc.record({
  state: fc.constantFrom('online', 'suspect', 'offline'), isBlacklisted: fc.boolean(), interfaces: fc.subarray(['millis', 'sys.millis', 'fd_write', 'print']), cpuUsage: fc.integer({ min: 0, max: 100 })
})

t.test('no step is ever on a device that cannot have it, and order is of no account', async () => {
  fc.assert(fc.property(fc.array(anyDevice, { maxLength: 8 }), fc.array(fc.constantFrom(step(900, 'add1'), step(900, 'half'), step(901, 'go')), { minLength: 1, maxLength: 4 }), (given, steps) => {
    const devices = given.map(({ state, isBlacklisted, interfaces, cpuUsage }, index) => device(index + 1, {
      state, blacklisted: isBlacklisted ? { reason: undefined, since: 0 } : undefined, description: { platform: {}, supervisorInterfaces: interfaces }, health: { report: { cpuUsage }, time: now }
    }))
    const known = new Map(devices.map(each => [each.id, each]))
    const answer = place(request(devices, [prim, timer], steps))
    if (JSON.stringify(place(request(devices.toReversed(), [timer, prim], steps))) !== JSON.stringify(answer)) return false
    if (JSON.stringify(place(request([...devices, device(200, { state: 'offline' })], [prim, timer], steps)).sequence) !== JSON.stringify(answer.sequence)) return false
    return answer.sequence?.every(({ device, module }) => {
      const found = known.get(device)
      return found !== undefined && isUsable(found) && (module === prim.id || missingInterfaces(found.description!, timer.versions[0]!.analysis.requirements).length === 0)
    }) ?? answer.problem !== ''
  }), { numRuns: sized(200, 20_000) })
})

t.test('ten times as many devices and cards are looked at ten times as often, and 20 are named', async t => {
  const fleet = (count: number) => Array.from({ length: count }, (_, index) => device(index + 1))
  const steps = Array.from({ length: 8 }, (_, index) => step(index % 2 === 0 ? 900 : 901, index % 2 === 0 ? 'add1' : 'go'))
  const looksAt = (count: number) => {
    let looks = 0
    const watched = <Thing extends object, Name extends keyof Thing>(thing: Thing, name: Name) => {
      const value = thing[name]
      return Object.defineProperty(thing, name, { enumerable: true, get: () => { looks++; return value } })
    }
    const nodes = Array.from({ length: count }, (_, index) => watched({ id: id(index), name: '', nodeid: id(index + 1), zone: 'lab', dateReceived: 0 }, 'nodeid'))
    const { sequence } = place(request(fleet(count).map(each => watched(each, 'description')), [prim, timer], steps, { cards: { ...noCards, nodes } }))
    t.equal(sequence?.length, 8)
    return looks
  }
  const [few, many] = [looksAt(200), looksAt(2000)]
  t.ok(few >= 200 && many <= 10 * few, `${many} looks instead of ${few}`)
  const { decisions } = place(request(fleet(2000), [prim], [step(900, 'add1')]))
  t.equal(decisions[0]?.candidates.length, 20)
  t.equal(decisions[0]?.considered, 2000)
})

t.test('load counts the steps of other deployments', async t => {
  const at = (number: number) => ({ device: id(number), module: id(900), version: 1, func: 'add1' })
  t.strictSame([...loadOf([{ id: 'a', sequence: [at(1), at(2)] }, { id: 'b', sequence: [at(1)] }, { id: 'c', sequence: [at(1)] }], 'c')], [[id(1), 2], [id(2), 1]])
})
