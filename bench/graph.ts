// The graphs of services that are measured: which services there are, what each waits for, and how a Docker engine would list them.
import type { ContainerSpec } from '../test/lib/fixtures/engine-containers.ts'

/** A service of a graph. */
export interface GraphService {
  name: string
  role: 'modifier' | 'preprocessor' | 'handler'
  /** Names of the preprocessors that it waits for; all of them stand before it in the graph. */
  after: string[]
  /** The route that it belongs to, where that is not the default one; it is listed then, but not called. */
  route?: string
}

/** A graph. */
export interface Graph {
  name: string
  /** What it looks like, in a few words. */
  title: string
  services: GraphService[]
}

/** A call that one request leads to. */
export interface GraphCall {
  name: string
  role: GraphService['role']
  /** Places of the calls, in the list of all, that have settled before it. */
  after: number[]
  /** How many waves come before it. */
  depth: number
}

/** The network on which all services are. */
export const network = 'bench'

const preprocessor = (name: string, ...after: string[]): GraphService => ({ name, role: 'preprocessor', after })
const handler = (name: string, ...after: string[]): GraphService => ({ name, role: 'handler', after })

/** Eight services one after the other. */
export function chain (length = 8): Graph {
  const names = Array.from({ length: length - 1 }, (_, index) => `step-${index + 1}`)
  const last = names.slice(-1)
  return {
    name: 'chain', title: `a chain of ${length}`, services: [...names.map((name, index) => preprocessor(name, ...names.slice(Math.max(0, index - 1), index))), handler('last', ...last)]
  }
}

/** Services that wait for nobody, the last one a handler. */
export function wide (width = 16): Graph {
  return {
    name: 'wide', title: `${width} at once`, services: [...Array.from({ length: width - 1 }, (_, index) => preprocessor(`beside-${index + 1}`)), handler('last')]
  }
}

/** Eight services in four waves: 3, 2 and 1 preprocessors, 2 handlers. */
export const diamond: Graph = {
  name: 'diamond',
  title: '8 services in 4 waves (3, 2, 1 preprocessors, 2 handlers)',
  services: [
    preprocessor('one'), preprocessor('two'), preprocessor('three'),
    preprocessor('four', 'one', 'two', 'three'), preprocessor('five', 'one', 'two', 'three'),
    preprocessor('six', 'four', 'five'),
    handler('speak', 'six'), handler('draw', 'six')
  ]
}

/** The six preprocessors of the diamond, and nobody who makes anything of what they find. */
export const preprocessorsOnly: Graph = {
  name: 'preprocessors', title: '6 preprocessors in 3 waves', services: diamond.services.filter(({ role }) => role === 'preprocessor')
}

/**
 * The graph of the IMAGE server as its compose file has it: 17 preprocessors, 16 handlers. Names and most dependencies are those of its labels; those of photo-audio-haptics,
 * svg-semantic-seg, photo-tactile-svg, svg-open-street-map and high-charts are made up in their manner. Two services belong to the route of follow-up questions and are not called.
 */
export const image: Graph = {
  name: 'image',
  title: 'the graph of IMAGE (17 preprocessors, 16 handlers; 31 called)',
  services: [
    { name: 'resize-graphic', role: 'modifier', after: [] },
    preprocessor('autour-preprocessor'), preprocessor('content-categoriser'), preprocessor('graphic-caption'), preprocessor('openstreetmap'), preprocessor('nominatim-preprocessor'),
    preprocessor('line-charts'),
    preprocessor('semantic-segmentation', 'content-categoriser'), preprocessor('object-detection', 'content-categoriser'), preprocessor('object-detection-llm', 'content-categoriser'),
    preprocessor('multistage-diagram-segmentation', 'content-categoriser'), preprocessor('depth-map-generator', 'content-categoriser'),
    preprocessor('object-grouping', 'object-detection-llm', 'object-detection'), preprocessor('object-sorting', 'object-detection-llm', 'object-detection'),
    preprocessor('object-depth-calculator', 'object-detection'), preprocessor('ocr-clouds-preprocessor', 'object-detection-llm'),
    { ...preprocessor('text-followup'), route: 'followup' },
    handler('photo-audio', 'semantic-segmentation', 'object-grouping', 'object-detection', 'graphic-caption', 'content-categoriser', 'object-detection-llm'),
    handler('photo-audio-haptics', 'semantic-segmentation', 'object-grouping', 'object-detection'),
    handler('svg-od', 'object-detection', 'object-grouping', 'object-detection-llm'), handler('svg-semantic-seg', 'semantic-segmentation'),
    handler('svg-depth-map', 'depth-map-generator'),
    handler('photo-tactile-svg', 'semantic-segmentation', 'object-grouping', 'object-detection', 'graphic-caption'),
    handler('map-tactile-svg', 'openstreetmap', 'nominatim-preprocessor'),
    handler('multistage-diagram-tactile-svg', 'multistage-diagram-segmentation', 'graphic-caption'), handler('ocr-handler', 'ocr-clouds-preprocessor', 'object-detection'),
    handler('osm-streets', 'openstreetmap'), handler('svg-open-street-map', 'openstreetmap'), handler('autour', 'autour-preprocessor'), handler('high-charts', 'line-charts'),
    handler('motd'), handler('hello-haptics'),
    { ...handler('text-followup-handler', 'text-followup'), route: 'followup' }
  ]
}

/** The graphs that are measured. */
export const graphs: readonly Graph[] = [diamond, chain(), wide(), image]

/** The calls that one request leads to: modifiers first, then each service after those it waits for. */
export function callsOf ({ services }: Graph): GraphCall[] {
  const called = services.filter(({ route }) => route === undefined)
  const places = new Map(called.map(({ name }, index) => [name, index]))
  const modifiers = called.flatMap(({ role }, index) => role === 'modifier' ? [index] : [])
  const calls: GraphCall[] = []
  for (const { name, role, after } of called) {
    const known = [...role === 'modifier' ? [] : modifiers, ...after.map(each => places.get(each)).filter(place => place !== undefined)]
    calls.push({ name, role, after: known, depth: Math.max(0, ...known.map(place => (calls[place]?.depth ?? 0) + 1)) })
  }
  return calls
}

/** Where a service listens. */
export interface Address { host: string, port: number }

/**
 * The services of a graph as containers.
 * @param addresses - of each service by name
 * @param cacheTimeout - seconds that what preprocessors find is kept; 0 keeps nothing
 */
export function containersOf (graph: Graph, addresses: Readonly<Record<string, Address>>, cacheTimeout: number): ContainerSpec[] {
  const depths = new Map(callsOf(graph).map(({ name, depth }) => [name, depth]))
  return graph.services.map(({ name, role, after, route }) => ({
    service: name,
    networks: { [network]: addresses[name]?.host ?? '' },
    labels: {
      ...role === 'handler' ? { handler: 'enable' } : { preprocessor: String((depths.get(name) ?? 0) + 1) },
      ...role === 'modifier' ? { modifyRequest: 'true' } : {},
      ...role === 'preprocessor' && cacheTimeout > 0 ? { cacheTimeout: String(cacheTimeout) } : {},
      ...route === undefined ? {} : { route },
      port: String(addresses[name]?.port),
      required_dependencies: after.join(','),
      optional_dependencies: ''
    }
  }))
}
