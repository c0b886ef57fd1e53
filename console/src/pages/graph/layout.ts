// Where each service of a plan stands in the drawing: layers from left to right, by dagre. Home of dagre; runs in a worker.
import { Graph, layout } from '@dagrejs/dagre'
import { placeInLayers } from './layered.ts'
import { sizes } from './sizes.ts'

/** A node: the request, a place where stages meet, or a service. */
export interface Node { readonly id: string, readonly kind: 'request' | 'meeting' | 'service', readonly service?: string, readonly role?: string }
/** A line: what comes before what. */
export interface Edge { readonly from: string, readonly to: string, readonly kind: 'order' | 'required' | 'optional' }
/** What is drawn. */
export interface Drawing { readonly nodes: readonly Node[], readonly edges: readonly Edge[] }
/** A place in units of the drawing. */
export interface Point { readonly x: number, readonly y: number }
/** A drawing with places; those of nodes are their centres. */
export interface Placed {
  readonly width: number
  readonly height: number
  readonly nodes: ReadonlyArray<Node & Point>
  readonly edges: ReadonlyArray<Edge & { readonly points: readonly Point[] }>
}

/** Drawings with more nodes than this are laid out in less time, and with more crossings. */
const many = 80

/** Finds a place for everything. */
export function layOut (drawing: Drawing): Placed {
  const { nodes, edges } = drawing
  if (nodes.length > many) return placeInLayers(drawing)
  const graph = new Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 56, marginx: 8, marginy: 8 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id, kind } of nodes) graph.setNode(id, { ...sizes[kind] })
  for (const { from, to } of edges) graph.setEdge(from, to)
  layout(graph)
  const { width = 0, height = 0 } = graph.graph() as { width?: number, height?: number }
  return {
    width,
    height,
    nodes: nodes.map(node => {
      const { x, y } = graph.node(node.id) as Point
      return { ...node, x, y }
    }),
    edges: edges.map(edge => ({ ...edge, points: (graph.edge(edge.from, edge.to) as { points: Point[] }).points.map(({ x, y }) => ({ x, y })) }))
  }
}
