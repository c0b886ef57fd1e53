// Places the steps of a deployment: for each step all devices are filtered, those that are left scored, and every decision is explained. The same question has the same answer,
// in whatever order devices come.
import type { Cards } from '../cards.ts'
import type { Deployment, PlacedStep, Step } from '../deployment.ts'
import { isUsable, selfName } from '../device.ts'
import type { Device } from '../device.ts'
import type { Id } from '../id.ts'
import { currentVersion } from '../wasm-module.ts'
import type { WasmModule } from '../wasm-module.ts'
import { missingInterfaces } from './interfaces.ts'
import { cardsByDevice, checkRisk, noRisk } from './risk.ts'
import { scoreOf, scoresOf } from './scores.ts'
import type { Scores } from './scores.ts'

/** What is done with the check of risks: nothing, told, or devices that do not pass are left out. */
export type RiskMode = 'off' | 'warn' | 'enforce'

/** What is to be placed, and among what. */
export interface PlacementRequest {
  readonly steps: readonly Step[]
  /** Where the steps are; empty for none. */
  readonly sequence: readonly PlacedStep[]
  /** Where they were before any device was lost; empty for nowhere. */
  readonly goal: readonly Id[]
  readonly devices: ReadonlyMap<Id, Device>
  readonly modules: ReadonlyMap<Id, WasmModule>
  /** Steps that other deployments have on each device. */
  readonly load: ReadonlyMap<Id, number>
  readonly cards: Cards
  readonly risk: RiskMode
  /** Milliseconds since 1970. */
  readonly now: number
}

/** A device that was looked at for a step. */
export interface Candidate {
  readonly device: Id
  readonly name: string
  readonly fits: boolean
  /** Why not; empty where it fits. */
  readonly reasons: readonly string[]
  /** 0 to 1; 0 where it does not fit. */
  readonly score: number
  /** What it is made of; undefined where it does not fit. */
  readonly scores: Scores | undefined
}

/** What was decided of a step, and why. */
export interface StepDecision {
  /** 0 for the first. */
  readonly step: number
  readonly module: string
  readonly func: string
  /** Undefined where there is none. */
  readonly device: Id | undefined
  /** Why this device, or why none. */
  readonly because: string
  /** The best first, then those that do not fit; 20 at most. */
  readonly candidates: readonly Candidate[]
  /** Devices that do not fit, by reason. */
  readonly refused: Readonly<Record<string, number>>
  /** Devices that were looked at. */
  readonly considered: number
}

/** Where steps go. */
export interface Placement {
  /** Undefined where not all of them can be placed. */
  readonly sequence: readonly PlacedStep[] | undefined
  /** Which could not, and why; empty otherwise. */
  readonly problem: string
  readonly decisions: readonly StepDecision[]
}

/** Candidates that an explanation names. */
const mostNamed = 20

/** Bytes of a page of WebAssembly's memory. */
const page = 65536

/** Places all steps, one after the other. */
export function place (request: PlacementRequest): Placement {
  const placed: Array<PlacedStep & { moduleName: string }> = []
  const decisions: StepDecision[] = []
  const load = new Map(request.load)
  const cardsOf = cardsByDevice(request.cards)
  let risk = noRisk
  let problem = ''
  for (const [index, step] of request.steps.entries()) {
    const module = request.modules.get(step.module)
    const decision = module === undefined
      ? { step: index, module: step.module, func: step.func, device: undefined, because: 'the module is not there any more', candidates: [], refused: {}, considered: 0 }
      : decide(request, { step, index, module, placed, load, risk, cardsOf })
    decisions.push(decision)
    if (decision.device === undefined || module === undefined) {
      problem ||= `step ${index + 1} (${decision.module}: ${step.func}) cannot be placed: ${decision.because}`
      continue
    }
    const { device } = decision
    placed.push({ device, module: step.module, version: module.version, func: step.func, moduleName: module.name })
    load.set(device, (load.get(device) ?? 0) + 1)
    risk = checkRisk({ device, module: step.module, func: step.func }, risk, cardsOf(device)).output_risk
  }
  return { sequence: problem === '' ? placed.map(({ moduleName, ...step }) => step) : undefined, problem, decisions }
}

/** What is known when a step is decided. */
interface Question {
  readonly step: Step
  readonly index: number
  readonly module: WasmModule
  /** Steps before it. */
  readonly placed: ReadonlyArray<PlacedStep & { moduleName: string }>
  readonly load: ReadonlyMap<Id, number>
  /** Risk of what the step before gives. */
  readonly risk: string
  /** Cards that can concern a device. */
  readonly cardsOf: (device: Id) => Cards
}

function decide (request: PlacementRequest, question: Question): StepDecision {
  const { step, index, module } = question
  const why = obstaclesTo(request, question)
  const looked = [...request.devices.values()].map(device => ({ device, obstacles: why(device) }))
  const candidates = looked.map(({ device, obstacles }): Candidate => {
    const reasons = isUsable(device) ? obstacles : [unusable(device), ...obstacles]
    const scores = reasons.length > 0 ? undefined : scoresOf(device, { steps: question.load.get(device.id) ?? 0, isBefore: question.placed.at(-1)?.device === device.id, now: request.now })
    return { device: device.id, name: device.name, fits: reasons.length === 0, reasons, score: scores === undefined ? 0 : scoreOf(scores), scores }
  }).sort((one, other) => other.score - one.score || compare(one.name, other.name))
  const refused: Record<string, number> = {}
  for (const { reasons: [first] } of candidates) if (first !== undefined) refused[first] = (refused[first] ?? 0) + 1
  const able = new Map(looked.flatMap(({ device, obstacles }) => obstacles.length === 0 && device.blacklisted === undefined ? [[device.id, device] as const] : []))
  const { device, because } = choose(request, question, candidates, able)
  return { step: index, module: module.name, func: step.func, device, because, candidates: candidates.slice(0, mostNamed), refused, considered: candidates.length }
}

/**
 * Chooses among devices.
 * @param candidates - the best first
 * @param able - those that could run it, were they online
 */
function choose ({ devices, goal, sequence }: PlacementRequest, { step, index }: Question, candidates: readonly Candidate[], able: ReadonlyMap<Id, Device>): { device: Id | undefined, because: string } {
  const fitting = new Set(candidates.filter(({ fits }) => fits).map(({ device }) => device))
  const at = sequence[index]
  const before = at?.module === step.module && at.func === step.func ? at.device : undefined
  // One that missed a probe keeps what it has.
  const stays = (id: Id) => fitting.has(id) || (id === before && able.get(id)?.state === 'suspect')
  const named = step.device !== null && devices.has(step.device) ? step.device : undefined
  const wanted: ReadonlyArray<readonly [device: Id | null | undefined, because: string]> = named === undefined
    ? [[goal[index], 'it has been there'], [before, 'it is there already'], ...step.failovers.map(id => [id, 'it was named to take over'] as const), [candidates[0]?.device, 'it has the best score']]
    : [[named, 'it was asked for'], ...(before !== undefined && step.failovers.includes(before) ? [[before, 'it has taken over'] as const] : []), ...step.failovers.map(id => [id, 'it was named to take over'] as const)]
  for (const [device, because] of wanted) if (typeof device === 'string' && stays(device)) return { device, because }
  // Nobody could run it now. Where it is, or was asked for, it is kept: it is told as soon as it is back.
  const kept = named === undefined || (before !== undefined && step.failovers.includes(before)) ? before : undefined
  for (const device of [kept, named]) if (device !== undefined && able.has(device)) return { device, because: 'it could run it, but is not online; no other device can take over' }
  const about = named === undefined ? candidates[0] : candidates.find(({ device }) => device === named)
  if (about === undefined) return { device: undefined, because: 'no device is known' }
  return { device: undefined, because: named === undefined ? `none of ${candidates.length} devices fits; ${about.name} ${about.reasons.join(', ')}` : `${about.name} ${about.reasons.join(', ')}` }
}

function unusable ({ state, reason, blacklisted }: Device): string {
  if (blacklisted !== undefined) return 'is blacklisted'
  return `is ${state}${reason === undefined ? '' : ` (${reason})`}`
}

/** Gives a function that says what keeps a device from running a step, were it online. */
function obstaclesTo ({ devices, modules, risk: mode, sequence, steps }: PlacementRequest, { cardsOf, index, step, module, placed, risk }: Question): (device: Device) => string[] {
  const { analysis } = currentVersion(module)
  const needed = (analysis.memory?.initial ?? 0) * page
  const at = sequence[index]
  const before = at?.module === step.module && at.func === step.func ? at.device : undefined
  // Steps that name a device come first there, wherever they stand in the sequence.
  const isAnyDevice = step.device === null || !devices.has(step.device)
  const promised = isAnyDevice ? steps.slice(index + 1).filter(later => later.device !== null && modules.get(later.module)?.name === module.name) : []
  // Many devices give the same.
  const known = new Map<string, string | undefined>()
  const lacks = ({ supervisorInterfaces }: NonNullable<Device['description']>) => {
    const key = supervisorInterfaces.join()
    if (!known.has(key)) {
      const missing = missingInterfaces({ supervisorInterfaces }, analysis.requirements)
      known.set(key, missing.length === 0 ? undefined : `lacks ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ` and ${missing.length - 5} more` : ''}`)
    }
    return known.get(key)
  }
  return device => {
    if (module.isCore !== (device.name === selfName)) return [module.isCore ? 'is a device: services of the server run on the server itself' : 'is the server itself, which runs its own services alone']
    if (module.isCore) return []
    const { description, health, id, labels } = device
    if (description === undefined) return ['has not said yet what it can do']
    const reasons: string[] = []
    const lacking = lacks(description)
    if (lacking !== undefined) reasons.push(lacking)
    const bytes = description.platform.memory?.bytes
    // What the step itself takes where it is already counts as used there, and must not drive it away.
    const used = id === before ? 0 : health?.report.memoryUsage ?? 0
    if (typeof bytes === 'number' && bytes * (1 - used) < needed) reasons.push('has too little memory')
    const cards = cardsOf(id)
    const zone = cards.nodes[0]?.zone
    for (const [name, value] of Object.entries(step.labels)) {
      if ((labels[name] ?? (name === 'zone' ? zone : undefined)) !== value) reasons.push(`has not the label ${name}=${value}`)
    }
    // A node document knows functions by the names of module and function: it cannot say two things of one.
    const there = [...placed.filter(each => each.device === id && each.moduleName === module.name), ...promised.filter(each => each.device === id)]
    if (there.some(({ func }) => func === step.func)) reasons.push('has this function of the deployment already')
    else if (there.some(each => each.module !== step.module)) reasons.push('has another module of that name in the deployment')
    if (mode === 'enforce') {
      const check = checkRisk({ device: id, module: step.module, func: step.func }, risk, cards)
      if (!check.valid) reasons.push(`does not pass the check of risks: ${check.reasons.at(-1)}`)
    }
    return reasons
  }
}

/** How many steps each device has of some deployments. @param except - one that is not counted */
export function loadOf (deployments: ReadonlyArray<Pick<Deployment, 'id' | 'sequence'>>, except: Id): Map<Id, number> {
  const load = new Map<Id, number>()
  for (const { id, sequence } of deployments) {
    if (id !== except) for (const { device } of sequence) load.set(device, (load.get(device) ?? 0) + 1)
  }
  return load
}

function compare (one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
