// Where services stand in a large drawing: layers of equal steps, each in the order of what it waits for. Dagre takes longer than a second for some of these.
import type { Drawing, Placed, Point } from './layout.ts'
import { sizes } from './sizes.ts'

/** Distances between layers, between nodes of a layer, and from the edge of the drawing. */
const gap = { layer: 96, node: 14, margin: 8 }
/** How often all layers are put in order. Measured with 300 services: more change little. */
const rounds = 4

/** Finds a place for everything in a drawing without circles; lines are straight, and may pass behind nodes. */
export function placeInLayers ({ nodes, edges }: Drawing): Placed {
  const before = new Map<string, string[]>(nodes.map(({ id }) => [id, []]))
  const behind = new Map<string, string[]>(nodes.map(({ id }) => [id, []]))
  for (const { from, to } of edges) {
    before.get(to)?.push(from)
    behind.get(from)?.push(to)
  }

  const depth = depths(nodes.map(({ id }) => id), before, behind)
  const layers: string[][] = []
  for (const { id } of nodes) (layers[depth.get(id) ?? 0] ??= []).push(id)

  const rank = new Map<string, number>()
  const number = (layer: readonly string[]) => layer.forEach((id, index) => rank.set(id, (index + 0.5) / layer.length))
  layers.forEach(number)
  for (let round = 0; round < rounds; round++) {
    const neighbours = round % 2 === 0 ? before : behind
    for (const layer of round % 2 === 0 ? layers : layers.toReversed()) {
      const centres = new Map(layer.map(id => [id, mean(neighbours.get(id) ?? [], rank) ?? rank.get(id) ?? 0]))
      layer.sort((a, b) => (centres.get(a) ?? 0) - (centres.get(b) ?? 0))
      number(layer)
    }
  }

  const step = sizes.service.height + gap.node
  const longest = Math.max(1, ...layers.map(layer => layer.length))
  const height = longest * step + 2 * gap.margin
  const places = new Map<string, Point>()
  layers.forEach((layer, column) => layer.forEach((id, row) => places.set(id, {
    x: gap.margin + sizes.service.width / 2 + column * (sizes.service.width + gap.layer),
    y: height / 2 + (row - (layer.length - 1) / 2) * step
  })))
  const place = (id: string): Point => places.get(id) ?? { x: 0, y: 0 }
  const half = new Map(nodes.map(({ id, kind }) => [id, sizes[kind].width / 2]))
  return {
    width: layers.length * (sizes.service.width + gap.layer) - gap.layer + 2 * gap.margin,
    height,
    nodes: nodes.map(node => ({ ...node, ...place(node.id) })),
    edges: edges.map(edge => {
      const [start, end] = [place(edge.from), place(edge.to)]
      return { ...edge, points: [{ x: start.x + (half.get(edge.from) ?? 0), y: start.y }, { x: end.x - (half.get(edge.to) ?? 0), y: end.y }] }
    })
  }
}

/** How many lines lead to each at most. */
function depths (ids: readonly string[], before: ReadonlyMap<string, readonly string[]>, behind: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const depth = new Map<string, number>()
  const missing = new Map(ids.map(id => [id, before.get(id)?.length ?? 0]))
  const ready = ids.filter(id => missing.get(id) === 0)
  for (const id of ready) {
    const own = depth.get(id) ?? 0
    depth.set(id, own)
    for (const next of behind.get(id) ?? []) {
      depth.set(next, Math.max(depth.get(next) ?? 0, own + 1))
      missing.set(next, (missing.get(next) ?? 0) - 1)
      if (missing.get(next) === 0) ready.push(next)
    }
  }
  return depth
}

function mean (ids: readonly string[], rank: ReadonlyMap<string, number>): number | undefined {
  if (ids.length === 0) return undefined
  return ids.reduce((sum, id) => sum + (rank.get(id) ?? 0), 0) / ids.length
}
