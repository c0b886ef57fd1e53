// Where the beam meets the detector, from the axes of imgCIF: each pixel is moved by the axes of its array, then by all that those stand on.
// Coordinates are those of imgCIF, in millimetres: the sample is at 0, and Z points from it to the source.
import { rowsWith, valueAt } from './cif.ts'
import type { CifItems } from './cif.ts'
import { numberIn } from './items.ts'

/** Where the beam meets the detector. */
export interface BeamPosition {
  /** Metres from the sample, along the beam. */
  readonly distance: number
  /** Pixels from the outer corner of the first pixel, along rows and down columns. */
  readonly x: number
  readonly y: number
}

type Vector = readonly [number, number, number]

/** An axis, with how far it is turned (degrees) or moved (millimetres). */
interface Axis {
  readonly name: string
  readonly isRotation: boolean
  readonly vector: Vector
  readonly offset: Vector
  readonly setting: number
}

/** Most axes in a chain; detectors have fewer than ten. */
const mostAxes = 50

/** Computes where the beam meets the detector. Undefined where the file does not say enough, or it does not. */
export function beamPosition (items: CifItems): BeamPosition | undefined {
  const [along, down] = [arrayAxis(items, '1'), arrayAxis(items, '2')]
  if (along === undefined || down === undefined) return undefined
  // The axes of the array stand on each other; which of them is the upper one is left to the file.
  const chain = [chainFrom(items, down.name), chainFrom(items, along.name)].find(axes => axes.some(({ name }) => name === along.name) && axes.some(({ name }) => name === down.name))
  if (chain === undefined) return undefined
  const place = (column: number, row: number): Vector => chain.reduce<Vector>((point, axis) => {
    if (axis.name === along.name) return move(point, axis, along.start + column * along.step)
    if (axis.name === down.name) return move(point, axis, down.start + row * down.step)
    return move(point, axis, axis.setting)
  }, [0, 0, 0])
  const origin = place(0, 0)
  const right = subtract(place(1, 0), origin)
  const below = subtract(place(0, 1), origin)
  const beam = scale(toSource(items), -1)
  // origin + x · right + y · below = length · beam, by Cramer's rule.
  const normal = cross(right, below)
  const scaleOfSolution = dot(beam, normal)
  if (scaleOfSolution === 0) return undefined
  const length = dot(origin, normal) / scaleOfSolution
  const hit = subtract(scale(beam, length), origin)
  const x = dot(cross(hit, below), normal) / dot(normal, normal)
  const y = dot(cross(right, hit), normal) / dot(normal, normal)
  // Settings are those of the middle of the first pixel.
  return [length, x, y].every(Number.isFinite) && length > 0 ? { distance: length / 1000, x: x + 0.5, y: y + 0.5 } : undefined
}

/** The axis along which pixels of rows (precedence 1) or columns (2) follow each other: where it is at the first of them, and the step to the next. */
function arrayAxis (items: CifItems, precedence: '1' | '2'): { name: string, start: number, step: number } | undefined {
  const [row = -1] = rowsWith(items, '_array_structure_list.precedence', precedence)
  const set = valueAt(items, '_array_structure_list.axis_set_id', row)
  if (set === undefined) return undefined
  const [axisRow = -1] = rowsWith(items, '_array_structure_list_axis.axis_set_id', set)
  const name = valueAt(items, '_array_structure_list_axis.axis_id', axisRow)
  const start = numberIn(valueAt(items, '_array_structure_list_axis.displacement', axisRow))
  const step = numberIn(valueAt(items, '_array_structure_list_axis.displacement_increment', axisRow))
  return name === undefined || start === undefined || step === undefined ? undefined : { name, start, step }
}

/** An axis and those that it stands on, itself first; empty where one of them is not told of, or they stand on each other in a circle. */
function chainFrom (items: CifItems, name: string): Axis[] {
  const chain: Axis[] = []
  for (let next: string | undefined = name; next !== undefined;) {
    const [row] = rowsWith(items, '_axis.id', next)
    if (row === undefined || chain.length === mostAxes) return []
    const column = (item: string) => numberIn(valueAt(items, `_axis.${item}`, row)) ?? 0
    const isRotation = valueAt(items, '_axis.type', row)?.toLowerCase() === 'rotation'
    chain.push({
      name: next,
      isRotation,
      vector: unit([column('vector[1]'), column('vector[2]'), column('vector[3]')]),
      offset: [column('offset[1]'), column('offset[2]'), column('offset[3]')],
      setting: settingOf(items, next, isRotation)
    })
    next = valueAt(items, '_axis.depends_on', row)
  }
  return chain
}

/** How far an axis is turned or moved in the frame, or else where the scan begins. */
function settingOf (items: CifItems, name: string, isRotation: boolean): number {
  const [frameRow = -1] = rowsWith(items, '_diffrn_scan_frame_axis.axis_id', name)
  const [scanRow = -1] = rowsWith(items, '_diffrn_scan_axis.axis_id', name)
  const kind = isRotation ? 'angle' : 'displacement'
  return numberIn(valueAt(items, `_diffrn_scan_frame_axis.${kind}`, frameRow)) ?? numberIn(valueAt(items, `_diffrn_scan_axis.${kind}_start`, scanRow)) ?? 0
}

/** The direction from the sample to the source. */
function toSource (items: CifItems): Vector {
  const [row] = rowsWith(items, '_axis.equipment', 'source')
  const column = (item: string) => row === undefined ? 0 : numberIn(valueAt(items, `_axis.${item}`, row)) ?? 0
  const vector = unit([column('vector[1]'), column('vector[2]'), column('vector[3]')])
  return dot(vector, vector) === 0 ? [0, 0, 1] : vector
}

function move (point: Vector, { isRotation, vector, offset }: Axis, by: number): Vector {
  return add(isRotation ? turn(point, vector, by * Math.PI / 180) : add(point, scale(vector, by)), offset)
}

/** Turns a point about an axis through 0 (Rodrigues' formula). */
function turn (point: Vector, axis: Vector, angle: number): Vector {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
  return add(add(scale(point, cosine), scale(cross(axis, point), sine)), scale(axis, dot(axis, point) * (1 - cosine)))
}

function unit (vector: Vector): Vector {
  const length = Math.sqrt(dot(vector, vector))
  return length === 0 ? vector : scale(vector, 1 / length)
}

function add ([a, b, c]: Vector, [x, y, z]: Vector): Vector {
  return [a + x, b + y, c + z]
}

function subtract ([a, b, c]: Vector, [x, y, z]: Vector): Vector {
  return [a - x, b - y, c - z]
}

function scale ([x, y, z]: Vector, by: number): Vector {
  return [x * by, y * by, z * by]
}

function dot ([a, b, c]: Vector, [x, y, z]: Vector): number {
  return a * x + b * y + c * z
}

function cross ([a, b, c]: Vector, [x, y, z]: Vector): Vector {
  return [b * z - c * y, c * x - a * z, a * y - b * x]
}
