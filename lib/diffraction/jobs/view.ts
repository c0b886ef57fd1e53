// What picture a request asks for: the members that the LS-CAT image server knows with its rules and defaults, and those that are Tutti's own, which must be right.
import { usualRings } from '../analysis/resolution.ts'
import { DiffractionError } from '../diffraction-error.ts'
import type { FrameSource } from '../frame.ts'
import type { Colour, Drawing, Reduction, Tile } from '../view.ts'
import { JsonNumber, isList } from './json.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { integerOf, memberOf, numberOf, textOf } from './job.ts'

/** What a request for a picture says. */
export interface View {
  /** Undefined for a picture without a frame, which is blank. */
  readonly source: FrameSource | undefined
  readonly part: Tile | 'whole'
  /** Pixels in a row. */
  readonly width: number
  /** Rows; undefined where they are to follow from the frame, which takes its size: `keepAspect`. */
  readonly height: number | undefined
  /** Most rows where they follow from the frame. */
  readonly highest: number | undefined
  readonly mode: Reduction['mode']
  readonly frames: number
  readonly drawing: Drawing
  /** Whether more is asked for than the LS-CAT image server has, so that sizes and depth of the picture are told. */
  readonly isExtended: boolean
}

const modes = ['legacy', 'max', 'mean', 'sum', 'nearest'] as const
const scales = ['linear', 'sqrt', 'log'] as const
const palettes = ['grey', 'viridis', 'inferno', 'cividis', 'heat'] as const
const formats = ['jpeg', 'webp', 'png', 'raw'] as const
const chromas = ['4:2:0', '4:4:4'] as const

/** Members that the LS-CAT image server does not know. */
const ownMembers = ['ysize', 'keepAspect', 'mode', 'frames', 'scale', 'percentiles', 'invert', 'palette', 'maskColour', 'overloadColour', 'quality', 'chroma', 'format', 'rings', 'ice', 'beam']

/** Narrowest picture. */
const narrowest = 8

/** Highest band of a label. */
const highestLabel = 64

/** Most frames that are added up. */
const mostFrames = 1000

/** Largest zoom and farthest tile: more is as far outside of any frame. */
const farthest = 1_000_000

/** Most circles of equal d-spacing. */
const mostRings = 64

/** Red. */
const overloadColour: Colour = [255, 0, 0]

/** Where the frame is that a request names; undefined where it names no file. */
export function sourceOf (members: JsonObject, file = 'fn', frame = 'frame'): FrameSource | undefined {
  const name = textOf(members, file)
  return name === undefined || name === '' ? undefined : { file: name, frame: Math.max(1, integerOf(members, frame)) }
}

/** How wide a request wants its picture. */
export function widthOf (members: JsonObject): number {
  return Math.max(narrowest, integerOf(members, 'xsize'))
}

/**
 * Reads what picture is asked for.
 * @throws DiffractionError REQUEST for a member of Tutti's own that is not what it must be
 */
export function readView (members: JsonObject): View {
  const width = widthOf(members)
  const keepsAspect = switchOf(members, 'keepAspect')
  const rows = wholeOf(members, 'ysize', 1, 1_000_000)
  return {
    source: sourceOf(members),
    part: partOf(members),
    width,
    height: keepsAspect ? undefined : rows ?? width,
    highest: keepsAspect ? rows : undefined,
    mode: oneOf(members, 'mode', modes) ?? 'legacy',
    frames: wholeOf(members, 'frames', 1, mostFrames) ?? 1,
    drawing: drawingOf(members),
    isExtended: ownMembers.some(name => Object.hasOwn(members, name))
  }
}

function partOf (members: JsonObject): View['part'] {
  const zoom = Math.round(numberOf(members, 'zoom') * 10) / 10
  if (zoom <= 1) return 'whole'
  return { zoom: Math.min(zoom, farthest), column: within(numberOf(members, 'segcol')), row: within(numberOf(members, 'segrow')) }
}

function within (index: number): number {
  return Math.min(Math.max(index, -farthest), farthest)
}

function drawingOf (members: JsonObject): Drawing {
  const black = integerOf(members, 'contrast')
  const white = integerOf(members, 'wval')
  const percentiles = percentilesOf(members)
  const maskColour = colourOf(members, 'maskColour')
  const text = textOf(members, 'label') ?? ''
  const height = integerOf(members, 'labelHeight')
  const rings = ringsOf(members)
  const [ice, beam] = [switchOf(members, 'ice'), switchOf(members, 'beam')]
  return {
    ...black > 0 && { black },
    // Where percentiles are asked for, nobody means that 0 which stands for a level that is not given.
    ...white >= 0 && (percentiles === undefined || Object.hasOwn(members, 'wval')) && { white },
    ...percentiles !== undefined && { percentiles },
    scale: oneOf(members, 'scale', scales) ?? 'linear',
    invert: switchOf(members, 'invert'),
    palette: oneOf(members, 'palette', palettes) ?? 'grey',
    overloadColour: colourOf(members, 'overloadColour') ?? overloadColour,
    ...maskColour !== undefined && { maskColour },
    ...text !== '' && height > 0 && height <= highestLabel && { label: { text, height } },
    ...(rings !== undefined || ice || beam) && { overlays: { ...rings !== undefined && { rings }, ice, beam } },
    format: oneOf(members, 'format', formats) ?? 'jpeg',
    quality: wholeOf(members, 'quality', 1, 100) ?? 100,
    chroma: oneOf(members, 'chroma', chromas) ?? '4:2:0'
  }
}

function percentilesOf (members: JsonObject): Drawing['percentiles'] {
  const value = memberOf(members, 'percentiles')
  if (isAbsent(value)) return undefined
  const [lower, upper, ...more] = isList(value) ? value.map(each => each instanceof JsonNumber ? each.value : NaN) : []
  if (lower === undefined || upper === undefined || more.length > 0 || !(lower >= 0 && lower < upper && upper <= 100)) {
    throw wrong('percentiles', 'two numbers from 0 to 100, the smaller one first')
  }
  return [lower, upper]
}

function ringsOf (members: JsonObject): readonly number[] | undefined {
  const value = memberOf(members, 'rings')
  if (isAbsent(value) || value === false) return undefined
  if (value === true) return usualRings
  const rings = isList(value) ? value.map(each => each instanceof JsonNumber ? each.value : NaN) : [NaN]
  if (rings.length > mostRings || !rings.every(each => each > 0)) throw wrong('rings', `true, or a list of at most ${mostRings} d-spacings in ångström`)
  return rings
}

function colourOf (members: JsonObject, name: string): Colour | undefined {
  const value = memberOf(members, name)
  if (isAbsent(value)) return undefined
  const parts = typeof value === 'string'
    ? (/^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(value) ?? []).slice(1).map(each => Number.parseInt(each, 16))
    : isList(value) ? value.map(each => each instanceof JsonNumber && each.isInteger ? each.value : -1) : []
  const [red, green, blue, ...more] = parts
  if (red === undefined || green === undefined || blue === undefined || more.length > 0 || !parts.every(each => each >= 0 && each <= 255)) {
    throw wrong(name, 'a colour such as "#ff8000" or [255, 128, 0]')
  }
  return [red, green, blue]
}

function oneOf<Choice extends string> (members: JsonObject, name: string, choices: readonly Choice[]): Choice | undefined {
  const value = memberOf(members, name)
  if (isAbsent(value)) return undefined
  const choice = choices.find(each => each === value)
  if (choice === undefined) throw wrong(name, `one of ${choices.join(', ')}`)
  return choice
}

/** A whole number of Tutti's own; undefined where there is none. @throws DiffractionError REQUEST */
export function wholeOf (members: JsonObject, name: string, least: number, most: number): number | undefined {
  const value = memberOf(members, name)
  if (isAbsent(value)) return undefined
  if (!(value instanceof JsonNumber) || !Number.isInteger(value.value) || value.value < least || value.value > most) throw wrong(name, `a whole number from ${least} to ${most}`)
  return value.value
}

function switchOf (members: JsonObject, name: string): boolean {
  const value = memberOf(members, name)
  if (isAbsent(value)) return false
  if (typeof value !== 'boolean') throw wrong(name, 'true or false')
  return value
}

function isAbsent (value: JsonValue | undefined): value is null | undefined {
  return value === undefined || value === null
}

function wrong (name: string, allowed: string): DiffractionError {
  return new DiffractionError('REQUEST', `The member ${name} of the request must be ${allowed}.`)
}
